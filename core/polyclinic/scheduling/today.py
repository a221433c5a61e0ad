"""What higher features add to the day: cards beside it and one action per visit, registered by the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.access.actor import Actor


@dataclass(frozen=True)
class TodayItem:
    """One line of a card; `tone` is one of the tones of the pages' badges."""

    label: str
    url: str
    meta: str = ""
    tone: str = "neutral"


@dataclass(frozen=True)
class TodayCard:
    """One card beside the day; without items it shows `empty_text`."""

    title: str
    items: Sequence[TodayItem]
    empty_text: str = ""


@dataclass(frozen=True)
class VisitAction:
    """The link that a visit offers, for instance to its treatment record; `tone` colours its state."""

    label: str
    url: str
    state: str = ""
    tone: str = "neutral"


CardSource = Callable[[Actor, Sequence[UUID]], Sequence[TodayCard]]
"""`(actor, clinic_ids) -> cards`, with a fixed number of statements."""
ActionSource = Callable[[Actor, Sequence[UUID]], Mapping[UUID, VisitAction]]
"""`(actor, appointment_ids) -> action by appointment id`, with a fixed number of statements."""

_card_sources: list[CardSource] = []
_action_sources: list[ActionSource] = []


def add_card_source(source: CardSource) -> None:
    """Show the cards of `source` beside the day; adding it twice changes nothing."""
    if source not in _card_sources:
        _card_sources.append(source)


def add_action_source(source: ActionSource) -> None:
    """Offer the actions of `source` on visits; adding it twice changes nothing."""
    if source not in _action_sources:
        _action_sources.append(source)


def cards(actor: Actor, clinic_ids: Sequence[UUID]) -> list[TodayCard]:
    """Return all cards for these clinics."""
    return [card for source in _card_sources for card in source(actor, clinic_ids)]


def visit_actions(actor: Actor, appointment_ids: Sequence[UUID]) -> dict[UUID, list[VisitAction]]:
    """Return the actions of these visits, in the order of their sources."""
    found: dict[UUID, list[VisitAction]] = {}
    if appointment_ids:
        for source in _action_sources:
            for appointment_id, action in source(actor, appointment_ids).items():
                found.setdefault(appointment_id, []).append(action)
    return found
