"""Tables of a plugin: what its migrations and models are made of."""

from polyclinic.kit.ids import new_id
from polyclinic.kit.tenant_table import (
    EDITABLE,
    INSERT_ONLY,
    REMOVABLE,
    in_clinics,
    instant_column,
    lifecycle_columns,
    text_column,
    uuid_column,
)
from polyclinic.plugins.tables import (
    OnErase,
    OrganisationRow,
    immutable_rows,
    organisation_table,
    plugin_base,
    refers_to_core,
    refers_to_own,
)

__all__ = [
    "EDITABLE",
    "INSERT_ONLY",
    "REMOVABLE",
    "OnErase",
    "OrganisationRow",
    "immutable_rows",
    "in_clinics",
    "instant_column",
    "lifecycle_columns",
    "new_id",
    "organisation_table",
    "plugin_base",
    "refers_to_core",
    "refers_to_own",
    "text_column",
    "uuid_column",
]
