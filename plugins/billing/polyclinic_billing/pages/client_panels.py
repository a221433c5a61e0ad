"""What billing shows on a client's page: overdue money, the last invoices, packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.paging import PageRequest
from polyclinic.sdk.panels import PanelContent
from polyclinic_billing.pages.clients import owed_words
from polyclinic_billing.pages.invoice_list import RowView, row_views
from polyclinic_billing.pages.names import Names
from polyclinic_billing.pages.site import HOME
from polyclinic_billing.queries import invoices, packages, scope
from polyclinic_billing.queries.invoices import InvoiceFilter

SHOWN = 4


@dataclass(frozen=True)
class TabView:
    """The card on a client's page."""

    facts: Sequence[tuple[str, str]]
    rows: Sequence[RowView]
    url: str


def overdue_alerts(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show what a client owes and should have paid."""
    today = ctx.now().date()
    shown = {}
    for client_id, rows in invoices.open_invoices_of_clients(ctx, [UUID(one) for one in subjects]).items():
        late = [row for row in rows if row.due_on and row.due_on < today]
        if late:
            values = {"text": f"{owed_words(late)} to be paid", "url": f"{HOME}/clients/{client_id}"}
            shown[str(client_id)] = PanelContent("billing/client_alert.html", values)
    return shown


def client_tabs(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show a client's balance, packages and last invoices."""
    return {
        subject: PanelContent("billing/client_tab.html", {"view": _tab(ctx, UUID(subject))}) for subject in subjects
    }


def _tab(ctx: Ctx, client_id: UUID) -> TabView:
    open_ones = invoices.open_invoices_of_clients(ctx, [client_id]).get(client_id, ())
    facts = [("To be paid", owed_words(open_ones))]
    if ctx.can(scope.PACKAGES_READ):
        today = ctx.now().date()
        owned = packages.packages_of_clients(ctx, [client_id]).get(client_id, ())
        usable = [row for row in owned if row.visits_left and (row.expires_on is None or row.expires_on >= today)]
        facts += [(row.name, f"{row.visits_left} of {row.visits_total} visits left") for row in usable]
    found = invoices.list_invoices(ctx, InvoiceFilter(client_id=client_id), PageRequest(SHOWN)).rows
    return TabView(facts, row_views(ctx, found, Names({}, {})), f"{HOME}/clients/{client_id}")
