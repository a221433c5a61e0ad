"""A plugin that has used its database, and so runs under its role, gets everything of core that it gets before."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from polyclinic.kit.ids import new_id
from tests.facade.conftest import PLUGIN, SCOPES

WHO = text("SELECT current_user::text")


@pytest.fixture
def opened(app, ctx, grant):
    """Yield the plugin's context after the first use of its database."""
    grant(*SCOPES)
    with ctx(PLUGIN) as own:
        assert own.db.scalar(WHO) == f"plugin_{PLUGIN}"
        yield own
        assert own.db.scalar(WHO) == f"plugin_{PLUGIN}"


@pytest.mark.parametrize(
    "ask",
    [
        lambda ctx: ctx.core.organisation().name,
        lambda ctx: ctx.core.clinics.list(),
        lambda ctx: ctx.core.therapists.list(),
        lambda ctx: ctx.core.services.list(),
        lambda ctx: ctx.core.clients.get_many([new_id()]),
        lambda ctx: ctx.core.appointments.get_many([new_id()]),
        lambda ctx: ctx.core.records.of_appointments([new_id()]),
        lambda ctx: ctx.core.members.list(),
        lambda ctx: ctx.core.reports.list(),
        lambda ctx: dict(ctx.settings),
        lambda ctx: ctx.at_clinic(ctx.actor.clinic_ids[0]).zone,
        lambda ctx: ctx.audit("looked", "note"),
        lambda ctx: ctx.once("key"),
        lambda ctx: ctx.on_behalf_of(ctx.actor.member_id).actor.member_id,
    ],
)
def test_way_into_core_is_open_under_the_plugins_role(opened, ctx, ask):
    opened_first = ask(opened)

    with ctx(PLUGIN) as fresh:
        assert (type(ask(fresh)), opened.actor) == (type(opened_first), fresh.actor)
