"""Slow down password guessing: a bucket per e-mail address and one per network address, per worker process."""

from __future__ import annotations

import time
from uuid import NAMESPACE_URL, uuid5

from flask import current_app

from polyclinic.kit.errors import TooMany
from polyclinic.web.rate_limit import Buckets

PER_MINUTE_BY_EMAIL = 10
PER_MINUTE_BY_ADDRESS = 60


def check_sign_in_rate(email: str, address: str) -> None:
    """Raise `TooMany` after too many attempts for one account or from one address."""
    by_email: Buckets = current_app.extensions["polyclinic_sign_in_by_email"]
    by_address: Buckets = current_app.extensions["polyclinic_sign_in_by_address"]
    now = time.monotonic()
    waits = (
        by_email.take(uuid5(NAMESPACE_URL, email.casefold()), now),
        by_address.take(uuid5(NAMESPACE_URL, address), now),
    )
    if max(waits):
        raise TooMany("Too many attempts. Wait a minute and try again.", retry_after=int(max(waits)) + 1)
