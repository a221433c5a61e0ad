"""Checks of a plugin's hook functions before they are registered: known names, known arguments, no wrappers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from polyclinic.plugins.markers import PROJECT
from polyclinic.plugins.problems import PluginRefusedError, ProblemCode
from polyclinic.plugins.suggestions import did_you_mean

Options = Mapping[str, Any]


def marked_functions(plugin: object) -> Iterator[tuple[str, Callable[..., Any], Options]]:
    """Yield hook name, function and options of everything in `plugin` that is marked with `@hookimpl`."""
    for name in dir(plugin):
        function = inspect.getattr_static(plugin, name, None)
        options = getattr(function, f"{PROJECT}_impl", None)
        if isinstance(options, dict):
            yield options.get("specname") or name, getattr(plugin, name), options


def check_hooks(plugin: object, specs: Mapping[str, Callable[..., Any]]) -> None:
    """Raise `PluginRefusedError` for the first unknown (PC003) or mismatched (PC004) hook of `plugin`."""
    implemented = set()
    for name, function, options in marked_functions(plugin):
        if name not in specs:
            raise PluginRefusedError(
                ProblemCode.UNKNOWN_HOOK,
                f'it implements the hook "{name}", which does not exist.{did_you_mean(name, specs)}',
                next_step="correct the name; docs/plugins/hooks.md lists all hooks.",
            )
        _check_signature(name, function, options, argument_names(specs[name]))
        implemented.add(name)
    _refuse_unmarked(plugin, implemented, specs)


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's arguments."""
    return tuple(inspect.signature(function).parameters)


def _check_signature(name: str, function: Callable[..., Any], options: Options, offered: tuple[str, ...]) -> None:
    if options.get("wrapper") or options.get("hookwrapper"):
        raise _mismatch(f'"{name}" is a hook wrapper; wrappers are not part of the contract.', name, offered)
    parameters = inspect.signature(function).parameters
    unknown = [argument for argument in parameters if argument not in offered]
    if unknown:
        suggestion = did_you_mean(unknown[0], offered)
        raise _mismatch(
            f'"{name}" takes the argument "{unknown[0]}", which the hook does not have.{suggestion}', name, offered
        )


def _mismatch(what: str, name: str, offered: tuple[str, ...]) -> PluginRefusedError:
    signature = f"{name}({', '.join(offered)})"
    return PluginRefusedError(
        ProblemCode.SIGNATURE_MISMATCH, what, next_step=f"use {signature}; arguments may be left out."
    )


def _refuse_unmarked(plugin: object, implemented: set[str], specs: Mapping[str, Callable[..., Any]]) -> None:
    for name in specs:
        if name not in implemented and inspect.isfunction(inspect.getattr_static(plugin, name, None)):
            raise PluginRefusedError(
                ProblemCode.UNKNOWN_HOOK,
                f'it defines "{name}" without the mark @hookimpl, so the hook would never run.',
                next_step="add `from polyclinic.sdk.hooks import hookimpl` and the mark.",
            )
