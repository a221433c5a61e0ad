"""REST operations of a plugin: under its own address, documented with core's, absent where the plugin is off."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import NotFound
from polyclinic.plugins import contract
from polyclinic.plugins.queries import is_enabled_for
from polyclinic.web.api_blueprint import ApiBlueprint, Operation


class PluginRoutes(ApiBlueprint):
    """Registers operations below `/api/v1/ext/<plugin id>/`; they answer 404 unless the plugin is on for the actor."""

    def __init__(self, plugin_id: str, *, tag: str, description: str = "") -> None:
        super().__init__(f"ext_{plugin_id}", f"/api/v1/ext/{plugin_id}", tag=tag, description=description)
        self.plugin_id = plugin_id
        self.permissions: set[str] = set()

    def declaration(self) -> contract.ApiBlueprint:
        """Return what `register_api` hands to core."""
        return contract.ApiBlueprint(self.blueprint, frozenset(self.permissions))

    def _operation(
        self, method: str, rule: str, operation: Operation
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        register = super()._operation(method, rule, operation)
        self.permissions.add(operation.permission)

        def register_gated(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def gated(actor: Actor, **known: Any) -> Any:
                if not is_enabled_for(actor, self.plugin_id):
                    raise NotFound("resource")
                return view(actor, **known)

            register(gated)
            return view

        return register_gated
