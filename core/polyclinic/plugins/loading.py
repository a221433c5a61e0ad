"""Loading plugins: each one becomes active as a whole or is quarantined with a problem; core starts in any case."""

from __future__ import annotations

import importlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any

import pluggy

from polyclinic.plugins import specs
from polyclinic.plugins.declaring import check_capabilities, check_personal_data, collect, validate
from polyclinic.plugins.discovery import FoundPlugin, discover, installed_entry_points, package_dir, read_manifest
from polyclinic.plugins.hook_checks import argument_names, check_hooks, marked_functions
from polyclinic.plugins.isolation import attempt, describe_error
from polyclinic.plugins.manifest import Capability, Manifest, check_contract, is_newer_than_tested
from polyclinic.plugins.markers import PROJECT
from polyclinic.plugins.ordering import check_dependencies, dependency_order
from polyclinic.plugins.policies import HookPolicy, Policy, policies_of
from polyclinic.plugins.problems import PluginLoadError, PluginRefusedError, Problem, ProblemCode
from polyclinic.plugins.registry import Declarations, Implementation, LoadedPlugin, PluginRegistry, PluginState

SLOW_SECONDS = 1.0
"""Of the processor: a plugin with twenty tables and forty operations takes half of it."""
_STATUS = "polyclinic plugin status"


def load_plugins(
    entry_points: Iterable[EntryPoint] | None = None,
    *,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    strict: bool = False,
) -> PluginRegistry:
    """Return the registry of the given (default: all installed) plugins.

    `only` and `without` limit by plugin id which are loaded; the others stay `discovered`. With `strict` any problem
    raises `PluginLoadError`; without it a broken plugin is quarantined and nothing is raised.
    """
    found = discover(installed_entry_points() if entry_points is None else entry_points)
    loader = _Loader()
    wanted = [plugin for plugin in found if (only is None or plugin.id in only) and plugin.id not in without]
    for plugin in found:
        if plugin not in wanted:
            loader.keep(plugin, PluginState.DISCOVERED)
    for plugin in loader.in_dependency_order(loader.without_duplicates(wanted)):
        loader.load(plugin)
    registry = loader.registry()
    fatal = tuple(problem for problem in registry.problems if problem.is_fatal)
    if strict and fatal:
        raise PluginLoadError(fatal)
    return registry


@dataclass
class _Loader:
    policies: Mapping[str, HookPolicy] = field(default_factory=lambda: policies_of(specs))
    loaded: dict[str, LoadedPlugin] = field(default_factory=dict)
    others: list[LoadedPlugin] = field(default_factory=list)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(PROJECT))

    def __post_init__(self) -> None:
        self.manager.add_hookspecs(specs)

    def keep(self, found: FoundPlugin, state: PluginState, *problems: Problem) -> None:
        """Remember a plugin that is not loaded."""
        manifest = self.manifests.get(found.id)
        self.others.append(
            LoadedPlugin(found.id, found.version, state, found.distribution, manifest, problems=problems)
        )

    def without_duplicates(self, found: Iterable[FoundPlugin]) -> list[FoundPlugin]:
        """Quarantine plugins that share an id: neither can be trusted to own the data of that name."""
        plugins = list(found)
        counts = Counter(plugin.id for plugin in plugins)
        for plugin in plugins:
            if counts[plugin.id] > 1:
                names = " and ".join(sorted(other.distribution for other in plugins if other.id == plugin.id))
                what = f"two distributions claim this plugin id: {names}."
                self.quarantine(
                    plugin, PluginRefusedError(ProblemCode.DUPLICATE_KEY, what, next_step="uninstall one of them.")
                )
        return [plugin for plugin in plugins if counts[plugin.id] == 1]

    def in_dependency_order(self, found: Iterable[FoundPlugin]) -> list[FoundPlugin]:
        """Read the manifests and return the plugins whose manifest is sound, what they need first."""
        by_id: dict[str, FoundPlugin] = {}
        for plugin in found:
            outcome = attempt(lambda plugin=plugin: self._accept_manifest(plugin))  # type: ignore[misc]
            if outcome.error is None:
                by_id[plugin.id] = plugin
            else:
                self.quarantine(plugin, outcome.error)
        order, circular = dependency_order({plugin_id: self.manifests[plugin_id] for plugin_id in by_id})
        for plugin_id in sorted(circular):
            what = f"it and other plugins need each other in a circle: {', '.join(sorted(circular))}."
            self.quarantine(by_id[plugin_id], PluginRefusedError(ProblemCode.DEPENDENCY_MISSING, what))
        return [by_id[plugin_id] for plugin_id in order]

    def _accept_manifest(self, found: FoundPlugin) -> None:
        manifest = read_manifest(found)
        self.manifests[found.id] = manifest
        check_contract(manifest)

    def load(self, found: FoundPlugin) -> None:
        """Import, check, register and activate one plugin, or quarantine it."""
        started = time.process_time()  # a machine that is busy with other things makes no plugin slow
        outcome = attempt(lambda: self._activate(found))
        if outcome.error is not None or outcome.value is None:
            self._forget(found.id)
            self.quarantine(found, outcome.error or RuntimeError())
            return
        advice = tuple(self._advice(found, time.process_time() - started))
        self.loaded[found.id] = replace(outcome.value, problems=advice)

    def _activate(self, found: FoundPlugin) -> LoadedPlugin:
        manifest = self.manifests[found.id]
        check_dependencies(manifest, {plugin.id: plugin.version for plugin in self.loaded.values()})
        plugin = _import(found)
        check_hooks(plugin, {name: getattr(specs, name) for name in self.policies})
        self.manager.register(plugin, name=found.id)
        hooks = {name: function for name, function, _ in marked_functions(plugin)}
        check_capabilities(manifest, hooks, self.policies)
        check_personal_data(manifest, hooks)
        folder = package_dir(found)
        if (folder / "migrations").is_dir() and Capability.TABLES not in manifest.capabilities:
            what = 'it has a migrations folder without the capability "tables" in its manifest.'
            raise PluginRefusedError(ProblemCode.UNDECLARED_CAPABILITY, what)
        declared = _collect(hooks, self.policies)
        validate(found.id, declared, [other.declarations for other in self.loaded.values()])
        return LoadedPlugin(
            found.id, found.version, PluginState.AVAILABLE, found.distribution, manifest, folder, declarations=declared
        )

    def quarantine(self, found: FoundPlugin, error: BaseException) -> None:
        """Remember a plugin with what went wrong."""
        problem = _problem(found, error)
        is_incompatible = problem.code is ProblemCode.INCOMPATIBLE
        self.keep(found, PluginState.INCOMPATIBLE if is_incompatible else PluginState.BROKEN, problem)

    def _forget(self, plugin_id: str) -> None:
        if self.manager.has_plugin(plugin_id):
            self.manager.unregister(name=plugin_id)

    def _advice(self, found: FoundPlugin, seconds: float) -> Iterable[Problem]:
        if seconds > SLOW_SECONDS:
            yield _advice(found, _slow(seconds))
        if is_newer_than_tested(self.manifests[found.id]):
            yield _advice(found, f"its author tested it up to contract {self.manifests[found.id].tested_up_to}.")

    def registry(self) -> PluginRegistry:
        """Return the frozen view of everything found."""
        plugins = sorted((*self.loaded.values(), *self.others), key=lambda plugin: (plugin.id, plugin.distribution))
        asked = [name for name, policy in self.policies.items() if policy.policy is not Policy.DECLARE]
        implementations = {name: tuple(_implementations(self.manager, name)) for name in asked}
        return PluginRegistry(tuple(plugins), MappingProxyType(dict(self.policies)), MappingProxyType(implementations))


def _import(found: FoundPlugin) -> Any:
    outcome = attempt(lambda: importlib.import_module(found.entry_point.module))
    if outcome.error is not None:
        what = f"importing {found.entry_point.module} failed: {_reason(outcome.error)}."
        raise PluginRefusedError(ProblemCode.IMPORT_FAILED, what) from outcome.error
    return found.entry_point.load() if found.entry_point.attr else outcome.value


def _collect(hooks: Mapping[str, Callable[..., Any]], policies: Mapping[str, HookPolicy]) -> Declarations:
    outcome = attempt(lambda: collect(hooks, policies))
    if isinstance(outcome.error, PluginRefusedError):
        raise outcome.error
    if outcome.error is not None or outcome.value is None:
        reason = _reason(outcome.error) if outcome.error else "nothing"
        raise PluginRefusedError(ProblemCode.DECLARATION, f"a declaring hook raised: {reason}.") from outcome.error
    return outcome.value


def _reason(error: BaseException) -> str:
    """At load no health data are near, so the text may be shown."""
    return f"{describe_error(error)}: {error}"


def _problem(found: FoundPlugin, error: BaseException) -> Problem:
    if isinstance(error, PluginRefusedError):
        next_step = error.next_step or f"correct or reinstall the plugin, then run `{_STATUS}`."
        return Problem(error.code, found.id, found.version, error.what, next_step=next_step)
    return Problem(
        ProblemCode.IMPORT_FAILED, found.id, found.version, f"{_reason(error)}.", next_step=f"run `{_STATUS}`."
    )


def _advice(found: FoundPlugin, what: str) -> Problem:
    return Problem(ProblemCode.ADVICE, found.id, found.version, what, not_done="It was loaded all the same.")


def _implementations(manager: pluggy.PluginManager, hook: str) -> Iterable[Implementation]:
    """Order: tryfirst, plain, trylast, then plugin id; never the order of installation."""
    found = getattr(manager.hook, hook).get_hookimpls()
    for item in sorted(found, key=lambda impl: (not impl.tryfirst, impl.trylast, impl.plugin_name)):
        names = argument_names(item.function)
        wanted = tuple(name for name in names if name != "ctx")
        yield Implementation(item.plugin_name, hook, item.function, wanted, "ctx" in names)


def _slow(seconds: float) -> str:
    return f"loading it took {seconds * 1000:,.0f} ms of the processor, more than {SLOW_SECONDS * 1000:,.0f} ms."
