"""What an issued invoice says for ever: seller, clinic, client, therapist and visit as they were."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic_billing.rows import LegalEntityRow
from polyclinic_billing.services.taxing import Supply, registration_of, therapist_fields

ADDRESS = ("street", "postal_code", "city", "country")
SELLER = ("name", *ADDRESS, "region", "phone", "email", "tax_number", "payment_details")


def of_seller(seller: LegalEntityRow) -> dict[str, Any]:
    """Return name, address and tax number of a seller."""
    known = {name: getattr(seller, name) for name in SELLER}
    since = seller.tax_registered_on
    return known | {"tax_registered_on": since.isoformat() if since else None}


def of_clinic(ctx: Ctx, clinic_id: UUID) -> dict[str, Any]:
    """Return name and address of a clinic."""
    clinic = ctx.core.clinics.get(clinic_id)
    return {name: getattr(clinic, name) for name in ("name", *ADDRESS, "phone", "email")}


def of_client(ctx: Ctx, client_id: UUID | None) -> dict[str, Any]:
    """Return name, birth and address of a client; nothing of one who was erased."""
    client = ctx.core.clients.get_many([client_id]).get(client_id) if client_id else None
    if client is None:
        return {}
    known = {name: getattr(client, name) for name in ADDRESS}
    birth_on = client.birth_on.isoformat() if client.birth_on else None
    return {"id": str(client.id), "name": client.display_name, "birth_on": birth_on, **known}


def of_therapist(ctx: Ctx, appointment: AppointmentFact, supply: Supply) -> dict[str, Any]:
    """Return name, registration and tax number of who treated."""
    registration = registration_of(ctx, supply)
    known = therapist_fields(ctx, appointment.therapist_id)
    return {
        "id": str(appointment.therapist_id),
        "name": appointment.therapist_name,
        "authority": registration.authority if registration else "",
        "registration": registration.number if registration else "",
        "tax_number": str(known.get("tax_number") or ""),
        "insurer_number": str(known.get("insurer_number") or ""),
    }


def of_visit(appointment: AppointmentFact) -> dict[str, Any]:
    """Return when the visit was, in the clinic's wall time."""
    length = appointment.ends_at - appointment.starts_at
    return {
        "starts": appointment.local_start.strftime("%H:%M"),
        "ends": (appointment.local_start + length).strftime("%H:%M"),
        "minutes": int(length.total_seconds()) // 60,
        "service": appointment.service_name,
    }
