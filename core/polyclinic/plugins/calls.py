"""What a plugin's code is called with: a context whose database opens on first use, under the guard of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self, TypeAlias

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import crossing_depth, working
from polyclinic.plugins.guard import MisusedDatabase

PAGE_TIMEOUT_MS = 5_000
TELL_SECONDS = 30

OpenDb: TypeAlias = Callable[[str, int], AbstractContextManager[Any]]
"""Opens a plugin's session: takes the plugin's id and the statement timeout in milliseconds."""


class LazyDb:
    """Opens on the first use of `ctx.db`, so that code without SQL sends nothing; closes with the call."""

    __slots__ = ("_depth", "_entered", "_factory", "_opened", "_plugin_id", "_timeout_ms")

    def __init__(self, factory: OpenDb, plugin_id: str, timeout_ms: int) -> None:
        self._factory, self._plugin_id, self._timeout_ms = factory, plugin_id, timeout_ms
        self._entered: AbstractContextManager[Any] | None = None
        self._opened: Any = None
        self._depth = crossing_depth()

    def open(self) -> Any:
        """Return the session; raises `MisusedDatabase` where core's code, called by the plugin, reaches for it."""
        if self._entered is None:
            if crossing_depth() != self._depth:
                raise MisusedDatabase("ctx.db was used while core was at work: hand core finished values")
            entered = self._factory(self._plugin_id, self._timeout_ms)
            self._opened = entered.__enter__()
            self._entered = entered
        return self._opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._entered is not None:
            self._entered.__exit__(kind, error, trace)


@contextmanager
def acting(ctx: Ctx, plugin_id: str, timeout_ms: int = PAGE_TIMEOUT_MS) -> Iterator[Ctx]:
    """Yield the context of a page or REST view: `ctx.db` writes the plugin's own schema in the request's transaction.

    Whoever opened the transaction ends it. Afterwards role, timeout and organisation are core's again.
    """
    with LazyDb(working, plugin_id, timeout_ms) as lazy:
        yield ctx.of_plugin(plugin_id, lazy.open)


@contextmanager
def telling(ctx: Ctx, plugin_id: str, timeout_seconds: int = TELL_SECONDS) -> Iterator[Ctx]:
    """Yield the context of an event handler, a job or a demo step, in the worker's own transaction."""
    with acting(ctx, plugin_id, timeout_seconds * 1000) as own:
        yield own
