"""The policy of each hook as data: when it runs, what it returns and what a failure means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.markers import hookspec

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "polyclinic_policy"


class Policy(StrEnum):
    """How a hook is called and isolated."""

    DECLARE = "declare"
    """At load, outside of any request, without a database; a raise quarantines the plugin."""
    ASK_READ = "ask-read"
    """In the request, read only; a raise drops the contribution and is shown to administrators."""
    ASK_VALIDATE = "ask-validate"
    """In the request, read only; a raise becomes a finding "check could not run" that must be acknowledged."""
    JOIN = "join"
    """In core's transaction before it commits, the plugin's own schema writable; a raise refuses core's action."""


class Shape(StrEnum):
    """What one implementation returns."""

    LIST = "list"
    """A list or tuple of items."""
    MAPPING = "mapping"
    """A mapping of an id to a list of items."""
    ONE = "one"
    """One item."""


@dataclass(frozen=True)
class HookPolicy:
    """Policy, result and limits of one hook; `capability` is what the manifest must name to implement it."""

    policy: Policy
    item: type
    shape: Shape = Shape.LIST
    capability: Capability | None = None

    @property
    def timeout_ms(self) -> int:
        """Statement timeout of the database guard; for a declaring hook the time after which loading warns."""
        return {Policy.DECLARE: 500, Policy.ASK_READ: 250, Policy.ASK_VALIDATE: 500, Policy.JOIN: 1_000}[self.policy]

    def accepts(self, result: object) -> bool:
        """Tell whether `result` has this hook's shape and holds nothing but its items; None is "nothing to add"."""
        if result is None:
            return True
        if self.shape is Shape.ONE:
            return isinstance(result, self.item)
        if self.shape is Shape.LIST:
            return self._are_items(result)
        return isinstance(result, dict) and all(self._are_items(items) for items in result.values())

    def _are_items(self, value: object) -> bool:
        return isinstance(value, list | tuple) and all(isinstance(item, self.item) for item in value)


def declares(item: type, capability: Capability | None = None) -> Callable[[F], F]:
    """Mark a hookspec as declaring: no arguments, a list of `item`."""
    return _spec(HookPolicy(Policy.DECLARE, item, capability=capability))


def reads(item: type, *, shape: Shape = Shape.LIST, capability: Capability | None = None) -> Callable[[F], F]:
    """Mark a hookspec as asked while a page or answer is made."""
    return _spec(HookPolicy(Policy.ASK_READ, item, shape=shape, capability=capability))


def validates(item: type, capability: Capability | None = None) -> Callable[[F], F]:
    """Mark a hookspec as asked before something is accepted."""
    return _spec(HookPolicy(Policy.ASK_VALIDATE, item, capability=capability))


def joins(item: type, capability: Capability | None = None) -> Callable[[F], F]:
    """Mark a hookspec as joining core's transaction: it runs for installed plugins, whether on or off."""
    return _spec(HookPolicy(Policy.JOIN, item, shape=Shape.ONE, capability=capability))


def policies_of(specs: object) -> dict[str, HookPolicy]:
    """Return the policy of every hookspec in the module `specs`, by hook name."""
    return {
        name: policy
        for name, value in vars(specs).items()
        if isinstance(policy := getattr(value, _ATTRIBUTE, None), HookPolicy)
    }


def _spec(policy: HookPolicy) -> Callable[[F], F]:
    def mark(function: F) -> F:
        setattr(function, _ATTRIBUTE, policy)
        return hookspec(function)

    return mark
