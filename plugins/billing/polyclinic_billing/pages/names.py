"""Names of clients and clinics for rows that hold ids, in one call for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.sdk.context import ClinicFact, Ctx
from polyclinic_billing.rows import InvoiceRow

UNKNOWN = "-"


@dataclass(frozen=True)
class Names:
    """Who and where; a client who was erased has no name."""

    clinics: Mapping[UUID, ClinicFact]
    clients: Mapping[UUID, str]

    def clinic(self, clinic_id: UUID) -> str:
        """Return a clinic's name."""
        found = self.clinics.get(clinic_id)
        return found.name if found else UNKNOWN

    def client(self, row: InvoiceRow) -> str:
        """Return the client of an invoice: as it was printed, or as the client is called now."""
        printed = str(row.client.get("name") or "")
        return printed or (self.clients.get(row.client_id, "") if row.client_id else "")

    def zone(self, clinic_id: UUID) -> str:
        """Return a clinic's time zone."""
        found = self.clinics.get(clinic_id)
        return found.time_zone if found else "UTC"


def names_for(ctx: Ctx, rows: Sequence[InvoiceRow] = (), clients: Iterable[UUID | None] = ()) -> Names:
    """Return the names that invoices and further clients need."""
    wanted = {row.client_id for row in rows if not row.client.get("name")} | set(clients)
    known = [client_id for client_id in wanted if client_id is not None]
    found = ctx.core.clients.get_many(known) if known else {}
    return Names(
        {clinic.id: clinic for clinic in ctx.core.clinics.list()},
        {client_id: fact.display_name for client_id, fact in found.items()},
    )
