"""What the plugin adds: a section, a setting, a panel and an answer to an event."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.events import Event, EventHandler
from polyclinic.sdk.forms import SectionSchema, multichoice, number, text
from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.panels import Panel, PanelContent
from polyclinic.sdk.sections import ClientFacts, Finding, SectionData, SectionType, Severity
from polyclinic.sdk.settings import SettingsSchema, SettingsScope

ADVICE = {
    "water": "Drink more than usual",
    "rest": "No sport today",
    "warmth": "Keep the area warm",
    "stretch": "Stretch twice a day",
}


class AdviceSchema(SectionSchema):
    """What the client was told."""

    given = multichoice("Advice given", ADVICE)
    next_visit = number("Next visit in", minimum=1, maximum=365, unit="days")
    remark = text("In your own words")


def summarize(data: SectionData) -> str:
    """Say it in one sentence."""
    advice = ", ".join(ADVICE[key] for key in data.get("given") or ()) or "No advice from the list"
    return f"{advice}; next visit in {data['next_visit']} days." if data.get("next_visit") else f"{advice}."


def check(data: SectionData, _facts: ClientFacts) -> list[Finding]:
    """Ask once more when nothing was advised."""
    if data.get("given") or data.get("remark"):
        return []
    return [Finding("no_advice", "No advice was given. Sign if that is right.", Severity.ACKNOWLEDGE, "/given")]


def carry_forward(data: SectionData) -> dict[str, Any]:
    """Suggest the same rhythm for the next visit."""
    return {"next_visit": data.get("next_visit")}


@hookimpl
def register_sections() -> list[SectionType]:
    """A section for every modality."""
    return [
        SectionType(
            key="aftercare.advice",
            version=1,
            title="Aftercare",
            schema=AdviceSchema,
            summarize=summarize,
            check=check,
            carry_forward=carry_forward,
        )
    ]


class MailSettings(SectionSchema):
    """What a clinic writes to its clients."""

    mail_text = text("Mail after the visit", help="Sent to every client with an e-mail address; empty sends nothing.")


@hookimpl
def register_settings() -> list[SettingsSchema]:
    """A text for the whole organisation that a clinic may replace."""
    return [SettingsSchema(SettingsScope.CLINIC, MailSettings)]


def show_mail(ctx: Ctx, subjects: Sequence[str]) -> dict[str, PanelContent]:
    """Say beside a client where the advice goes."""
    clients = ctx.core.clients.get_many([UUID(subject) for subject in subjects])
    is_sent = bool(ctx.settings.get("mail_text"))
    return {
        str(client_id): PanelContent("aftercare/mail.html", {"email": client.email, "is_sent": is_sent})
        for client_id, client in clients.items()
    }


@hookimpl
def register_panels() -> list[Panel]:
    """A card beside the client's data."""
    return [Panel("client.rail.section", "aftercare.mail", "Aftercare", "clients:read", show_mail)]


def mail_advice(ctx: Ctx, event: Event) -> None:
    """Write to the client after a completed visit, once."""
    client_id = UUID(event.payload["client_id"])
    client = ctx.core.clients.get_many([client_id]).get(client_id)
    body = ctx.settings.get("mail_text")
    if body and client is not None and client.email and ctx.once(event.id):
        ctx.mail(client.email, "After your visit", body)


@hookimpl
def register_event_handlers() -> list[EventHandler]:
    """An answer to every completed visit."""
    return [EventHandler("appointment.completed", "aftercare.mail_advice", mail_advice)]
