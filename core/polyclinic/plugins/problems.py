"""What went wrong with a plugin, in a form that an operator can act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polyclinic.plugins.markers import CONTRACT_VERSION


class ProblemCode(StrEnum):
    """Stable codes, shown by `polyclinic plugin status`, the admin page and `/healthz`."""

    INCOMPATIBLE = "PC001"
    IMPORT_FAILED = "PC002"
    UNKNOWN_HOOK = "PC003"
    SIGNATURE_MISMATCH = "PC004"
    FOREIGN_PREFIX = "PC005"
    UNDECLARED_CAPABILITY = "PC006"
    DEPENDENCY_MISSING = "PC007"
    DUPLICATE_KEY = "PC008"
    MANIFEST = "PC009"
    DECLARATION = "PC010"
    MIGRATION = "PC012"
    """Its tables could not be upgraded; they are as they were before."""
    PERSONAL_DATA = "PC013"
    """It keeps personal data without saying how a client's are exported and erased."""
    ADVICE = "PC011"
    """Nothing was left out, but the operator should know (a slow hook, a newer contract than was tested)."""


@dataclass(frozen=True)
class Problem:
    """One problem of one plugin: what happened, what was therefore not done, and the next command."""

    code: ProblemCode
    plugin_id: str
    plugin_version: str
    what: str
    not_done: str = "The plugin was not loaded; everything else runs."
    next_step: str = ""

    @property
    def is_fatal(self) -> bool:
        """Whether the plugin is quarantined because of it."""
        return self.code is not ProblemCode.ADVICE

    def __str__(self) -> str:
        version = f" {self.plugin_version}" if self.plugin_version else ""
        parts = [
            f"{self.code} {self.plugin_id}{version} (contract {CONTRACT_VERSION}): {self.what}",
            self.not_done,
            f"Next: {self.next_step}" if self.next_step else "",
        ]
        return " ".join(part for part in parts if part)


class PluginRefusedError(Exception):
    """Stops the loading of one plugin; the loader turns it into a `Problem`."""

    def __init__(self, code: ProblemCode, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.next_step = next_step


class PluginLoadError(Exception):
    """Strict loading met a problem; the text lists all of them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def wrong(what: str, code: ProblemCode = ProblemCode.DECLARATION) -> PluginRefusedError:
    """Return the refusal of a declaration that breaks the contract."""
    return PluginRefusedError(
        code, what, next_step="correct the plugin and reinstall it; docs/plugins/hooks.md has the rules."
    )
