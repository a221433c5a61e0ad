"""Core's side of `Ctx.emit`, `Ctx.enqueue` and `Ctx.once`: announcing, later work, and remembering what was done."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from polyclinic.audit.trail import Subject
from polyclinic.jobs.queue import enqueue
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.models import PluginOnce
from polyclinic.plugins.plain_facts import plain_facts
from polyclinic.plugins.ports import Announcement, WantedJob
from polyclinic.plugins.runtime import runtime

JOB = "plugin:{key}"
"""The name of the worker's task for a job of a plugin."""

_MEET = (
    insert(PluginOnce.__table__)  # type: ignore[arg-type]
    .on_conflict_do_nothing(constraint="uq_plugin_once_key")
    .returning(PluginOnce.id)
)


def emit(ctx: Ctx, told: Announcement) -> UUID:
    """Announce one of the plugin's own events; raises `ValueError` for one that it does not declare."""
    subject = Subject(told.aggregate, told.aggregate_id, told.clinic_id)
    with as_core():
        return announce(ctx.actor, told.event_type, subject, payload=told.payload, plugin_id=ctx.plugin_id)


def enqueue_job(ctx: Ctx, wanted: WantedJob) -> None:
    """Add one of the plugin's jobs to the running transaction; raises `ValueError` for one that it does not declare."""
    plugin = runtime().registry.get(ctx.plugin_id)
    if wanted.job_key not in {job.key for job in plugin.declarations.jobs}:
        raise ValueError(f'the job "{wanted.job_key}" is not one of {ctx.plugin_id}')
    name = JOB.format(key=wanted.job_key)
    # Locks of two plugins or organisations never meet.
    lock = f"{ctx.plugin_id}:{ctx.organisation_id}:{wanted.lock}" if wanted.lock else None
    with as_core():
        enqueue(name, ctx.organisation_id, plain_facts(wanted.payload), run_at=wanted.run_at, lock=lock)


def meet_once(ctx: Ctx, key: str) -> bool:
    """Remember the key for this plugin and organisation; False when it was met before."""
    values = {
        "organisation_id": ctx.organisation_id,
        "id": new_id(),
        "plugin_id": ctx.plugin_id,
        "key": key,
        "at": clock.now(),
    }
    with as_core():
        return session().connection().execute(_MEET, values).one_or_none() is not None
