"""Published views of the organisation, its clinics, rooms, services and people who work there."""

from __future__ import annotations

from polyclinic.plugins.views import Described, view

ID: Described = ("id", "uuid", "Its id, unique within the organisation.")
CREATED_AT: Described = ("created_at", "timestamptz", "When it was entered.")
ARCHIVED_AT: Described = ("archived_at", "timestamptz?", "Since when it is archived; null while it is in use.")
CLINIC_ID: Described = ("clinic_id", "uuid", "The clinic.")
THERAPIST_ID: Described = ("therapist_id", "uuid", "The therapist.")

ORGANISATION = view(
    "organisation",
    "The chain: one row.",
    ("name", "text", "Its name."),
    ("slug", "text", "Its name in addresses."),
    CREATED_AT,
    by_clinic=False,
)
CLINIC = view(
    "clinic",
    "The clinics of the chain.",
    ID,
    ("name", "text", "Its name."),
    ("time_zone", "text", "Its IANA time zone, in which its days begin and end."),
    ("street", "text", "Street and number, or empty."),
    ("postal_code", "text", "Postal code, or empty."),
    ("city", "text", "City, or empty."),
    ("country", "text", "Country code, or empty."),
    ("phone", "text", "Telephone number, or empty."),
    ("email", "text", "E-mail address, or empty."),
    ARCHIVED_AT,
    CREATED_AT,
    by_clinic=False,
)
ROOM = view(
    "room",
    "The rooms of the actor's clinics.",
    ID,
    CLINIC_ID,
    ("name", "text", "Its name, unique within the clinic."),
    ARCHIVED_AT,
    CREATED_AT,
    by_clinic=True,
)
MEMBER = view(
    "member",
    "Everybody who signs in to the chain or did so.",
    ID,
    ("display_name", "text", "The name that others see."),
    ("disabled_at", "timestamptz?", "Since when they cannot sign in; null while they can."),
    CREATED_AT,
    by_clinic=False,
)
THERAPIST = view(
    "therapist",
    "The therapists of the chain.",
    ID,
    ("member_id", "uuid?", "Who signs in as this therapist, if anybody."),
    ("display_name", "text", "The name on calendars and records."),
    ("modalities", "text[]", "What the therapist practises."),
    ARCHIVED_AT,
    CREATED_AT,
    by_clinic=False,
)
THERAPIST_CLINIC = view(
    "therapist_clinic",
    "Which therapist works at which of the actor's clinics.",
    THERAPIST_ID,
    CLINIC_ID,
    CREATED_AT,
    by_clinic=True,
)
WORKING_HOURS = view(
    "working_hours",
    "The weekly hours of therapists at the actor's clinics, in the clinic's wall time.",
    ID,
    THERAPIST_ID,
    CLINIC_ID,
    ("weekday", "smallint", "0 is Monday, 6 is Sunday."),
    ("starts_at", "time", "From this wall time."),
    ("ends_at", "time", "Until this wall time."),
    ("valid_from", "date", "The first day on which they hold."),
    ("valid_until", "date?", "The last day on which they hold; null without an end."),
    by_clinic=True,
)
SERVICE = view(
    "service",
    "What clients can book.",
    ID,
    ("name", "text", "Its name."),
    ("modality", "text?", "The modality that documents it, if any."),
    ("duration_minutes", "integer", "Its length without buffers."),
    ("buffer_before_minutes", "integer", "Time kept free before it."),
    ("buffer_after_minutes", "integer", "Time kept free after it."),
    ARCHIVED_AT,
    CREATED_AT,
    by_clinic=False,
)

VIEWS_OF_PLACES = (ORGANISATION, CLINIC, ROOM, MEMBER, THERAPIST, THERAPIST_CLINIC, WORKING_HOURS, SERVICE)
