"""The test kit's `drain` and `emit`: a plugin's tests run its handlers and jobs within their own transaction."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from polyclinic.kit import clock
from polyclinic.plugins.events import EventHandler, EventType
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.plugins.work import Job
from tests.events.conftest import a_plugin
from tests.events.test_announcing import ENABLE


@pytest.fixture
def heard():
    return []


@pytest.fixture
def chatty(app, db, world, installed, waiting, heard):
    """Switch on a plugin whose answer to a client is a word, and to a word a job."""

    def on_client(ctx, event):
        heard.append(("client", event.type))
        ctx.emit("listening.word_heard", "word", uuid4(), {"word": "again"})

    def on_word(ctx, event):
        if event.payload["word"] == "bad":
            raise ValueError
        heard.append(("word", event.payload["word"]))
        ctx.enqueue("listening.repeat", {"word": event.payload["word"]})
        ctx.enqueue("listening.repeat", {"word": "later"}, run_at=clock.now() + timedelta(hours=1))

    def repeat(ctx, payload):
        heard.append(("job", payload["word"], ctx.actor.name))

    plugin = a_plugin(
        "listening",
        EventHandler("client.created", "listening.on_client", on_client),
        EventHandler("listening.word_heard", "listening.on_word", on_word),
        event_types=(EventType("listening.word_heard", 1, "A word was heard", {"word": "The word."}),),
        jobs=(Job("listening.repeat", repeat),),
    )
    before, mine = runtime(), PluginRegistry((plugin,))
    use_runtime(type(before)(mine, before.dispatcher))
    db.execute(ENABLE, {"organisation_id": world.id, "plugin_id": "listening", "clinic_id": None})
    yield plugin
    use_runtime(before)


def test_everything_that_follows_is_done(chatty, emit, drain, heard):
    emit("client.created", "client", uuid4())

    done = drain()

    assert heard == [("client", "client.created"), ("word", "again"), ("job", "again", "listening")]
    assert (done.handlers, done.jobs) == (["listening.on_client", "listening.on_word"], ["listening.repeat"])
    assert drain().deliveries == []


def test_job_runs_when_its_time_has_come(chatty, emit, drain, heard, freeze_time):
    freeze_time(clock.now())
    emit("client.created", "client", uuid4())
    drain()

    freeze_time(clock.now() + timedelta(hours=1))

    assert drain().jobs == ["listening.repeat"]
    assert heard[-1] == ("job", "later", "listening")


def test_failing_handler_fails_the_test_and_is_tried_again(chatty, emit, drain):
    emit("listening.word_heard", "word", uuid4(), {"word": "bad"})

    with pytest.raises(AssertionError, match=r"listening\.on_word failed: ValueError"):
        drain()

    again = drain(allow_failures=True)
    assert [(one.handler, type(one.error)) for one in again.failures] == [("listening.on_word", ValueError)]
