"""Hooks about what a plugin does: settings, fields, events, jobs, reports, commands, demo data."""

from __future__ import annotations

from collections.abc import Sequence

import click

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.demo_steps import DemoStep
from polyclinic.plugins.entity_fields import EntityFields
from polyclinic.plugins.events import EventHandler, EventType
from polyclinic.plugins.health import HealthReport
from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.policies import declares, reads
from polyclinic.plugins.report_types import DailyFigure, ReportDefinition
from polyclinic.plugins.settings_types import SettingsSchema
from polyclinic.plugins.work import Job


@declares(SettingsSchema, Capability.SETTINGS)
def register_settings() -> Sequence[SettingsSchema]:
    """Declare the settings of this plugin.

    When: once, at load; core makes the form, stores the values and hands the effective ones to hooks as `ctx.settings`.

    Return: at most one schema for each scope; a name stands in one of them only.

    On error: the plugin is quarantined; the stored values stay.
    """
    raise NotImplementedError


@declares(EntityFields, Capability.FIELDS)
def register_entity_fields() -> Sequence[EntityFields]:
    """Declare fields that this plugin adds to services, clients, clinics, therapists or appointments.

    When: once, at load; the fields are shown as a form beside the thing and in REST under `extensions.<plugin id>`.

    Return: at most one declaration for each kind of thing, with upcasters from every version below the current one.

    On error: the plugin is quarantined; the stored values stay.
    """
    raise NotImplementedError


@declares(EventType, Capability.EVENTS)
def register_event_types() -> Sequence[EventType]:
    """Declare the events that this plugin announces with `ctx.emit`.

    When: once, at load; they stand in the generated catalogue, and other plugins subscribe to them by key.

    Return: event types whose keys are `<plugin id>.<noun>_<past verb>`.

    On error: the plugin is quarantined.
    """
    raise NotImplementedError


@declares(EventHandler, Capability.EVENTS)
def register_event_handlers() -> Sequence[EventHandler]:
    """Declare which events this plugin answers.

    When: once, at load. `run(ctx, event)` is called in the worker after the causing transaction has committed, in a
    transaction of its own and under the plugin's database role: at least once, in order for each thing.

    Return: handlers whose keys are `<plugin id>.<name>`. An event that no loaded plugin declares is never delivered.

    On error: a `run` that raises is tried again 8 times within 6 hours, then kept as a dead letter that an
    administrator can replay; the deliveries of other plugins are not affected.
    """
    raise NotImplementedError


@declares(Job, Capability.JOBS)
def register_jobs() -> Sequence[Job]:
    """Declare this plugin's background work.

    When: once, at load. `run(ctx, payload)` is called in the worker, for one organisation, where the plugin is on.

    Return: jobs whose keys are `<plugin id>.<name>`.

    On error: a `run` that raises is tried again like an event's handler.
    """
    raise NotImplementedError


@declares(ReportDefinition, Capability.REPORTS)
def register_reports() -> Sequence[ReportDefinition]:
    """Declare reports.

    When: once, at load. `run(ctx, request)` is called when somebody asks for one: read only, under this plugin's
    database role, within 20 seconds.

    Return: definitions whose keys are `<plugin id>.<name>`.

    On error: the plugin is quarantined; a `run` that raises is answered with an error that names the plugin.
    """
    raise NotImplementedError


@declares(DailyFigure, Capability.REPORTS)
def register_daily_figures() -> Sequence[DailyFigure]:
    """Declare numbers per clinic and day that can be added up.

    When: once, at load. `run(ctx, first_on, last_on)` is called under the rules of a report.

    Return: figures whose keys are `<plugin id>.<name>`.

    On error: the plugin is quarantined.
    """
    raise NotImplementedError


@declares(DemoStep)
def register_demo_steps() -> Sequence[DemoStep]:
    """Declare what this plugin adds to a demo chain.

    When: once, at load; the steps run after core's part of the chain is made, and again when it is topped up.

    Return: steps with a key each.

    On error: the plugin is quarantined; a step that raises fails the command that makes the demo.
    """
    raise NotImplementedError


@reads(HealthReport)
def health_checks(ctx: Ctx) -> Sequence[HealthReport]:
    """Say what needs an administrator's attention.

    When: while the plugin's administration page or `polyclinic plugin status` is made.

    Return: remarks; none when all is well.

    On error: the failure itself is shown.
    """
    raise NotImplementedError


@declares(click.Command, Capability.COMMANDS)
def register_commands() -> Sequence[click.Command]:
    """Declare commands under `polyclinic ext <plugin id>`.

    When: once, at load.

    Return: click commands.

    On error: the plugin is quarantined; the other commands work.
    """
    raise NotImplementedError
