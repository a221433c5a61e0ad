"""REST operations of a plugin: under its own address, documented with core's, absent where the plugin is off."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.plugins import contract
from polyclinic.plugins.context import Ctx
from polyclinic.web.api_blueprint import ApiBlueprint, Operation
from polyclinic.web.plugin_calls import call_view, require_on


class PluginRoutes(ApiBlueprint):
    """Registers operations below `/api/v1/ext/<plugin id>/`; they answer 404 unless the plugin is on for the actor.

    A view takes the actor first; with `takes_context=True` it takes a `Ctx`, whose `db` it may write.
    """

    def __init__(self, plugin_id: str, *, tag: str, description: str = "", takes_context: bool = False) -> None:
        super().__init__(
            f"ext_{plugin_id}",
            f"/api/v1/ext/{plugin_id}",
            tag=tag,
            description=description,
            gate=lambda sign_in: require_on(sign_in, plugin_id),
        )
        self.plugin_id = plugin_id
        self.takes_context = takes_context
        self.permissions: set[str] = set()

    def declaration(self) -> contract.ApiBlueprint:
        """Return what `register_api` hands to core."""
        return contract.ApiBlueprint(self.blueprint, frozenset(self.permissions))

    def _operation(
        self, method: str, rule: str, operation: Operation
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        register = super()._operation(method, rule, operation)
        self.permissions.add(operation.permission)

        def register_isolated(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def isolated(actor: Actor, **known: Any) -> Any:
                return call_view(Ctx(actor), self.plugin_id, self._taking_context(view), known)

            register(isolated)
            return view

        return register_isolated

    def _taking_context(self, view: Callable[..., Any]) -> Callable[..., Any]:
        if self.takes_context:
            return view

        @functools.wraps(view)
        def with_actor(ctx: Ctx, **known: Any) -> Any:
            return view(ctx.actor, **known)

        return with_actor
