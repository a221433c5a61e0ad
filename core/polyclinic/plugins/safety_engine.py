"""The safety engine: rules and the client's flags in, one verdict out; one more answer never loosens it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from polyclinic.plugins.contract import (
    ClientFlagFact,
    SafetyOutcome,
    SafetyReason,
    SafetyRule,
    SafetyScope,
    SafetySeverity,
    SafetyVerdict,
)

_STOPPING = frozenset({SafetySeverity.EMERGENCY, SafetySeverity.ABSOLUTE})
_SEVERITY_ORDER = tuple(SafetySeverity)


@dataclass(frozen=True)
class _Match:
    rule: SafetyRule
    recorded: frozenset[str]
    """Regions recorded with the flag."""

    @property
    def excluded(self) -> frozenset[str]:
        sites = self.recorded if self.rule.exclude_recorded_site else frozenset()
        return frozenset(self.rule.exclude_regions) | sites

    def cap_at(self, region: str | None) -> int | None:
        """The rule's cap there; an unknown region or an unrecorded site gets the cap as well."""
        is_elsewhere = (
            self.rule.scope is SafetyScope.LOCAL
            and bool(self.recorded)
            and region is not None
            and region not in self.recorded
        )
        return None if is_elsewhere else self.rule.pressure_cap


def judge(
    rules: Iterable[SafetyRule],
    flags: Sequence[ClientFlagFact],
    region: str | None,
    technique: str | None,
    level: int | None,
) -> SafetyVerdict:
    """Say whether `technique` at pressure `level` (0-5) may be applied at base `region`; None = not known yet.

    Blocks on an emergency, absolute or hard-stop rule, an excluded region or technique, and a level above the cap;
    warns when any other rule matches. The cap is the minimum and the exclusions are the union of all matched rules.
    Example: `judge(rules, flags, "calf", "ischaemic_compression", 4).outcome is SafetyOutcome.BLOCK`.
    """
    matches = _match(rules, flags)
    reasons = [_reason(match, region, technique, level) for match in matches]
    caps = [cap for match in matches if (cap := match.cap_at(region)) is not None]
    return SafetyVerdict(
        outcome=_strongest(reason.outcome for reason in reasons),
        cap=min(caps, default=None),
        reasons=tuple(sorted(reasons, key=lambda reason: (_SEVERITY_ORDER.index(reason.severity), reason.code))),
        excluded_regions=frozenset[str]().union(*(match.excluded for match in matches)),
        excluded_techniques=frozenset(name for match in matches for name in match.rule.exclude_techniques),
        clearance_required=any(match.rule.clearance_required for match in matches),
    )


def one_per_code(rules: Iterable[SafetyRule]) -> tuple[SafetyRule, ...]:
    """Return one rule per code, at least as strict as each of those it stands for; words are the strongest rule's."""
    found: dict[str, SafetyRule] = {}
    for rule in rules:
        found[rule.code] = _combine(found[rule.code], rule) if rule.code in found else rule
    return tuple(found.values())


def _combine(first: SafetyRule, second: SafetyRule) -> SafetyRule:
    if first == second:
        return first
    stronger, weaker = sorted((first, second), key=lambda rule: _SEVERITY_ORDER.index(rule.severity))
    caps = [rule for rule in (first, second) if rule.pressure_cap is not None]
    is_local = bool(caps) and all(rule.scope is SafetyScope.LOCAL for rule in caps)
    return replace(
        stronger,
        hard_stop=first.hard_stop or second.hard_stop,
        pressure_cap=min((rule.pressure_cap for rule in caps if rule.pressure_cap is not None), default=None),
        exclude_regions=_union(stronger.exclude_regions, weaker.exclude_regions),
        exclude_recorded_site=first.exclude_recorded_site or second.exclude_recorded_site,
        exclude_techniques=_union(stronger.exclude_techniques, weaker.exclude_techniques),
        clearance_required=first.clearance_required or second.clearance_required,
        recheck_days=min(
            (days for days in (first.recheck_days, second.recheck_days) if days is not None), default=None
        ),
        sources=_union(stronger.sources, weaker.sources),
        scope=SafetyScope.LOCAL if is_local else SafetyScope.SYSTEMIC,
    )


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _match(rules: Iterable[SafetyRule], flags: Sequence[ClientFlagFact]) -> list[_Match]:
    by_code: dict[str, list[ClientFlagFact]] = {}
    for flag in flags:
        by_code.setdefault(flag.code, []).append(flag)
    return [
        _Match(rule, frozenset(flag.region_ids)) for rule in rules for flag in dict.fromkeys(by_code.get(rule.code, ()))
    ]


def _reason(match: _Match, region: str | None, technique: str | None, level: int | None) -> SafetyReason:
    rule = match.rule
    cap = match.cap_at(region)
    blocks = (
        rule.hard_stop
        or rule.severity in _STOPPING
        or (region is not None and region in match.excluded)
        or (technique is not None and technique in rule.exclude_techniques)
        or (level is not None and cap is not None and level > cap)
    )
    outcome = SafetyOutcome.BLOCK if blocks else SafetyOutcome.WARN
    return SafetyReason(rule.code, rule.title, rule.severity, outcome, rule.action)


def _strongest(outcomes: Iterable[SafetyOutcome]) -> SafetyOutcome:
    order = tuple(SafetyOutcome)
    return max(outcomes, key=order.index, default=SafetyOutcome.ALLOW)
