"""Tables of a plugin: what its migrations and models are made of."""

from polyclinic.kit.tenant_table import in_clinics, instant_column, lifecycle_columns, text_column, uuid_column
from polyclinic.plugins.tables import OnErase, TenantRow, plugin_base, refers_to_core, refers_to_own, tenant_table

__all__ = [
    "OnErase",
    "TenantRow",
    "in_clinics",
    "instant_column",
    "lifecycle_columns",
    "plugin_base",
    "refers_to_core",
    "refers_to_own",
    "tenant_table",
    "text_column",
    "uuid_column",
]
