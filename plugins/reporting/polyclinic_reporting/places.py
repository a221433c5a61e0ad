"""Days and zones as the reader sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from polyclinic.sdk.context import ClinicFact, Ctx


def today_of(ctx: Ctx, clinics: Sequence[ClinicFact]) -> date:
    """Return the local day at the chosen clinic, at the first one when all are shown."""
    return ctx.now().astimezone(ZoneInfo(zone_here(ctx, clinics))).date()


def zone_here(ctx: Ctx, clinics: Sequence[ClinicFact]) -> str:
    """Return the time zone of the chosen clinic, of the first one when all are shown."""
    zones = zones_of(clinics)
    return (zones.get(ctx.clinic_id) if ctx.clinic_id else next(iter(zones.values()), None)) or "UTC"


def zones_of(clinics: Sequence[ClinicFact]) -> Mapping[UUID, str]:
    """Return the time zone of each clinic."""
    return {clinic.id: clinic.time_zone for clinic in clinics}
