"""Collecting and validating what one plugin declares: own prefix, declared capabilities, no duplicate keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from polyclinic.plugins.contract import Measure, Panel, Permission
from polyclinic.plugins.declared_routes import check_routes, check_wanted_permissions
from polyclinic.plugins.declared_schemas import check_schemas
from polyclinic.plugins.declared_work import check_work
from polyclinic.plugins.manifest import Manifest
from polyclinic.plugins.policies import HookPolicy, Policy
from polyclinic.plugins.problems import PluginRefusedError, ProblemCode, wrong
from polyclinic.plugins.registry import Declarations
from polyclinic.plugins.slots import SLOTS
from polyclinic.plugins.suggestions import did_you_mean

FIELD_OF_HOOK: Mapping[str, str] = {
    "register_sections": "sections",
    "register_measures": "measures",
    "register_safety_rules": "safety_rules",
    "register_permissions": "permissions",
    "register_navigation": "navigation",
    "register_panels": "panels",
    "register_api": "api",
    "register_body_charts": "chart_layers",
    "register_demo_data": "demo",
    "register_commands": "commands",
    "register_blueprints": "pages",
    "register_documents": "documents",
    "register_settings": "settings",
    "register_entity_fields": "entity_fields",
    "register_event_types": "event_types",
    "register_event_handlers": "event_handlers",
    "register_jobs": "jobs",
    "register_reports": "reports",
    "register_daily_figures": "daily_figures",
    "register_demo_steps": "demo_steps",
}

_NAME = r"[a-z][a-z0-9_]{0,40}"
_PERMISSION = re.compile(rf"({_NAME})\.([a-z][a-z0-9-]*):([a-z][a-z0-9-]*)")


def check_capabilities(manifest: Manifest, hooks: Iterable[str], policies: Mapping[str, HookPolicy]) -> None:
    """Raise `PluginRefusedError` (PC006) when a hook needs a capability that the manifest does not name."""
    for name in hooks:
        capability = policies[name].capability
        if capability is not None and capability not in manifest.capabilities:
            raise PluginRefusedError(
                ProblemCode.UNDECLARED_CAPABILITY,
                f'it implements "{name}" without the capability "{capability}" in its manifest.',
                next_step=f'add "{capability}" to capabilities in polyclinic-plugin.toml.',
            )


def check_personal_data(manifest: Manifest, hooks: Iterable[str]) -> None:
    """Raise `PluginRefusedError` (PC013) when a plugin with personal data cannot hand them out or erase them."""
    missing = [name for name in ("client_export", "client_erasing") if name not in hooks]
    if manifest.personal_data and missing:
        raise PluginRefusedError(
            ProblemCode.PERSONAL_DATA,
            f'its manifest says it keeps personal data, but it does not implement "{missing[0]}".',
            next_step=f'implement "{missing[0]}", or set personal_data = false if it keeps nothing about clients.',
        )


def collect(hooks: Mapping[str, Callable[[], Any]], policies: Mapping[str, HookPolicy]) -> Declarations:
    """Call the declaring hooks of one plugin and return what they declared; raises `PluginRefusedError`."""
    declared: dict[str, tuple[Any, ...]] = {}
    for name, function in hooks.items():
        policy = policies[name]
        if policy.policy is not Policy.DECLARE:
            continue
        result = function()
        if not policy.accepts(result):
            raise wrong(f'"{name}" must return a list of {policy.item.__name__}, not {_shape(result)}.')
        declared[FIELD_OF_HOOK[name]] = tuple(result or ())
    return Declarations(**declared)


def validate(plugin_id: str, declared: Declarations, earlier: Iterable[Declarations]) -> None:
    """Raise `PluginRefusedError` for the first declaration that breaks the contract; `earlier` was loaded before."""
    _check_prefixes(plugin_id, declared)
    _refuse_duplicates(declared)
    check_schemas(declared)
    for permission in declared.permissions:
        _check_permission(plugin_id, permission)
    _check_panels(declared.panels)
    check_wanted_permissions(declared)
    check_routes(plugin_id, declared)
    check_work(declared)
    _check_demo(declared)
    _check_measures(declared.measures, earlier)


def _shape(result: object) -> str:
    if isinstance(result, list | tuple):
        return f"a list with {', '.join(sorted({type(item).__name__ for item in result}))}"
    return type(result).__name__


def _check_prefixes(plugin_id: str, declared: Declarations) -> None:
    keys = [
        *(("section", section.key) for section in declared.sections),
        *(("panel", panel.key) for panel in declared.panels),
        *(("chart layer", layer.key) for layer in declared.chart_layers),
        *(("demo section", demo.section_key) for demo in declared.demo),
        *(("document", document.key) for document in declared.documents),
        *(("entity fields", fields.key) for fields in declared.entity_fields),
        *(("event type", event_type.key) for event_type in declared.event_types),
        *(("event handler", handler.key) for handler in declared.event_handlers),
        *(("job", job.key) for job in declared.jobs),
        *(("report", report.key) for report in declared.reports),
        *(("daily figure", figure.key) for figure in declared.daily_figures),
    ]
    for kind, key in keys:
        if not key.startswith(f"{plugin_id}."):
            raise wrong(f'the {kind} "{key}" must start with "{plugin_id}.".', ProblemCode.FOREIGN_PREFIX)
        if not re.fullmatch(_NAME, key.partition(".")[2]):
            raise wrong(f'the {kind} key "{key}" must be {plugin_id}.<name> of a-z, 0-9 and _.')


def _refuse_duplicates(declared: Declarations) -> None:
    groups: Mapping[str, list[str]] = {
        "section": [section.key for section in declared.sections],
        "measure": [measure.code for measure in declared.measures],
        "safety rule": [rule.code for rule in declared.safety_rules],
        "permission": [permission.key for permission in declared.permissions],
        "panel": [panel.key for panel in declared.panels],
        "chart layer": [layer.key for layer in declared.chart_layers],
        "demo section": [demo.section_key for demo in declared.demo],
        "navigation link": [item.path for item in declared.navigation],
        "blueprint": [str(api.blueprint.name) for api in declared.api],
        "command": [str(command.name) for command in declared.commands],
        "page set": [str(pages.blueprint.name) for pages in declared.pages],
        "document": [document.key for document in declared.documents],
        "settings scope": [settings.scope for settings in declared.settings],
        "set of entity fields for": [fields.entity for fields in declared.entity_fields],
        "event type": [event_type.key for event_type in declared.event_types],
        "event handler": [handler.key for handler in declared.event_handlers],
        "job": [job.key for job in declared.jobs],
        "report": [report.key for report in declared.reports],
        "daily figure": [figure.key for figure in declared.daily_figures],
        "demo step": [step.key for step in declared.demo_steps],
    }
    for kind, keys in groups.items():
        repeated = next((key for key in keys if keys.count(key) > 1), None)
        if repeated is not None:
            raise wrong(f'the {kind} "{repeated}" is declared twice.', ProblemCode.DUPLICATE_KEY)


def _check_permission(plugin_id: str, permission: Permission) -> None:
    if not permission.key.startswith(f"{plugin_id}."):
        what = f'the permission "{permission.key}" must start with "{plugin_id}.".'
        raise wrong(what, ProblemCode.FOREIGN_PREFIX)
    if not _PERMISSION.fullmatch(permission.key):
        raise wrong(f'the permission "{permission.key}" must be <plugin id>.<noun>:<verb>.')


def _check_panels(panels: Iterable[Panel]) -> None:
    for panel in panels:
        if panel.slot not in SLOTS:
            raise wrong(f'the panel "{panel.key}" names the slot "{panel.slot}".{did_you_mean(panel.slot, SLOTS)}')


def _check_demo(declared: Declarations) -> None:
    keys = {section.key for section in declared.sections}
    for demo in declared.demo:
        if demo.section_key not in keys:
            raise wrong(f'demo data name the section "{demo.section_key}".{did_you_mean(demo.section_key, keys)}')


def _check_measures(measures: Iterable[Measure], earlier: Iterable[Declarations]) -> None:
    known = {measure.code: measure for declared in earlier for measure in declared.measures}
    for measure in measures:
        if known.get(measure.code, measure) != measure:
            what = f'another plugin declares the measure "{measure.code}" differently.'
            raise wrong(what, ProblemCode.DUPLICATE_KEY)
