"""Which client an id stands for: after a merge the survivor, whose file holds what was recorded of both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Uuid, any_, bindparam, func, select, union_all
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from polyclinic.clients.models import Client

_ORGANISATION = bindparam("organisation_id", type_=Uuid())


def survivor(client_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the id of the client that `client_id` stands for, NULL for nobody; merges never form chains.

    The whole look is a subquery: beside a column, `coalesce` would keep row security from using the column's index.
    """
    named = aliased(Client)
    return (
        select(func.coalesce(named.merged_into_id, named.id))
        .where(named.organisation_id == _ORGANISATION, named.id == client_id)
        .scalar_subquery()
    )


def whole_file(client_id: ColumnElement[Any]) -> Any:
    """Return "any of the ids that belong to this client's file", for rows that a merge does not move."""
    merged = aliased(Client)
    others = select(merged.id).where(
        merged.organisation_id == _ORGANISATION, merged.merged_into_id == survivor(client_id)
    )
    return any_(func.array(union_all(select(survivor(client_id)), others).scalar_subquery()))


def newest_merge(client_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the instant since which the file is what it is, NULL for a client into whom none was merged."""
    merged = aliased(Client)
    return (
        select(func.max(merged.merged_at))
        .where(merged.organisation_id == _ORGANISATION, merged.merged_into_id == survivor(client_id))
        .scalar_subquery()
    )
