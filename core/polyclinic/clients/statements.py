"""The prebuilt statements of the clients feature; each names its organisation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from polyclinic.access.scope import in_scope_clinics, scoped_everywhere
from polyclinic.clients.following import newest_merge, survivor, whole_file
from polyclinic.clients.models import Client, ClientClinic, ClientFlag, HealthHistoryEntry
from polyclinic.clients.rows import AnswerRow, ClientListRow, ClientRow, FlagRow
from polyclinic.clients.vocabulary import DUPLICATE_LIMIT, STRICTEST_FIRST
from polyclinic.kit.archiving import Archived

_ORGANISATION = bindparam("organisation_id", type_=Uuid())
_CLINIC = bindparam("clinic_id", type_=Uuid())
_CLIENT = bindparam("client_id", type_=Uuid())
_AFTER = bindparam("after_id", type_=Uuid())
_LIMIT = bindparam("limit", type_=Integer())


def _known_at(model: Any, *conditions: Any) -> Any:
    return and_(
        ClientClinic.organisation_id == model.organisation_id,
        ClientClinic.client_id == (model.id if model is Client else model.client_id),
        *conditions,
    )


_CLINIC_IDS = func.array(
    select(ClientClinic.clinic_id)
    .where(_known_at(Client, in_scope_clinics(ClientClinic.clinic_id)))
    .order_by(ClientClinic.clinic_id)
    .correlate(Client)
    .scalar_subquery()
).label("clinic_ids")
_COLUMNS = (
    *(getattr(Client, name) for name in ClientRow.__dataclass_fields__ if name != "clinic_ids"),
    _CLINIC_IDS,
)
_LIST_COLUMNS = (
    *(getattr(Client, name) for name in ClientListRow.__dataclass_fields__ if name != "clinic_ids"),
    _CLINIC_IDS,
)
ONE_CLIENT = scoped_everywhere(Client, *_COLUMNS).where(Client.id == _CLIENT)
MAX_MERGES = 10


def _survivors() -> Any:
    """Return the clients behind many ids with the id asked for: whom a merged one was merged into, in one statement."""
    asked = (
        select(Client.id.label("asked"), Client.id, Client.merged_into_id, literal(0).label("step"))
        .where(
            Client.organisation_id == _ORGANISATION,
            Client.id == any_(bindparam("client_ids", type_=ARRAY(Uuid()))),
        )
        .cte("followed", recursive=True)
    )
    following = aliased(Client)
    followed = asked.union_all(
        select(asked.c.asked, following.id, following.merged_into_id, asked.c.step + 1)
        .join(following, following.id == asked.c.merged_into_id)
        .where(following.organisation_id == _ORGANISATION, asked.c.step < MAX_MERGES)
    )
    return scoped_everywhere(Client, followed.c.asked, *_COLUMNS).join(
        followed, and_(followed.c.id == Client.id, followed.c.merged_into_id.is_(None))
    )


SURVIVORS = _survivors()
_cursor = aliased(Client)
# The cursor holds an id alone: a name would stand in the address.
_BEHIND_CURSOR = tuple_(Client.sort_name, Client.id) > (
    select(_cursor.sort_name, _cursor.id)
    .where(_cursor.organisation_id == _ORGANISATION, _cursor.id == _AFTER)
    .scalar_subquery()
)
CLIENT_LIST = (
    scoped_everywhere(Client, *_LIST_COLUMNS)
    .where(
        Client.merged_into_id.is_(None),
        Client.erased_at.is_(None),
        or_(
            bindparam("any_archived", type_=Boolean()),
            Client.archived_at.is_not(None) == bindparam("only_archived", type_=Boolean()),
        ),
        or_(_CLINIC.is_(None), select(1).where(_known_at(Client, ClientClinic.clinic_id == _CLINIC)).exists()),
        or_(_AFTER.is_(None), _BEHIND_CURSOR),
    )
    .order_by(Client.sort_name, Client.id)
    .limit(_LIMIT)
)
_FOUND = func.search_client(
    _ORGANISATION,
    bindparam("patterns", type_=ARRAY(Text())),
    cast(null(), Text()),
    _CLINIC,
    bindparam("archived", type_=Text()),
    _AFTER,
    _LIMIT,
).table_valued("client_id", "score", name="found")
CLIENT_SEARCH = (
    scoped_everywhere(Client, *_LIST_COLUMNS)
    .join(_FOUND, _FOUND.c.client_id == Client.id)
    .order_by(Client.sort_name, Client.id)
)

_SIMILAR = func.search_client(
    _ORGANISATION,
    cast(null(), ARRAY(Text())),
    bindparam("similar", type_=Text()),
    cast(null(), Uuid()),
    Archived.ANY.value,
    cast(null(), Uuid()),
    DUPLICATE_LIMIT,
).table_valued("client_id", "score", name="alike")


def _having(column: Any, name: str) -> Any:
    same = and_(Client.organisation_id == _ORGANISATION, column == bindparam(name, type_=Text()), column != "")
    return select(Client.id, cast(0, Integer)).where(same, Client.merged_into_id.is_(None)).limit(DUPLICATE_LIMIT)


_CANDIDATES = union(
    select(_SIMILAR.c.client_id.label("id"), cast(1, Integer).label("is_similar")),
    select(_having(Client.email_folded, "email_folded").subquery()),
    select(_having(Client.phone_digits, "phone_key").subquery()),
).subquery()
DUPLICATES = (
    scoped_everywhere(
        Client,
        Client.id,
        Client.given_name,
        Client.family_name,
        Client.preferred_name,
        Client.email,
        Client.phone,
        Client.birth_on,
        func.max(_CANDIDATES.c.is_similar),
    )
    .join(_CANDIDATES, _CANDIDATES.c.id == Client.id)
    .group_by(Client.organisation_id, Client.id)
    .order_by(Client.sort_name, Client.id)
)

KNOWN_AT_CLINIC = (
    select(Client.id, func.bool_or(in_scope_clinics(ClientClinic.clinic_id)))
    .outerjoin(
        ClientClinic,
        and_(
            ClientClinic.organisation_id == Client.organisation_id,
            ClientClinic.client_id == survivor(_CLIENT),
        ),
    )
    .where(Client.organisation_id == _ORGANISATION, Client.id == _CLIENT)
    .group_by(Client.id)
)
KNOWN_OF = (
    select(ClientClinic.client_id)
    .where(
        ClientClinic.organisation_id == _ORGANISATION,
        in_scope_clinics(ClientClinic.clinic_id),
        ClientClinic.client_id == any_(bindparam("client_ids", type_=ARRAY(Uuid()))),
    )
    .distinct()
)


def _clinical(model: Any, *columns: Any) -> Any:
    known = select(1).where(_known_at(model, in_scope_clinics(ClientClinic.clinic_id))).exists()
    return scoped_everywhere(model, *columns).where(known)


_FLAG_COLUMNS = tuple(getattr(ClientFlag, name) for name in FlagRow.__dataclass_fields__)
ONE_FLAG = _clinical(ClientFlag, *_FLAG_COLUMNS).where(ClientFlag.id == bindparam("flag_id", type_=Uuid()))
# Who is asked about by the id of a client that was merged gets the survivor's flags: safety never loosens.
_asked = (
    scoped_everywhere(Client, Client.id, func.coalesce(Client.merged_into_id, Client.id).label("survivor_id"))
    .where(Client.id == any_(bindparam("client_ids", type_=ARRAY(Uuid()))))
    .cte("asked")
    # Worked out first: a join over `coalesce` could not use an index behind row security.
    .prefix_with("MATERIALIZED")
)
FLAGS_OF_CLIENTS = (
    _clinical(ClientFlag, _asked.c.id.label("asked_id"), *_FLAG_COLUMNS)
    .join(_asked, ClientFlag.client_id == _asked.c.survivor_id)
    .order_by(_asked.c.id, ClientFlag.id)
)
KNOWN_CLIENTS = (
    select(_asked.c.id)
    .join(ClientClinic, ClientClinic.client_id == _asked.c.survivor_id)
    .where(ClientClinic.organisation_id == _ORGANISATION, in_scope_clinics(ClientClinic.clinic_id))
    .distinct()
)
_ANSWER_COLUMNS = tuple(getattr(HealthHistoryEntry, name) for name in AnswerRow.__dataclass_fields__)
# Answers stay where they were given; the file of a survivor holds those of the merged clients too.
_ANSWERS = scoped_everywhere(HealthHistoryEntry, *_ANSWER_COLUMNS).where(
    HealthHistoryEntry.client_id == whole_file(_CLIENT),
    select(1)
    .where(
        ClientClinic.organisation_id == _ORGANISATION,
        ClientClinic.client_id == survivor(_CLIENT),
        in_scope_clinics(ClientClinic.clinic_id),
    )
    .exists(),
)
_NEWEST = (HealthHistoryEntry.recorded_at.desc(), HealthHistoryEntry.id.desc())
_answer_cursor = aliased(HealthHistoryEntry)
ANSWER_PAGE = (
    _ANSWERS.where(
        or_(
            _AFTER.is_(None),
            tuple_(HealthHistoryEntry.recorded_at, HealthHistoryEntry.id)
            < select(_answer_cursor.recorded_at, _answer_cursor.id)
            .where(_answer_cursor.organisation_id == _ORGANISATION, _answer_cursor.id == _AFTER)
            .scalar_subquery(),
        )
    )
    .order_by(*_NEWEST)
    .limit(_LIMIT)
)
_by_client = (
    _ANSWERS.ext(distinct_on(HealthHistoryEntry.client_id, HealthHistoryEntry.question_code))
    .order_by(HealthHistoryEntry.client_id, HealthHistoryEntry.question_code, *_NEWEST)
    .subquery()
)
# Two files that became one may answer a question differently: until it is asked again, the stricter answer counts.
CURRENT_ANSWERS = (
    select(*(_by_client.c[name] for name in AnswerRow.__dataclass_fields__))
    .ext(distinct_on(_by_client.c.question_code))
    .order_by(
        _by_client.c.question_code,
        case((_by_client.c.recorded_at > newest_merge(_CLIENT), 0), else_=1),
        case({answer.value: rank for rank, answer in enumerate(STRICTEST_FIRST)}, value=_by_client.c.answer),
        _by_client.c.recorded_at.desc(),
        _by_client.c.id.desc(),
    )
)
