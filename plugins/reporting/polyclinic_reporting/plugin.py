"""What the plugin adds to Polyclinic."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import click

from polyclinic.sdk.api import ApiBlueprint
from polyclinic.sdk.clients import ClientErasure, ExportPiece, Receipt
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.documents import Document, DocumentTemplate
from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.jobs import Job
from polyclinic.sdk.pages import PageRoutes
from polyclinic.sdk.panels import NavItem, Permission
from polyclinic.sdk.upkeep import DemoStep
from polyclinic_reporting.api import routes
from polyclinic_reporting.command_line import COMMANDS
from polyclinic_reporting.demo import add_file, add_rollup, add_schedule
from polyclinic_reporting.exports.report_table import MEDIA_TYPES, Format
from polyclinic_reporting.jobs import JOBS
from polyclinic_reporting.pages import dashboards, reports, runs, schedules
from polyclinic_reporting.pages.site import pages
from polyclinic_reporting.queries.runs import get_content, get_run
from polyclinic_reporting.services.runs import forget_client
from polyclinic_reporting.vocabulary import DASHBOARDS, PLUGIN_ID, READ, SCHEDULES

ADMINISTRATORS = ("chain_administrator", "clinic_manager")
_REGISTERED = (dashboards, reports, runs, schedules)


@hookimpl
def register_permissions() -> list[Permission]:
    """Reports, dashboards and schedules; the report's own permission is asked for as well."""
    return [
        Permission(READ, "See reports", ADMINISTRATORS),
        Permission(DASHBOARDS, "See dashboards", ADMINISTRATORS),
        Permission(SCHEDULES, "Have reports sent by mail", ADMINISTRATORS),
    ]


@hookimpl
def register_navigation() -> list[NavItem]:
    """Dashboard and reports in the side bar."""
    return [
        NavItem("Dashboard", "", DASHBOARDS, icon="layout-grid", order=10),
        NavItem("Reports", "reports", READ, icon="chart-bar", order=20),
    ]


@hookimpl
def register_blueprints() -> list[PageRoutes]:
    """The pages."""
    return [pages.declaration()]


@hookimpl
def register_api() -> list[ApiBlueprint]:
    """Reports and schedules over REST."""
    return [routes.declaration()]


@hookimpl
def register_documents() -> list[DocumentTemplate]:
    """The files that the worker made."""
    return [DocumentTemplate(f"{PLUGIN_ID}.file", "Report as a file", READ, _file_of)]


@hookimpl
def client_erasing(ctx: Ctx, erasure: ClientErasure) -> Receipt:
    """Remove files that may name the client."""
    return forget_client(ctx, erasure)


@hookimpl
def client_export(ctx: Ctx, client_id: UUID) -> Sequence[ExportPiece]:  # noqa: ARG001 -- nothing is known of anybody
    """Add nothing: files of reports repeat what core and the other plugins hand out."""
    return []


@hookimpl
def register_jobs() -> list[Job]:
    """Sending what is due, and the upkeep of the roll-up."""
    return list(JOBS)


@hookimpl
def register_commands() -> list[click.Command]:
    """Building the roll-up anew and verifying it."""
    return list(COMMANDS)


@hookimpl
def register_demo_steps() -> list[DemoStep]:
    """Figures, a schedule and a file."""
    return [DemoStep("rollup", add_rollup), DemoStep("schedule", add_schedule), DemoStep("file", add_file)]


def _file_of(ctx: Ctx, run_id: UUID) -> Document:
    run = get_run(ctx, run_id)
    return Document(run.filename, get_content(ctx, run), MEDIA_TYPES[Format(run.format)])
