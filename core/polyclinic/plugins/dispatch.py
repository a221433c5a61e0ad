"""Calling into plugins during a request: filtered by enablement, isolated, timed, with the culprit named."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

import structlog

from polyclinic.kit import clock
from polyclinic.kit.errors import Conflict, PolyclinicError
from polyclinic.plugins.breaker import CircuitBreaker
from polyclinic.plugins.calls import LazyDb, OpenDb
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import ClientFacts, Finding, SectionData, SectionType, Severity
from polyclinic.plugins.crossing import asking, joining
from polyclinic.plugins.isolation import Attempt, attempt, describe_error
from polyclinic.plugins.policies import HookPolicy, Policy, Shape
from polyclinic.plugins.registry import Implementation, PluginRegistry
from polyclinic.plugins.sections import CORE, plugin_of
from polyclinic.plugins.tally import Tally

P = ParamSpec("P")
R = TypeVar("R")

COULD_NOT_RUN = "check_could_not_run"
REFUSED = "plugin_refused"
FAILURES_KEPT = 200
READ_TIMEOUT_MS = 250

_log = structlog.get_logger(__name__)


class IsEnabled(Protocol):
    """Answers whether a plugin is switched on at a clinic (at the organisation when `clinic_id` is None)."""

    def __call__(self, organisation_id: UUID, clinic_id: UUID | None, plugin_id: str, /) -> bool: ...


@dataclass(frozen=True)
class Contribution:
    """What one plugin answered to one question."""

    plugin_id: str
    value: Any


class Silence(StrEnum):
    """Why a plugin gave no answer."""

    FAILED = "failed"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True)
class Answer:
    """What became of a question at one plugin: its answer, or why there is none."""

    plugin_id: str
    value: Any = None
    silence: Silence | None = None


@dataclass(frozen=True)
class HookFailure:
    """One failed call, for administrators; it holds no text of the error, which may hold health data."""

    log_id: str
    plugin_id: str
    hook: str
    error: str
    elapsed_ms: int
    at: datetime


class PluginFailed(PolyclinicError):
    """A plugin's function raised; names the plugin and the log entry, so that the caller can fall back or refuse."""

    code = "plugin_failed"

    def __init__(self, failure: HookFailure) -> None:
        super().__init__(
            f"The plugin {failure.plugin_id} failed in {failure.hook} (log {failure.log_id}). "
            "Nothing was lost; tell your administrator the log number."
        )
        self.failure = failure


@dataclass
class Dispatcher:
    """Asks the enabled plugins; one object per process, held by the application."""

    registry: PluginRegistry
    is_enabled: IsEnabled
    asking: OpenDb = asking
    joining: OpenDb = joining
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    tally: Tally = field(default_factory=Tally)
    _failures: deque[HookFailure] = field(default_factory=lambda: deque(maxlen=FAILURES_KEPT))

    def ask(self, hook: str, ctx: Ctx, **arguments: Any) -> list[Contribution]:
        """Return the answers of all plugins enabled at the context's clinic, in calling order, without empty ones.

        A raise or a wrong type drops the answer of an asked-to-read hook and becomes the finding `check_could_not_run`
        of a validating one. Raises `KeyError` for an unknown hook.
        """
        policy = self.registry.policies[hook]
        organisation_id, clinic_id, is_enabled = ctx.organisation_id, ctx.clinic_id, self.is_enabled
        contributions = []
        for implementation in self.registry.implementations[hook]:
            if is_enabled(organisation_id, clinic_id, implementation.plugin_id):
                answer = self._ask_one(policy, implementation, ctx, arguments)
                if answer:
                    contributions.append(Contribution(implementation.plugin_id, _as_shape(answer, policy)))
        return contributions

    def ask_each(self, hook: str, ctx: Ctx, **arguments: Any) -> list[Answer]:
        """Return what became of a question at every plugin that could answer it, for askers who must not miss one.

        A plugin that failed before is asked all the same; one that is off is named instead of asked.
        """
        policy, answers = self.registry.policies[hook], []
        for asked in self.registry.implementations[hook]:
            if not self.is_enabled(ctx.organisation_id, ctx.clinic_id, asked.plugin_id):
                answers.append(Answer(asked.plugin_id, silence=Silence.SWITCHED_OFF))
                continue
            outcome = self._try_one(asked, ctx, arguments)
            if outcome.error is None and policy.accepts(outcome.value):
                answers.append(Answer(asked.plugin_id, outcome.value))
            else:
                self._note(asked.plugin_id, asked.hook, outcome)
                answers.append(Answer(asked.plugin_id, silence=Silence.FAILED))
        return answers

    def safe_call(self, plugin_id: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a plugin's function returns; raises `PluginFailed` for whatever it raises."""
        outcome = attempt(lambda: function(*args, **kwargs))
        name = getattr(function, "__name__", type(function).__name__)
        self.count(plugin_id, name, outcome)
        if outcome.error is not None:
            raise self.failed(plugin_id, name, outcome) from outcome.error
        return outcome.value  # type: ignore[return-value]

    def count(self, plugin_id: str, what: str, outcome: Attempt[Any]) -> None:
        """Add a call that was made elsewhere (a page, a REST operation) to the plugin's figures."""
        self.tally.note(plugin_id, what, outcome.elapsed_seconds, has_failed=outcome.error is not None)

    def failed(self, plugin_id: str, what: str, outcome: Attempt[Any]) -> PluginFailed:
        """Write a failed call down and return the error that names the plugin and the log entry."""
        return PluginFailed(self._note(plugin_id, what, outcome))

    def check_section(self, section_type: SectionType, data: SectionData, facts: ClientFacts) -> tuple[Finding, ...]:
        """Return the section's own findings; a check that raises or answers something else must be acknowledged."""
        plugin_id = plugin_of(section_type.key)
        outcome = attempt(lambda: section_type.check(data, facts))
        if outcome.error is None and _are_findings(outcome.value):
            return tuple(outcome.value or ())
        self._note(plugin_id, f"check of {section_type.key}", outcome)
        return (could_not_run(plugin_id),)

    def join(
        self, hook: str, ctx: Ctx, *, each: Mapping[str, Mapping[str, Any]] | None = None, **arguments: Any
    ) -> list[tuple[str, Any]]:
        """Let every installed plugin take part in core's transaction, on or off; return plugin ids and receipts.

        One whose tables are not made yet keeps nothing and is left out. `each` holds arguments that differ from plugin
        to plugin; with it, only the plugins that it names take part. Raises `Conflict` (`plugin_refused`), which names
        the plugin, when one raises or answers something else.
        """
        policy = self.registry.policies[hook]
        receipts = []
        for asked in self.registry.implementations[hook]:
            if asked.plugin_id in self.registry.without_tables or (each is not None and asked.plugin_id not in each):
                continue
            own = arguments if each is None else {**arguments, **each[asked.plugin_id]}
            outcome = attempt(partial(self._join_one, policy, asked, ctx, own))
            self.count(asked.plugin_id, hook, outcome)
            if outcome.error is not None:
                raise self._refusal(asked, outcome) from outcome.error
            if outcome.value is not None:
                receipts.append((asked.plugin_id, outcome.value))
        return receipts

    def _join_one(self, policy: HookPolicy, asked: Implementation, ctx: Ctx, arguments: dict[str, Any]) -> Any:
        with LazyDb(self.joining, asked.plugin_id, policy.timeout_ms) as lazy:
            wanted = {name: arguments[name] for name in asked.arguments}
            if asked.takes_ctx:
                wanted["ctx"] = ctx.of_plugin(asked.plugin_id, lazy.open)
            receipt = asked.function(**wanted)
            if not policy.accepts(receipt):
                raise TypeError(f"{asked.hook} answers with {policy.item.__name__} or nothing")
            return receipt

    def _refusal(self, asked: Implementation, outcome: Attempt[Any]) -> Conflict:
        failure = self._note(asked.plugin_id, asked.hook, outcome)
        if isinstance(outcome.error, PolyclinicError):
            return Conflict(f"The plugin {asked.plugin_id} refused this: {outcome.error}", code=REFUSED)
        return Conflict(
            f"The plugin {asked.plugin_id} could not take part in this, so nothing was changed "
            f"(log {failure.log_id}). Tell your administrator the log number.",
            code=REFUSED,
        )

    @contextmanager
    def guarded(self, ctx: Ctx, plugin_id: str, timeout_ms: int = READ_TIMEOUT_MS) -> Iterator[Ctx]:
        """Yield the plugin's own context; a savepoint opens when it first uses `ctx.db` and is always rolled back."""
        with LazyDb(self.asking, plugin_id, timeout_ms) as lazy:
            yield ctx.of_plugin(plugin_id, lazy.open)

    def failures(self) -> tuple[HookFailure, ...]:
        """Return the latest failures of this process, newest first."""
        return tuple(reversed(self._failures))

    def _ask_one(self, policy: HookPolicy, asked: Implementation, ctx: Ctx, arguments: dict[str, Any]) -> Any:
        """Most hooks of a page say nothing and touch no database: they cost a call and little else."""
        is_validating = policy.policy is Policy.ASK_VALIDATE
        if not is_validating and self.breaker.is_resting(asked.key):
            return None
        outcome = self._try_one(asked, ctx, arguments)
        if outcome.error is None and (not outcome.value or policy.accepts(outcome.value)):
            self.breaker.note_success(asked.key)
            return outcome.value
        self._note(asked.plugin_id, asked.hook, outcome)
        self.breaker.note_failure(asked.key)
        return (could_not_run(asked.plugin_id),) if is_validating else None

    def _try_one(self, asked: Implementation, ctx: Ctx, arguments: dict[str, Any]) -> Attempt[Any]:
        timeout_ms = self.registry.policies[asked.hook].timeout_ms
        lazy = LazyDb(self.asking, asked.plugin_id, timeout_ms) if asked.takes_ctx else None
        wanted = {name: arguments[name] for name in asked.arguments}
        if lazy is not None:
            wanted["ctx"] = ctx.of_plugin(asked.plugin_id, lazy.open)
        outcome = attempt(lambda: _call(asked, wanted, lazy))
        self.count(asked.plugin_id, asked.hook, outcome)
        return outcome

    def _note(self, plugin_id: str, hook: str, outcome: Attempt[Any]) -> HookFailure:
        error = describe_error(outcome.error) if outcome.error else f"returned {type(outcome.value).__name__}"
        elapsed_ms = round(outcome.elapsed_seconds * 1000)
        failure = HookFailure(secrets.token_hex(4), plugin_id, hook, error, elapsed_ms, clock.now())
        self._failures.append(failure)
        _log.warning("plugin_failed", log_id=failure.log_id, plugin=plugin_id, hook=hook, error=error, ms=elapsed_ms)
        return failure


def _call(asked: Implementation, wanted: dict[str, Any], lazy: LazyDb | None) -> Any:
    if lazy is None:
        return asked.function(**wanted)
    with lazy:
        return asked.function(**wanted)


def could_not_run(plugin_id: str) -> Finding:
    """Return the finding that stands in for a check that failed: care goes on, but not in silence."""
    who = "A built-in check" if plugin_id == CORE else f"The check of the plugin {plugin_id}"
    return Finding(
        COULD_NOT_RUN, f"{who} could not run. Check by hand what it would have checked.", Severity.ACKNOWLEDGE
    )


def _are_findings(value: object) -> bool:
    return value is None or (isinstance(value, Sequence) and all(isinstance(item, Finding) for item in value))


def _as_shape(answer: Any, policy: HookPolicy) -> Any:
    return tuple(answer) if policy.shape is Shape.LIST else answer
