"""What plugins add to a demo chain once core's part of it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random


@dataclass(frozen=True)
class DemoChain:
    """The chain that is being made. `random` is seeded: the same chain comes out every time.

    `label` is a word that every text made for it should contain where it is not empty: tests look for it. `is_small`
    asks for a handful of rows of every kind instead of a believable amount.
    """

    today: date
    random: Random
    currency: str = "GBP"
    label: str = ""
    is_small: bool = False


@dataclass(frozen=True)
class DemoStep:
    """A plugin's part of a demo chain: `run(ctx, chain)` writes as the chain's administrator; `key` names the step.

    The plugin is enabled before; core's clients, appointments and records are there. It runs again when a demo is
    topped up, so it adds only what is missing.
    """

    key: str
    run: Callable[..., None]
