"""The bar that names a client on every page about them: name, age, pronouns, alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients import queries, rules
from polyclinic.clients.rows import ClientRow, FlagRow
from polyclinic.plugins.contract import SafetySeverity

SEVERITY_TONES = MappingProxyType(
    {
        SafetySeverity.EMERGENCY: "bad",
        SafetySeverity.ABSOLUTE: "bad",
        SafetySeverity.LOCAL: "caution",
        SafetySeverity.CAUTION: "warn",
    }
)


@dataclass(frozen=True)
class ClientAlert:
    """One alert of the header."""

    title: str
    text: str
    tone: str


@dataclass(frozen=True)
class ClientHeader:
    """What the header shows; `sees_alerts` is False where flags are hidden from the actor, which the page says."""

    client_id: UUID
    name: str
    legal_name: str
    age: int | None
    birth_on: date | None
    pronouns: str
    url: str
    alerts: Sequence[ClientAlert]
    sees_alerts: bool
    is_archived: bool
    is_erased: bool = False

    @property
    def facts(self) -> Sequence[str]:
        """Return what stands beside the name: age in years and pronouns, where known."""
        age = "" if self.age is None else str(self.age)
        return [fact for fact in (age, self.pronouns) if fact]


def client_header(actor: Actor, client_id: UUID, today: date) -> ClientHeader:
    """Return the header of a client; flags are shown to those who may see them, and that look is audited."""
    client = queries.get_client(actor, client_id)
    found = queries.active_flags(actor, [client.id], today) if actor.can("health-history:read") else {}
    return header_of(client, found.get(client.id), today)


def header_of(client: ClientRow, flags: Sequence[FlagRow] | None, today: date) -> ClientHeader:
    """Return the header from what is already loaded; flags None = hidden from the actor."""
    legal = f"{client.given_name} {client.family_name}".strip()
    return ClientHeader(
        client_id=client.id,
        name=client.display_name,
        legal_name="" if legal == client.display_name else legal,
        age=rules.age_on(client.birth_on, today),
        birth_on=client.birth_on,
        pronouns=client.pronouns,
        url=f"/clients/{client.id}",
        alerts=[alert_of(flag) for flag in flags or () if rules.is_active(flag, today)],
        sees_alerts=flags is not None,
        is_archived=client.archived_at is not None,
        is_erased=client.erased_at is not None,
    )


def alert_of(flag: FlagRow) -> ClientAlert:
    """Return how a flag is shown."""
    regions = ", ".join(region.replace("_", " ") for region in flag.region_ids)
    return ClientAlert(
        flag.label, "; ".join(part for part in (regions, flag.note) if part), SEVERITY_TONES[flag.severity]
    )
