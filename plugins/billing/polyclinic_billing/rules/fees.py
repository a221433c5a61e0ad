"""What missing an appointment costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from polyclinic_billing.rules.rounding import half_up
from polyclinic_billing.vocabulary import FeePolicy

NO_SHOW = "Missed appointment"
LATE = "Late cancellation"


@dataclass(frozen=True)
class FeeRule:
    """The organisation's policy: a part of the price; a cancellation costs it within so many hours of the start."""

    policy: FeePolicy
    percent: int
    notice_hours: int


def fee_minor(rule: FeeRule, price_minor: int) -> int:
    """Return the fee, rounded half up; nothing where the policy is off."""
    if rule.policy is FeePolicy.OFF:
        return 0
    return half_up(Decimal(price_minor) * rule.percent / 100)


def is_late(rule: FeeRule, *, cancelled_at: datetime, starts_at: datetime) -> bool:
    """Tell whether a cancellation came too late to be free."""
    return rule.notice_hours > 0 and cancelled_at > starts_at - timedelta(hours=rule.notice_hours)
