"""Dispatch: who is asked, in which order, and what a failing plugin does to the others."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import pytest

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.plugins.breaker import CircuitBreaker
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import Badge, ClientFacts, Finding, SectionType, ServiceFact, Severity
from polyclinic.plugins.dispatch import Contribution, Dispatcher, PluginFailed
from polyclinic.plugins.fields import SectionSchema
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.registry import Installation
from polyclinic.plugins.vocabulary import InstallationState

ORGANISATION, CLINIC, CLIENT = UUID(int=1), UUID(int=2), UUID(int=3)
CTX = Ctx(Actor(ActorKind.MEMBER, ORGANISATION, (CLINIC,)), clinic_id=CLINIC)
FACTS = ClientFacts(None, (), date(2026, 3, 1))

BADGE = """
    from polyclinic.sdk.panels import Badge
    {before}
    @hookimpl({options})
    def client_badges({arguments}):
        {body}
        return {{client_id: [Badge("{id}", "{id} badge")] for client_id in client_ids}}
"""
CHECK = """
    from polyclinic.sdk.sections import Finding, Severity
    @hookimpl
    def check_contraindications(client):
        {body}
        return [Finding("pressure", "Use light pressure only.", Severity.WARNING)]
"""


def badge(plugin_id: str, *, options: str = "", body: str = "pass", arguments: str = "client_ids") -> str:
    return BADGE.format(id=plugin_id, options=options, body=body, arguments=arguments, before="")


def everywhere(_organisation_id, _clinic_id, _plugin_id) -> bool:
    return True


def dispatcher(shelf, is_enabled=everywhere, **options) -> Dispatcher:
    return Dispatcher(load_plugins(shelf.entry_points(), strict=True), is_enabled, **options)


def shown(plugin_id: str) -> Contribution:
    return Contribution(plugin_id, {CLIENT: [Badge(plugin_id, f"{plugin_id} badge")]})


def ask_badges(asked: Dispatcher) -> list[Contribution]:
    return asked.ask("client_badges", CTX, client_ids=[CLIENT])


def ask_checks(asked: Dispatcher) -> list[Contribution]:
    service = ServiceFact(None, "Massage")
    return asked.ask("check_contraindications", CTX, client=FACTS, service=service, sections={})


def test_answers_come_by_tryfirst_then_plugin_id_then_trylast(shelf):
    shelf.add("aaa", badge("aaa", options="trylast=True"))
    shelf.add("ccc", badge("ccc"))
    shelf.add("bbb", badge("bbb"))
    shelf.add("ddd", badge("ddd", options="tryfirst=True"))

    assert ask_badges(dispatcher(shelf)) == [shown("ddd"), shown("bbb"), shown("ccc"), shown("aaa")]


def test_only_plugins_enabled_at_the_clinic_are_asked(shelf):
    shelf.add("aaa", badge("aaa"))
    shelf.add("bbb", badge("bbb"))
    asked_for = []

    def only_bbb(organisation_id, clinic_id, plugin_id) -> bool:
        asked_for.append((organisation_id, clinic_id, plugin_id))
        return plugin_id == "bbb"

    assert ask_badges(dispatcher(shelf, only_bbb)) == [shown("bbb")]
    assert asked_for == [(ORGANISATION, CLINIC, "aaa"), (ORGANISATION, CLINIC, "bbb")]


@pytest.mark.parametrize(
    "crash", ["raise ValueError('Mrs Doe')", "raise SystemExit(1)", "return 5", "return {1: ['x']}", "return [1]"]
)
def test_failing_read_is_dropped_noted_and_leaves_the_others(shelf, crash):
    shelf.add("aaa", badge("aaa", body=crash))
    shelf.add("bbb", badge("bbb"))
    asked = dispatcher(shelf)

    assert ask_badges(asked) == [shown("bbb")]

    (failure,) = asked.failures()
    assert (failure.plugin_id, failure.hook) == ("aaa", "client_badges")
    assert "Mrs Doe" not in failure.error


def test_none_is_nothing_to_add(shelf):
    shelf.add("aaa", badge("aaa", body="return None"))
    asked = dispatcher(shelf)

    assert (ask_badges(asked), asked.failures()) == ([], ())


@pytest.mark.parametrize("crash", ["raise ValueError", "raise SystemExit(1)", "return 5", "return ['x']"])
def test_failing_check_becomes_a_finding_that_must_be_acknowledged(shelf, crash):
    shelf.add("aaa", CHECK.format(body=crash))
    shelf.add("bbb", CHECK.format(body="pass"))

    could_not_run = Finding(
        "check_could_not_run",
        "The check of the plugin aaa could not run. Check by hand what it would have checked.",
        Severity.ACKNOWLEDGE,
    )
    assert ask_checks(dispatcher(shelf)) == [
        Contribution("aaa", (could_not_run,)),
        Contribution("bbb", (Finding("pressure", "Use light pressure only.", Severity.WARNING),)),
    ]


def test_read_that_keeps_failing_rests_and_is_tried_again(shelf):
    shelf.add("aaa", badge("aaa", body="import polyclinic_aaa; polyclinic_aaa.calls += 1; raise ValueError"))
    (shelf.folder / "polyclinic_aaa" / "__init__.py").write_text("calls = 0")
    at = [0.0]
    asked = dispatcher(shelf, breaker=CircuitBreaker(limit=2, rest_seconds=60, monotonic=lambda: at[0]))
    polyclinic_aaa = importlib.import_module("polyclinic_aaa")

    calls = []
    for moment in (0, 1, 2, 59, 62):
        at[0] = moment
        ask_badges(asked)
        calls.append(polyclinic_aaa.calls)

    assert calls == [1, 2, 2, 2, 3]


def test_failing_check_never_rests(shelf):
    shelf.add("aaa", CHECK.format(body="raise ValueError"))
    asked = dispatcher(shelf, breaker=CircuitBreaker(limit=1))

    codes = [ask_checks(asked)[0].value[0].code for _ in range(3)]

    assert codes == ["check_could_not_run"] * 3


def test_savepoint_opens_on_first_use_with_the_hooks_timeout_and_closes_after_a_raise(shelf):
    shelf.add("aaa", badge("aaa"))
    shelf.add("bbb", badge("bbb", arguments="ctx, client_ids", body="ctx.db.append('used'); ctx.db; raise ValueError"))
    steps = []

    @contextmanager
    def savepoint(plugin_id: str, timeout_ms: int):
        steps.append(f"open {plugin_id} {timeout_ms}")
        try:
            yield steps
        finally:
            steps.append("rolled back")

    ask_badges(dispatcher(shelf, asking=savepoint))

    assert steps == ["open bbb 250", "used", "rolled back"]


def test_context_names_the_plugin_that_is_asked(shelf):
    body = "return {client_ids[0]: [Badge(ctx.plugin_id, str(ctx.clinic_id))]}"
    shelf.add("aaa", badge("aaa", arguments="ctx, client_ids", body=body))

    assert ask_badges(dispatcher(shelf)) == [Contribution("aaa", {CLIENT: [Badge("aaa", str(CLINIC))]})]


def test_unknown_hook_is_an_error_of_the_caller(shelf):
    with pytest.raises(KeyError):
        dispatcher(shelf).ask("client_badge", CTX)


def test_safe_call_returns_the_value_or_names_plugin_and_function(shelf):
    asked = dispatcher(shelf)

    def summarize(data):
        return data["text"]

    assert asked.safe_call("aaa", summarize, {"text": "calf"}) == "calf"
    with pytest.raises(PluginFailed, match=r"The plugin aaa failed in summarize \(log [0-9a-f]{8}\)"):
        asked.safe_call("aaa", summarize, {})


def test_section_check_that_raises_must_be_acknowledged(shelf):
    def check(_data, _facts):
        raise ZeroDivisionError

    section_type = SectionType("aaa.points", 1, "Points", SectionSchema, check=check)

    (finding,) = dispatcher(shelf).check_section(section_type, {}, FACTS)

    assert (finding.code, finding.severity) == ("check_could_not_run", Severity.ACKNOWLEDGE)


def test_interrupt_of_the_operator_passes_through(shelf):
    shelf.add("aaa", badge("aaa", body="raise KeyboardInterrupt"))

    with pytest.raises(KeyboardInterrupt):
        ask_badges(dispatcher(shelf))


def test_every_call_is_counted_for_its_plugin(shelf):
    shelf.add("aaa", badge("aaa"))
    shelf.add("bbb", badge("bbb", body="raise RuntimeError"))
    asked = dispatcher(shelf)

    ask_badges(asked)
    ask_badges(asked)

    counted = {
        plugin_id: [(f.hook, f.calls, f.failures) for f in asked.tally.of(plugin_id)] for plugin_id in ("aaa", "bbb")
    }
    assert counted == {"aaa": [("client_badges", 2, 0)], "bbb": [("client_badges", 2, 2)]}


def test_plugin_whose_tables_are_not_made_yet_stands_in_nobodys_way(shelf):
    erasing = """
    from polyclinic.sdk.clients import Receipt
    @hookimpl
    def client_erasing(erasure):
        return Receipt(("Looked.",))
    """
    manifest = 'id = "{id}"\nrequires_polyclinic = ">=1"\ncapabilities = ["tables"]'
    shelf.add("aaa", erasing, manifest=manifest)
    shelf.add("bbb", erasing, manifest=manifest)
    installed = [Installation("bbb", "1.0", InstallationState.INSTALLED)]
    registry = load_plugins(shelf.entry_points(), strict=True).with_installations(installed)

    receipts = Dispatcher(registry, everywhere).join("client_erasing", CTX, erasure=None)

    assert [plugin_id for plugin_id, _ in receipts] == ["bbb"]
