"""The plugin reference as Markdown, made from hookspecs and SDK modules; docs/plugins keeps a tested copy."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from enum import StrEnum
from types import ModuleType

from sqlalchemy import Table

from polyclinic import sdk
from polyclinic.plugins import specs
from polyclinic.plugins.markers import CONTRACT_VERSION
from polyclinic.plugins.policies import HookPolicy, Policy, Shape, policies_of
from polyclinic.plugins.problems import ProblemCode
from polyclinic.plugins.slots import INLINE_SLOTS, SLOTS

POLICY_WORDS = {
    Policy.DECLARE: (
        "runs once at load, outside of any request and without a database. A raise or a wrong value quarantines the "
        "plugin; core starts. Loading that takes more than 1,000 ms of the processor is reported."
    ),
    Policy.ASK_READ: (
        "runs in the request. `ctx.db` is a read-only savepoint that is always rolled back, with a statement timeout "
        "of 250 ms. A raise or a wrong value drops the contribution and is shown to administrators; after five "
        "failures in a row the hook rests for a minute."
    ),
    Policy.ASK_VALIDATE: (
        "runs in the request before something is accepted. `ctx.db` is a read-only savepoint that is always rolled "
        "back, with a statement timeout of 500 ms. A raise or a wrong value becomes the finding `check_could_not_run`, "
        "which must be acknowledged: it neither passes in silence nor blocks care."
    ),
    Policy.JOIN: (
        "runs in core's transaction before it commits, for installed plugins even where they are switched off. "
        "`ctx.db` is a savepoint in which the plugin's own schema may be written, with a statement timeout of 1 s. A "
        "raise or a wrong value refuses core's action; the error names the plugin."
    ),
}
PROBLEM_WORDS = {
    ProblemCode.INCOMPATIBLE: "The plugin's range does not contain this contract version.",
    ProblemCode.IMPORT_FAILED: "Importing the plugin raised.",
    ProblemCode.UNKNOWN_HOOK: "It implements a hook that does not exist, or forgot the mark `@hookimpl`.",
    ProblemCode.SIGNATURE_MISMATCH: "A hook takes an argument that the hook does not have, or is a wrapper.",
    ProblemCode.FOREIGN_PREFIX: "A key or address does not start with the plugin's id.",
    ProblemCode.UNDECLARED_CAPABILITY: "It uses a capability that its manifest does not name.",
    ProblemCode.DEPENDENCY_MISSING: "A plugin that it needs is not loaded, or not in range.",
    ProblemCode.DUPLICATE_KEY: "A key is declared twice, or two distributions claim one plugin id.",
    ProblemCode.MANIFEST: "The manifest is missing or wrong.",
    ProblemCode.DECLARATION: "A declaration breaks the contract, or the hook that declares it raised.",
    ProblemCode.MIGRATION: "Its tables could not be upgraded; they are as they were before.",
    ProblemCode.PERSONAL_DATA: "It keeps personal data but lacks `client_export` or `client_erasing`.",
    ProblemCode.ADVICE: "It was loaded, but the operator should know something.",
}


VALUE_WORDS = {
    "CONTRACT_VERSION": f"The version of the plugin contract, `{CONTRACT_VERSION}`.",
    "Choices": "What a choice offers: a mapping or pairs of stored value and label, or a `StrEnum`.",
    "EDITABLE": "Grants for `organisation_table`: rows are read, added and changed; the default.",
    "INSERT_ONLY": "Grants for `organisation_table`: rows are read and added; see `immutable_rows`.",
    "REMOVABLE": "Grants for `organisation_table`: rows are read, added, changed and removed.",
    "SectionData": "Content of one section: text, whole numbers, true, false, null, lists and objects; no floats.",
    "hookimpl": "The mark of a hook implementation; `tryfirst=True` and `trylast=True` move it in the order.",
}


def hook_reference() -> str:
    """Return the reference of all hooks, policies, slots and problem codes."""
    return "\n".join([*_introduction(), *_hooks(), *_slots(), *_codes()])


def sdk_reference() -> str:
    """Return the reference of all names that the SDK offers."""
    lines = [
        "# SDK reference",
        "",
        "What is not listed here is not API. This page is generated: `polyclinic plugin docs sdk`.",
        "",
    ]
    for module in sdk_modules():
        lines += [f"## `{module.__name__}`", "", _first_line(module), "", "| name | what it is |", "|---|---|"]
        lines += [f"| `{name}` | {_about(module, name)} |" for name in module.__all__]
        lines.append("")
    return "\n".join(lines)


def sdk_modules() -> list[ModuleType]:
    """Return the SDK's modules by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(sdk.__path__))
    return [importlib.import_module(f"{sdk.__name__}.{name}") for name in names]


def _introduction() -> Iterator[str]:
    yield "# Hook reference"
    yield ""
    yield f"Contract version {CONTRACT_VERSION}. This page is generated: `polyclinic plugin docs hooks`."
    yield "An implementation carries the mark `@hookimpl` from `polyclinic.sdk.hooks` and may leave out arguments."
    yield "Plugins are asked `tryfirst` first, `trylast` last, otherwise in the order of their ids."
    yield ""
    yield "## Policies"
    yield ""
    for policy, words in POLICY_WORDS.items():
        yield f"- **{policy}** {words}"
    yield ""


def _hooks() -> Iterator[str]:
    yield "## Hooks"
    yield ""
    for name, policy in policies_of(specs).items():
        function = getattr(specs, name)
        yield f"### `{name}({', '.join(inspect.signature(function).parameters)})`"
        yield ""
        yield f"Policy {policy.policy}. Returns {_result(policy)}. {_needs(policy)}"
        yield ""
        yield inspect.getdoc(function) or ""
        yield ""


def _result(policy: HookPolicy) -> str:
    if policy.shape is Shape.ONE:
        return f"`{policy.item.__name__}` or nothing"
    items = f"`list[{policy.item.__name__}]`"
    return items if policy.shape is Shape.LIST else f"a mapping of id to {items}"


def _needs(policy: HookPolicy) -> str:
    return f"Needs the capability `{policy.capability}`." if policy.capability else "Needs no capability."


def _slots() -> Iterator[str]:
    yield "## Slots for panels"
    yield ""
    yield ", ".join(f"`{slot}`" for slot in sorted(SLOTS))
    yield ""
    yield f"Within a line, without a card: {', '.join(f'`{slot}`' for slot in sorted(INLINE_SLOTS))}"
    yield ""


def _codes() -> Iterator[str]:
    yield "## Problem codes"
    yield ""
    yield "| code | meaning |"
    yield "|---|---|"
    for code in ProblemCode:
        yield f"| {code} | {PROBLEM_WORDS[code]} |"
    yield ""


def _about(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    if name in VALUE_WORDS:
        return VALUE_WORDS[name]
    if isinstance(value, Table):
        return f"`{value.fullname}` {value.info['meaning']}"
    if inspect.isclass(value):
        return f"{_first_line(value)}{_members(value)}".replace("|", "\\|")
    return f"`{name}{_arguments(value)}` {_first_line(value)}".replace("|", "\\|")


def _members(value: type) -> str:
    if issubclass(value, StrEnum):
        return f" Values: {', '.join(f'`{member.value}`' for member in value)}."
    if dataclasses.is_dataclass(value):
        return f" Fields: {', '.join(f'`{field.name}`' for field in dataclasses.fields(value) if field.repr)}."
    return ""


def _arguments(function: Callable[..., object]) -> str:
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(inspect.Signature(bare))


def _first_line(value: object) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]
