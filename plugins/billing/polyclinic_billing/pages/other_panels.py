"""What billing shows on services and dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.panels import PanelContent
from polyclinic_billing.pages.prices import amount_words, rows_of_service, today_views
from polyclinic_billing.pages.site import HOME
from polyclinic_billing.pages.words import day, money
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.dashboards import DashboardRow, dashboard_of


@dataclass(frozen=True)
class PricesView:
    """What a service costs today."""

    rows: Sequence[tuple[str, str]]
    next_text: str
    url: str


@dataclass(frozen=True)
class FactView:
    """One number of a dashboard, leading to the rows behind it."""

    label: str
    value: str
    note: str = ""
    url: str = ""


def service_prices(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show what a service costs today at each clinic, and the next price."""
    return {
        subject: PanelContent("billing/service_prices.html", {"view": _prices(ctx, UUID(subject))})
        for subject in subjects
    }


def organisation_cards(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show the money of all the reader's clinics."""
    return {subject: _card(ctx, ctx.actor.clinics_with(scope.INVOICES_READ)) for subject in subjects}


def clinic_cards(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show the money of one clinic."""
    return {subject: _card(ctx, [UUID(subject)]) for subject in subjects}


def _prices(ctx: Ctx, service_id: UUID) -> PricesView:
    rows = rows_of_service(ctx, service_id)
    clinics = [clinic for clinic in ctx.core.clinics.list() if not clinic.is_archived]
    today = ctx.now().date()
    later = sorted((row for row in rows if row.valid_from > today), key=lambda row: row.valid_from)
    shown = [(one.clinic_name, one.amount or one.source) for one in today_views(ctx, rows, clinics)] if rows else []
    words = f"From {day(later[0].valid_from)}: {amount_words(later[0])}" if later else ""
    return PricesView(shown, words, f"{HOME}/prices/{service_id}")


def _card(ctx: Ctx, clinic_ids: Sequence[UUID]) -> PanelContent:
    found = dashboard_of(ctx, clinic_ids, ctx.now().date())
    at = f"&clinic={clinic_ids[0]}" if len(clinic_ids) == 1 else ""
    return PanelContent("billing/dashboard_card.html", {"facts": _facts(found, at)})


def _facts(found: DashboardRow, at: str) -> list[FactView]:
    received = ", ".join(money(row.received_minor, row.currency) for row in found.money if row.received_minor)
    owed = ", ".join(money(row.open_minor, row.currency) for row in found.money if row.open_minor)
    late = ", ".join(money(row.late_minor, row.currency) for row in found.money if row.late_minor)
    count, late_count = sum(row.open_count for row in found.money), sum(row.late_count for row in found.money)
    tail = "?" + at.removeprefix("&") if at else ""
    return [
        FactView("Taken today", received or "nothing yet", url=f"{HOME}/day-close{tail}"),
        FactView(
            "To be paid", owed or "nothing", f"{count} invoices" if count else "", f"{HOME}/invoices?state=open{at}"
        ),
        FactView(
            "Overdue", late or "nothing", f"{late_count} invoices" if late_count else "", f"{HOME}/receivables{tail}"
        ),
        FactView(
            "Drafts",
            str(found.draft_count),
            "to be issued" if found.draft_count else "",
            f"{HOME}/invoices?state=draft{at}",
        ),
    ]
