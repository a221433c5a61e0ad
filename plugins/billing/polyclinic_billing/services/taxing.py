"""The tax of a line: follows the country, what is sold, and the therapist's registration on the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx, RegistrationFact
from polyclinic.sdk.settings import Entity
from polyclinic_billing.queries.terms import Terms
from polyclinic_billing.rows import LegalEntityRow
from polyclinic_billing.rules.tax_regimes import TaxQuestion, TaxVerdict, decide_tax
from polyclinic_billing.vocabulary import TaxCategory


@dataclass(frozen=True)
class Supply:
    """Who sells what kind of thing where, on which day, treated by whom."""

    seller: LegalEntityRow
    clinic_id: UUID
    on: date
    therapist_id: UUID | None = None
    modality: str | None = None


def tax_of(ctx: Ctx, supply: Supply, category: TaxCategory, terms: Terms) -> TaxVerdict:
    """Return the rate of a line and the reason for it."""
    seller = supply.seller
    clinic = ctx.core.clinics.get(supply.clinic_id)
    country = clinic.country or seller.country
    registration = registration_of(ctx, supply)
    return decide_tax(
        TaxQuestion(
            country=country,
            region=seller.region if not clinic.country or clinic.country == seller.country else "",
            category=category,
            on=supply.on,
            authority=registration.authority if registration else "",
            seller_registered_on=seller.tax_registered_on,
            therapist_registered_on=_registered_on(therapist_fields(ctx, supply.therapist_id)),
            clinic_rate=terms.tax_rate,
        )
    )


def registration_of(ctx: Ctx, supply: Supply) -> RegistrationFact | None:
    """Return the registration under which the therapist gave the service on its day."""
    if supply.therapist_id is None or supply.modality is None:
        return None
    return ctx.core.therapists.registration(supply.therapist_id, supply.modality, supply.on)


def therapist_fields(ctx: Ctx, therapist_id: UUID | None) -> dict[str, Any]:
    """Return what billing knows of a therapist."""
    if therapist_id is None:
        return {}
    return dict(ctx.core.extensions.get_many(Entity.THERAPIST, [therapist_id]).get(therapist_id, {}))


def service_fields(ctx: Ctx, service_id: UUID) -> dict[str, Any]:
    """Return what billing knows of a service."""
    return dict(ctx.core.extensions.get_many(Entity.SERVICE, [service_id]).get(service_id, {}))


def _registered_on(known: dict[str, Any]) -> date | None:
    since = known.get("tax_registered_on")
    if not known.get("tax_number") or not since:
        return None
    return since if isinstance(since, date) else date.fromisoformat(str(since))
