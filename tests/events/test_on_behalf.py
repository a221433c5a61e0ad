"""Work on behalf of a member, and mail: what a handler or a job of a plugin may do besides its own tables."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from polyclinic.kit.errors import Invalid, NotAllowed, NotFound
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.documents import Document
from polyclinic.plugins.working import PluginWork, context_of, run_isolated
from polyclinic.testing.worlds import system_actor
from tests.events.conftest import LISTENING
from tests.events.test_announcing import ENABLE


@pytest.fixture
def work(app, db, world, installed):
    db.execute(ENABLE, {"organisation_id": world.id, "plugin_id": "listening", "clinic_id": None})
    return PluginWork(LISTENING, system_actor(world.id, [clinic.id for clinic in world.clinics]))


@pytest.fixture
def ctx(work) -> Ctx:
    return context_of(work)


def test_member_acts_with_present_permissions_at_their_own_clinics(ctx, db, world):
    person = world.people["front_desk"]

    own = ctx.on_behalf_of(person.member.id)

    assert (own.actor.member_id, own.actor.clinic_ids, own.plugin_id) == (
        person.member.id,
        (world.clinic.id,),
        "listening",
    )
    assert (own.can("appointments:write"), own.can("treatment-records:read")) == (True, False)
    assert db.execute(text("SELECT current_setting('app.clinic_ids')")).scalar_one() == str(world.clinic.id)


def test_member_who_lost_everything_may_do_nothing(ctx, db, world, other_world):
    ids = {role: world.people[role].member.id for role in ("front_desk", "therapist")}
    db.execute(text("UPDATE member SET disabled_at = now() WHERE id = :id"), {"id": ids["front_desk"]})
    db.execute(text("DELETE FROM role_assignment WHERE member_id = :id"), {"id": ids["therapist"]})

    for member_id in ids.values():
        with pytest.raises(NotAllowed):
            ctx.on_behalf_of(member_id)
    for unknown in (uuid4(), other_world.people["therapist"].member.id):
        with pytest.raises(NotFound):
            ctx.on_behalf_of(unknown)


def test_mail_of_a_plugin_is_kept_with_its_files(work, db):
    file = Document("Report.pdf", b"%PDF")

    error = run_isolated(work, lambda ctx: ctx.mail("tom@example.org", "Report", "Here it is.", [file]))

    kept = db.execute(
        text(
            "SELECT m.recipient, m.subject, m.body, m.state, m.plugin_id, a.name, a.media_type, a.content "
            "FROM mail_message m JOIN mail_attachment a ON a.message_id = m.id"
        )
    ).one()
    assert error is None
    assert tuple(kept) == (
        *("tom@example.org", "Report", "Here it is.", "queued", "listening"),
        *("Report.pdf", "application/pdf", b"%PDF"),
    )


def test_mail_with_a_second_header_line_is_refused(work, db):
    error = run_isolated(work, lambda ctx: ctx.mail("tom@example.org\r\nBcc: b@example.org", "Report", "Text"))

    assert isinstance(error, Invalid)
    assert db.execute(text("SELECT count(*) FROM mail_message")).scalar_one() == 0
