"""Make the services that a chain offers: massage, and one per modality that a plugin documents."""

from __future__ import annotations

from polyclinic.demo.chain import Chain
from polyclinic.plugins.runtime import runtime
from polyclinic.scheduling.commands import CreateService
from polyclinic.scheduling.services.catalogue import create_service

LENGTHS = (30, 60, 90)
_SYNONYMS = {30: ("short massage", "back and neck"), 60: ("classic massage", "relaxation"), 90: ("full body",)}


def make_offers(chain: Chain) -> None:
    """Make every service of the chain."""
    for minutes in LENGTHS:
        _offer(chain, None, minutes)
    for modality in runtime().modalities():
        for minutes in LENGTHS[1:]:
            _offer(chain, modality, minutes)


def modality_of(place: int) -> str | None:
    """Return the modality of a specialised visit; several modalities take turns, None without any."""
    known = runtime().modalities()
    return known[place % len(known)] if known else None


def _offer(chain: Chain, modality: str | None, minutes: int) -> None:
    title = f"{modality.replace('_', ' ').capitalize()} treatment" if modality else "Massage"
    create_service(
        chain.system,
        CreateService(
            f"{title}, {minutes} minutes",
            minutes,
            modality,
            synonyms=() if modality else _SYNONYMS[minutes],
            buffer_after_minutes=15,
            id=chain.made("service", f"{modality or ''}/{minutes}"),
        ),
    )
