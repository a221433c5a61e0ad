"""Pages of a plugin: under its own address, inside core's frame, absent where the plugin is off."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask.typing import ResponseReturnValue

from polyclinic.plugins import contract
from polyclinic.plugins.context import Ctx
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.plugin_answers import answering_for
from polyclinic.web.plugin_calls import call_view, require_on_at


class PluginPages:
    """Registers views below `/ext/<plugin id>/`; they answer 404 unless the plugin is on where the reader looks.

    A view is `view(ctx, **url_arguments)` and returns `render(...)`, `redirect(...)`, `send(...)`, or a text with a
    status. `ctx.clinic_id` is the clinic chosen in the switcher, None = all of the actor's.
    """

    def __init__(self, plugin_id: str) -> None:
        self.plugin_id = plugin_id
        self.permissions: set[str] = set()
        self._pages = PageBlueprint(pages_name(plugin_id), pages_address(plugin_id), gate=self._require_on)

    def get(self, rule: str, *, permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view for GET."""
        return self._register(self._pages.get(rule, permission=permission), permission)

    def post(self, rule: str, *, permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view for POST; the form's CSRF token is checked before it runs."""
        return self._register(self._pages.post(rule, permission=permission), permission)

    def declaration(self) -> contract.PageRoutes:
        """Return what `register_blueprints` hands to core."""
        return contract.PageRoutes(self._pages.blueprint, frozenset(self.permissions))

    def _register(self, register: Callable[..., Any], permission: str) -> Callable[..., Callable[..., Any]]:
        self.permissions.add(permission)

        def register_isolated(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def isolated(sign_in: SignIn, **arguments: Any) -> ResponseReturnValue:
                ctx = Ctx(sign_in.actor, chosen_clinic(sign_in))
                with answering_for(self.plugin_id):
                    return call_view(ctx, self.plugin_id, view, arguments)  # type: ignore[no-any-return]

            register(isolated)
            return view

        return register_isolated

    def _require_on(self, sign_in: SignIn) -> None:
        require_on_at(sign_in, self.plugin_id, chosen_clinic(sign_in))


def pages_name(plugin_id: str) -> str:
    """Return the name of a plugin's set of pages; that of its REST interface starts with `ext_`."""
    return f"pages_ext_{plugin_id}"


def pages_address(plugin_id: str) -> str:
    """Return the address below which a plugin's pages lie."""
    return f"/ext/{plugin_id}"
