"""Published views of clients, their visits, the records of these and what was measured."""

from __future__ import annotations

from polyclinic.plugins.views import Described, view
from polyclinic.plugins.views_of_places import ARCHIVED_AT, CLINIC_ID, CREATED_AT, ID, THERAPIST_ID

CLIENT_ID: Described = (
    "client_id",
    "uuid",
    "The client; after a merge the file that was merged away may still be named, see `v1_client_min.merged_into_id`.",
)
SERVICE_AT: Described = ("service_at", "timestamptz", "When the visit began.")
ON_DATE: Described = ("on_date", "date", "The visit's day at the clinic; filter by it with `on_days`.")

CLIENT_MIN = view(
    "client_min",
    "The clients of the chain without contact data and without anything about their health.",
    ID,
    ("display_name", "text", "The name they like to be called by and the family name."),
    ("birth_on", "date?", "Date of birth; null when unknown."),
    ("merged_into_id", "uuid?", "The file this one was merged into; null for a file of its own."),
    ARCHIVED_AT,
    CREATED_AT,
    by_clinic=False,
)
CLIENT_CLINIC = view(
    "client_clinic",
    "Which client is known at which of the actor's clinics.",
    CLIENT_ID,
    CLINIC_ID,
    ("created_at", "timestamptz", "Since when the client is known there."),
    by_clinic=True,
)
APPOINTMENT = view(
    "appointment",
    "The appointments of the actor's clinics, whatever became of them.",
    ID,
    CLINIC_ID,
    CLIENT_ID,
    THERAPIST_ID,
    ("service_id", "uuid", "What was booked."),
    ("room_id", "uuid?", "Where, if it needs a room."),
    ("starts_at", "timestamptz", "When it begins."),
    ("ends_at", "timestamptz", "When it ends, without buffers."),
    ("time_zone", "text", "The IANA time zone in which `local_start` was agreed."),
    ("local_start", "timestamp", "The wall time at the clinic when it begins."),
    ("on_date", "date", "The day at the clinic on which it begins; filter by it with `on_days`."),
    ("duration_minutes", "integer", "Minutes from begin to end."),
    ("status", "text", "`booked`, `confirmed`, `arrived`, `started`, `completed`, `cancelled` or `no_show`."),
    ("is_overbooked", "boolean", "Whether it was booked over another one on purpose."),
    ("is_outside_hours", "boolean", "Whether it was booked outside of working hours on purpose."),
    CREATED_AT,
    ("updated_at", "timestamptz", "When it last changed."),
    by_clinic=True,
)
TREATMENT_RECORD = view(
    "treatment_record",
    "Who was treated when, and whether it is written up, at the actor's clinics; no content.",
    ID,
    CLINIC_ID,
    CLIENT_ID,
    THERAPIST_ID,
    ("author_member_id", "uuid?", "The member who writes the record."),
    ("appointment_id", "uuid", "The appointment; it has at most one record."),
    ("service_name", "text", "The service's name when the record was opened."),
    ("modality", "text?", "The modality of the service, if any."),
    SERVICE_AT,
    ("service_ends_at", "timestamptz", "When the visit ended."),
    ("time_zone", "text", "The clinic's IANA time zone at the time."),
    ON_DATE,
    ("state", "text", "`draft` until the first signature, then `signed`; `amended` from the second version on."),
    ("latest_version", "integer?", "Number of the newest signed version; null for a draft."),
    ("signed_at", "timestamptz?", "When the first version was signed; null for a draft."),
    ("last_signed_at", "timestamptz?", "When the newest version was signed; null for a draft."),
    CREATED_AT,
    by_clinic=True,
)
MEASUREMENT = view(
    "measurement",
    "What the newest signed version of each record measured, at the actor's clinics; records that only their author or "
    "named members may read are left out.",
    ("record_id", "uuid", "The treatment record."),
    ("version", "integer", "The record's newest version."),
    ("position", "integer", "Its place within the version."),
    CLINIC_ID,
    CLIENT_ID,
    THERAPIST_ID,
    ("section_key", "text", "The section that measured it."),
    ("subject_id", "text?", "What was measured within the section, the same one over the visits; null for the whole."),
    ("code", "text", "The measure's code, see `register_measures`."),
    ("value", "numeric", "The value; unknown ones are not stored."),
    ("unit", "text", "The value's unit."),
    ("moment", "text", "`before`, `during` or `after` the treatment."),
    ("region_id", "text?", "The body region, if any."),
    ("side", "text?", "The side of the body, if any."),
    SERVICE_AT,
    ON_DATE,
    by_clinic=True,
)

VIEWS_OF_VISITS = (CLIENT_MIN, CLIENT_CLINIC, APPOINTMENT, TREATMENT_RECORD, MEASUREMENT)
