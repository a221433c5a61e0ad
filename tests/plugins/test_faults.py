"""Faults injected into every kind of call into a plugin: core's outcome is the one that the call's policy states."""

from __future__ import annotations

import importlib
from datetime import date
from textwrap import indent
from uuid import UUID

import pytest
from sqlalchemy import text

from polyclinic.kit.errors import Conflict
from polyclinic.plugins.client_changes import ClientMerge, Receipt
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import Badge, ClientFacts, Finding, ServiceFact, Severity
from polyclinic.plugins.dispatch import Contribution, Dispatcher, PluginFailed, could_not_run
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.web.plugin_calls import call_view

CLIENT = UUID(int=3)
MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1.0,<2"
    capabilities = ["sections", "panels"]
"""
CODE = """
from sqlalchemy import text
from polyclinic.sdk.panels import Badge
from polyclinic.sdk.clients import Receipt
from polyclinic.sdk.sections import Finding, Severity


def misbehave(ctx, answer):
    ctx.db.execute(
        text("INSERT INTO plugin_probing.note VALUES (:o, gen_random_uuid(), 'written')"), {{"o": ctx.organisation_id}}
    ) {only_writers}
{fault}
    return answer


@hookimpl
def client_badges(ctx, client_ids):
    return misbehave(ctx, {{client_id: [Badge("probing", "here")] for client_id in client_ids}})


@hookimpl
def check_contraindications(ctx, client):
    return misbehave(ctx, [Finding("light", "Use light pressure only.", Severity.WARNING)])


@hookimpl
def client_merging(ctx, merge):
    return misbehave(ctx, Receipt(("moved",), 1))


def report(ctx):
    return misbehave(ctx, [{{"value": 1}}])


def page(ctx):
    return misbehave(ctx, "page")
"""
FAILING = {
    "raise": "raise ValueError('Mrs Doe')",
    "exit": "raise SystemExit(1)",
    "slow_sql": "ctx.db.execute(text('SET LOCAL statement_timeout = 60')); ctx.db.execute(text('SELECT pg_sleep(9)'))",
    "bad_sql": "ctx.db.execute(text('SELECT nonsense FROM nowhere'))",
    "swallowed_sql": "try: ctx.db.execute(text('SELECT 1 / 0'))\nexcept Exception: ctx.db.execute(text('SELECT 1'))",
    "reset_role": "ctx.db.execute(text('RESET ROLE'))",
    "end_transaction": "ctx.db.execute(text('COMMIT'))",
    "write_to_core": "ctx.db.execute(text(\"UPDATE public.clinic SET name = 'x'\"))",
    "read_core": "ctx.db.execute(text('SELECT * FROM public.client'))",
}
WRONG_TYPE = {"wrong_type": "answer = object()"}
HARMLESS = {
    "nothing": "pass",
    "own_commit": "ctx.db.execute(text('SELECT 1')); ctx.db.commit()",
    "other_chain": "ctx.db.execute(text(\"SELECT set_config('app.organisation_id', '', true)\")); ctx.db.commit()",
    "take_role_off": "ctx.db.execute(text(\"SELECT set_config('role', 'none', true)\")); ctx.db.commit()",
    "raise_timeout": "ctx.db.execute(text('SET statement_timeout = 0')); ctx.db.commit()",
    "left_open": "ctx.db.begin_nested(); ctx.db.execute(text('SELECT 1'))",
}
STATE = text(
    "SELECT current_user::text, current_setting('statement_timeout'), current_setting('transaction_read_only'), "
    "current_setting('app.organisation_id', true), current_setting('app.clinic_ids', true), "
    "(SELECT array_agg(name ORDER BY name) FROM clinic), (SELECT count(*) FROM plugin_probing.note)"
)


class Probe:
    """The plugin `probing` with one fault, called in each way."""

    def __init__(self, shelf, world, fault: str) -> None:
        self._shelf, self._fault, self.ctx = shelf, fault, Ctx(world.actor(), world.clinic.id)
        self.dispatcher: Dispatcher | None = None

    def load(self, *, writes: bool) -> None:
        only_writers = "" if writes else "if False else None"
        code = CODE.format(fault=indent(self._fault, "    "), only_writers=only_writers)
        self._shelf.add("probing", code, manifest=MANIFEST)
        registry = load_plugins(self._shelf.entry_points(), strict=True)
        self.dispatcher = Dispatcher(registry, lambda *_: True)
        use_runtime(PluginRuntime(registry, self.dispatcher))

    def function(self, name: str):
        return getattr(importlib.import_module("polyclinic_probing.plugin"), name)

    def read(self):
        self.load(writes=False)
        return self.dispatcher.ask("client_badges", self.ctx, client_ids=[CLIENT])

    def validate(self):
        self.load(writes=False)
        facts = ClientFacts(None, (), date(2026, 3, 1))
        service = ServiceFact(None, "Massage")
        return self.dispatcher.ask("check_contraindications", self.ctx, client=facts, service=service, sections={})

    def join(self):
        self.load(writes=True)
        return self.dispatcher.join("client_merging", self.ctx, merge=ClientMerge(CLIENT, CLIENT, CLIENT))

    def report(self):
        self.load(writes=False)
        with self.dispatcher.guarded(self.ctx, "probing", 20_000) as own:
            return self.dispatcher.safe_call("probing", self.function("report"), own)

    def page(self):
        self.load(writes=True)
        return call_view(self.ctx, "probing", self.function("page"), {})


@pytest.fixture
def probe(shelf, world, db, probing):
    """Return a function that makes the plugin with a fault; the process's runtime is put back afterwards."""
    before = runtime()
    yield lambda fault: Probe(shelf, world, fault)
    use_runtime(before)


@pytest.fixture
def state(db, probing):
    """Return a function that tells what core's connection looks like and what is stored."""
    return lambda: db.execute(STATE).one()


def one_more_note(before):
    return (*before[:-1], before[-1] + 1)


@pytest.mark.parametrize("fault", FAILING | WRONG_TYPE)
def test_failing_read_is_dropped_and_shown_to_administrators(probe, state, fault):
    before, probed = state(), probe((FAILING | WRONG_TYPE)[fault])

    answers = probed.read()

    (failure,) = probed.dispatcher.failures()
    assert (answers, state()) == ([], before)
    assert (failure.plugin_id, failure.hook, "Mrs Doe" in failure.error) == ("probing", "client_badges", False)


@pytest.mark.parametrize("fault", FAILING | WRONG_TYPE)
def test_failing_check_must_be_acknowledged(probe, state, fault):
    before, probed = state(), probe((FAILING | WRONG_TYPE)[fault])

    answers = probed.validate()

    assert (answers, state()) == ([Contribution("probing", (could_not_run("probing"),))], before)


@pytest.mark.parametrize("fault", FAILING | WRONG_TYPE)
def test_failing_join_refuses_cores_action_and_names_the_plugin(probe, state, fault):
    before, probed = state(), probe((FAILING | WRONG_TYPE)[fault])

    with pytest.raises(Conflict, match="The plugin probing could not take part in this") as refused:
        probed.join()

    assert (refused.value.code, state()) == ("plugin_refused", before)


@pytest.mark.parametrize("fault", FAILING)
def test_failing_report_names_the_plugin(probe, state, fault):
    before, probed = state(), probe(FAILING[fault])

    with pytest.raises(PluginFailed, match="The plugin probing failed in report"):
        probed.report()

    assert state() == before


@pytest.mark.parametrize("fault", FAILING)
def test_failing_page_names_the_plugin_and_leaves_core_what_it_had(probe, state, db, fault):
    before, probed = state(), probe(FAILING[fault])

    with pytest.raises(PluginFailed, match="The plugin probing failed in page"):
        probed.page()

    assert state() == before


@pytest.mark.parametrize("fault", HARMLESS)
def test_answer_of_a_read_that_leaves_a_mess_counts_and_the_mess_is_gone(probe, state, fault):
    before, probed = state(), probe(HARMLESS[fault])

    assert (probed.read(), state()) == (
        [Contribution("probing", {CLIENT: [Badge("probing", "here")]})],
        before,
    )


@pytest.mark.parametrize("fault", HARMLESS)
def test_answer_of_a_check_that_leaves_a_mess_counts_and_the_mess_is_gone(probe, state, fault):
    before, probed = state(), probe(HARMLESS[fault])
    finding = Finding("light", "Use light pressure only.", Severity.WARNING)

    assert (probed.validate(), state()) == ([Contribution("probing", (finding,))], before)


@pytest.mark.parametrize("fault", HARMLESS)
def test_join_that_leaves_a_mess_is_kept_without_the_mess(probe, state, fault):
    before, probed = state(), probe(HARMLESS[fault])

    assert (probed.join(), state()) == ([("probing", Receipt(("moved",), 1))], one_more_note(before))


@pytest.mark.parametrize("fault", HARMLESS)
def test_report_that_leaves_a_mess_is_shown_without_the_mess(probe, state, fault):
    before, probed = state(), probe(HARMLESS[fault])

    assert (probed.report(), state()) == ([{"value": 1}], before)


@pytest.mark.parametrize("fault", HARMLESS)
def test_page_that_leaves_a_mess_is_shown_without_the_mess(probe, state, fault):
    before, probed = state(), probe(HARMLESS[fault])

    assert (probed.page(), state()) == ("page", one_more_note(before))


def test_join_that_says_no_is_heard_with_its_reason(probe, state):
    fault = "from polyclinic.sdk.errors import Conflict; raise Conflict('A note is open.')"
    before, probed = state(), probe(fault)

    with pytest.raises(Conflict, match=r"The plugin probing refused this: A note is open\."):
        probed.join()

    assert state() == before


def test_slow_sql_ends_at_the_timeout_of_its_policy(probe):
    probed = probe("ctx.db.execute(text('SELECT pg_sleep(9)'))")

    probed.read()
    read = probed.dispatcher.failures()[0]
    probed.dispatcher.ask("check_contraindications", probed.ctx, client=None, service=None, sections={})
    check = probed.dispatcher.failures()[0]
    with pytest.raises(Conflict):
        probed.dispatcher.join("client_merging", probed.ctx, merge=None)
    join = probed.dispatcher.failures()[0]

    assert [f.hook for f in (read, check, join)] == ["client_badges", "check_contraindications", "client_merging"]
    assert 250 <= read.elapsed_ms < 2_000
    assert 500 <= check.elapsed_ms < 2_500
    assert 1_000 <= join.elapsed_ms < 4_000


def test_plugins_join_in_order_though_they_are_off_and_silence_is_no_receipt(shelf, world):
    answer = "@hookimpl\ndef client_merging(merge): {}"
    shelf.add("ccc", answer.format("pass"))
    shelf.add("bbb", "from polyclinic.sdk.clients import Receipt\n" + answer.format("return Receipt(('b',))"))
    shelf.add("aaa", "from polyclinic.sdk.clients import Receipt\n" + answer.format("return Receipt(('a',))"))
    dispatcher = Dispatcher(load_plugins(shelf.entry_points(), strict=True), lambda *_: False)

    receipts = dispatcher.join("client_merging", Ctx(world.actor()), merge=ClientMerge(CLIENT, CLIENT, CLIENT))

    assert receipts == [("aaa", Receipt(("a",))), ("bbb", Receipt(("b",)))]
