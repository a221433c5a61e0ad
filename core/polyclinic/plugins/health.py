"""How a plugin says that something needs an administrator's attention."""

from __future__ import annotations

from dataclasses import dataclass

from polyclinic.plugins.contract import Tone


@dataclass(frozen=True)
class HealthReport:
    """One remark on a plugin's state, shown on its administration page; `remedy` says what to do."""

    code: str
    message: str
    remedy: str = ""
    tone: Tone = Tone.INFO
