"""What billing adds to core's services and therapists."""

from __future__ import annotations

from polyclinic.sdk.forms import SectionSchema, choice, date, text
from polyclinic.sdk.settings import Entity, EntityFields
from polyclinic_billing.queries.scope import PRICES_READ, PRICES_WRITE
from polyclinic_billing.vocabulary import Basis, TaxCategory


class ServiceFields(SectionSchema):
    """How a service is charged and taxed."""

    tax_category = choice("For the tax office", TaxCategory)
    basis = choice("Price is", {Basis.VISIT.value: "For the visit", Basis.MINUTE.value: "For each minute"})
    procedure_code = text("Procedure code", maximum=20, help="From the code list that you have a licence for.")


class TherapistFields(SectionSchema):
    """Whether a therapist is registered for the tax, and how insurers know them."""

    tax_number = text("Tax number", maximum=40)
    tax_registered_on = date("Registered for the tax since")
    insurer_number = text("Number with insurers", maximum=40)


FIELDS = [
    EntityFields(Entity.SERVICE, "billing.service", 1, "Charging", ServiceFields, read=PRICES_READ, write=PRICES_WRITE),
    EntityFields(
        Entity.THERAPIST, "billing.therapist", 1, "Tax", TherapistFields, read=PRICES_READ, write=PRICES_WRITE
    ),
]
