"""What the plugin adds to Polyclinic."""

from __future__ import annotations

import click

from polyclinic.sdk.api import ApiBlueprint
from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.jobs import Job
from polyclinic.sdk.pages import PageRoutes
from polyclinic.sdk.panels import NavItem, Permission
from polyclinic.sdk.upkeep import DemoStep
from polyclinic_reporting.api import routes
from polyclinic_reporting.command_line import COMMANDS
from polyclinic_reporting.demo import add_rollup, add_schedule
from polyclinic_reporting.jobs import JOBS
from polyclinic_reporting.pages import dashboards, reports, schedules
from polyclinic_reporting.pages.site import pages
from polyclinic_reporting.vocabulary import DASHBOARDS, READ, SCHEDULES

ADMINISTRATORS = ("chain_administrator", "clinic_manager")
_REGISTERED = (dashboards, reports, schedules)


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
def register_jobs() -> list[Job]:
    """Sending what is due, and the upkeep of the roll-up."""
    return list(JOBS)


@hookimpl
def register_commands() -> list[click.Command]:
    """Building the roll-up anew and verifying it."""
    return list(COMMANDS)


@hookimpl
def register_demo_steps() -> list[DemoStep]:
    """Figures and a schedule."""
    return [DemoStep("rollup", add_rollup), DemoStep("schedule", add_schedule)]
