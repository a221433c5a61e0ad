"""What the plugin adds to Polyclinic."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from polyclinic.sdk.api import ApiBlueprint
from polyclinic.sdk.clients import ClientErasure, ClientMerge, ExportPiece, Receipt
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.documents import DocumentTemplate
from polyclinic.sdk.events import EventHandler, EventType
from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.pages import PageRoutes
from polyclinic.sdk.panels import NavItem, Panel, Permission
from polyclinic.sdk.reports import DailyFigure, ReportDefinition
from polyclinic.sdk.settings import EntityFields, SettingsSchema
from polyclinic.sdk.upkeep import DemoStep, HealthReport
from polyclinic_billing.announcements import EVENT_TYPES
from polyclinic_billing.api import resources
from polyclinic_billing.checks import check
from polyclinic_billing.demo.steps import STEPS
from polyclinic_billing.fields import FIELDS
from polyclinic_billing.handlers import HANDLERS
from polyclinic_billing.pages.all_pages import declaration
from polyclinic_billing.pages.panels import DOCUMENTS, NAVIGATION, PANELS
from polyclinic_billing.permissions import PERMISSIONS
from polyclinic_billing.reports.definitions import REPORTS
from polyclinic_billing.reports.figures import FIGURES
from polyclinic_billing.services import following
from polyclinic_billing.settings import SETTINGS


@hookimpl
def register_permissions() -> Sequence[Permission]:
    """Declare permissions."""
    return PERMISSIONS


@hookimpl
def register_settings() -> Sequence[SettingsSchema]:
    """Declare settings of the organisation and of a clinic."""
    return SETTINGS


@hookimpl
def register_entity_fields() -> Sequence[EntityFields]:
    """Declare fields on services and therapists."""
    return FIELDS


@hookimpl
def register_event_types() -> Sequence[EventType]:
    """Declare events."""
    return EVENT_TYPES


@hookimpl
def register_event_handlers() -> Sequence[EventHandler]:
    """Draft invoices and fees."""
    return HANDLERS


@hookimpl
def client_merging(ctx: Ctx, merge: ClientMerge) -> Receipt:
    """Move a merged client's invoices, payments and packages."""
    return following.follow_merge(ctx, merge)


@hookimpl
def client_unmerging(ctx: Ctx, merge: ClientMerge, receipt: Receipt) -> Receipt:
    """Move them back."""
    return following.follow_unmerge(ctx, merge, receipt)


@hookimpl
def client_erasing(ctx: Ctx, erasure: ClientErasure) -> Receipt:
    """Remove drafts, keep accounting records."""
    return following.follow_erasure(ctx, erasure)


@hookimpl
def client_export(ctx: Ctx, client_id: UUID) -> Sequence[ExportPiece]:
    """Hand out a client's invoices, payments and packages."""
    return following.export_client(ctx, client_id)


@hookimpl
def register_blueprints() -> Sequence[PageRoutes]:
    """Declare pages."""
    return [declaration()]


@hookimpl
def register_panels() -> Sequence[Panel]:
    """Declare panels in core's pages."""
    return PANELS


@hookimpl
def register_navigation() -> Sequence[NavItem]:
    """Declare links in the side bar."""
    return NAVIGATION


@hookimpl
def register_documents() -> Sequence[DocumentTemplate]:
    """Declare invoices, receipts and credit notes."""
    return DOCUMENTS


@hookimpl
def register_api() -> Sequence[ApiBlueprint]:
    """Declare the REST resources."""
    return [resources.declaration()]


@hookimpl
def register_reports() -> Sequence[ReportDefinition]:
    """Declare reports."""
    return REPORTS


@hookimpl
def register_daily_figures() -> Sequence[DailyFigure]:
    """Declare money by clinic and day."""
    return FIGURES


@hookimpl
def health_checks(ctx: Ctx) -> Sequence[HealthReport]:
    """Say when nobody sells, or drafts wait for a price."""
    return check(ctx)


@hookimpl
def register_demo_steps() -> Sequence[DemoStep]:
    """Declare billing's part of a demo."""
    return STEPS
