"""Publish read models for plugins: views with the organisation's and the clinics' filter inside.

The owner of a view reads every row, so nothing but these filters keeps organisations and clinics apart.
"""

from __future__ import annotations

from alembic import op

from polyclinic.kit.tenant_table import APP_ROLES, ORGANISATION, in_clinics

revision = "0010"
down_revision = "0009"

DISPLAY_NAME = "trim(coalesce(nullif(t.preferred_name, ''), t.given_name) || ' ' || t.family_name)"
VIEWS = {
    "organisation": "t.name, t.slug, t.created_at FROM public.organisation t",
    "clinic": """
        t.id, t.name, t.time_zone, t.street, t.postal_code, t.city, t.country, t.phone, t.email, t.archived_at,
        t.created_at FROM public.clinic t
    """,
    "room": "t.id, t.clinic_id, t.name, t.archived_at, t.created_at FROM public.room t",
    "member": "t.id, t.display_name, t.disabled_at, t.created_at FROM public.member t",
    "therapist": """
        t.id, t.member_id, t.display_name, t.modalities, t.archived_at, t.created_at FROM public.therapist t
    """,
    "therapist_clinic": "t.therapist_id, t.clinic_id, t.created_at FROM public.therapist_clinic t",
    "working_hours": """
        t.id, t.therapist_id, t.clinic_id, t.weekday, t.starts_at, t.ends_at, t.valid_from, t.valid_until
        FROM public.working_hours t
    """,
    "service": """
        t.id, t.name, t.modality, t.duration_minutes, t.buffer_before_minutes, t.buffer_after_minutes, t.archived_at,
        t.created_at FROM public.service t
    """,
    "client_min": f"""
        t.id, {DISPLAY_NAME} AS display_name, t.birth_on, t.merged_into_id, t.archived_at, t.created_at
        FROM public.client t
    """,
    "client_clinic": "t.client_id, t.clinic_id, t.created_at FROM public.client_clinic t",
    "appointment": """
        t.id, t.clinic_id, t.client_id, t.therapist_id, t.service_id, t.room_id, t.starts_at, t.ends_at, t.time_zone,
        t.local_start, t.local_start::date AS on_date,
        (extract(epoch FROM t.ends_at - t.starts_at) / 60)::integer AS duration_minutes, t.status, t.is_overbooked,
        t.is_outside_hours, t.created_at, t.updated_at FROM public.appointment t
    """,
    # The appointment is looked up for its day only: PostgreSQL's time zones are not those of the application.
    "treatment_record": """
        t.id, t.clinic_id, t.client_id, t.therapist_id, t.author_member_id, t.appointment_id, t.service_name,
        t.modality, t.service_at, t.service_ends_at, t.time_zone, a.local_start::date AS on_date,
        CASE WHEN v.latest IS NULL THEN 'draft' WHEN v.latest = 1 THEN 'signed' ELSE 'amended' END AS state,
        v.latest AS latest_version, v.signed_at, v.last_signed_at, t.created_at
        FROM public.treatment_record t
        LEFT JOIN public.appointment a ON a.organisation_id = t.organisation_id AND a.id = t.appointment_id
        LEFT JOIN LATERAL (
            SELECT max(s.version) AS latest, min(s.recorded_at) AS signed_at, max(s.recorded_at) AS last_signed_at
            FROM public.treatment_record_version s
            WHERE s.organisation_id = t.organisation_id AND s.record_id = t.id
        ) v ON true
    """,
    "measurement": """
        t.record_id, t.version, t.position, t.clinic_id, t.client_id, t.therapist_id, t.section_key, t.subject_id,
        t.code, t.value, t.unit, t.moment, t.region_id, t.side, t.service_at, a.local_start::date AS on_date
        FROM public.measurement t
        JOIN public.treatment_record r ON r.organisation_id = t.organisation_id AND r.id = t.record_id
             AND r.privacy IN ('clinic', 'organisation')
        LEFT JOIN public.appointment a ON a.organisation_id = r.organisation_id AND a.id = r.appointment_id
    """,
}
NEWEST = """
    NOT EXISTS (SELECT 1 FROM public.treatment_record_version s WHERE s.organisation_id = t.organisation_id
                AND s.record_id = t.record_id AND s.version > t.version)
"""
BY_CLINIC = frozenset(
    {
        "room",
        "therapist_clinic",
        "working_hours",
        "client_clinic",
        "appointment",
        "treatment_record",
        "measurement",
    }
)


def upgrade() -> None:
    """Create the schema `pub` with its views."""
    op.execute("CREATE SCHEMA pub")
    op.execute(f"GRANT USAGE ON SCHEMA pub TO {APP_ROLES}, polyclinic_backup")
    for name, body in VIEWS.items():
        _publish(name, body)
    op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA pub TO {APP_ROLES}")


def _publish(name: str, body: str) -> None:
    key = "t.id" if name == "organisation" else "t.organisation_id"
    conditions = [f"{key} = {ORGANISATION}"]
    if name in BY_CLINIC:
        conditions.append(in_clinics("t.clinic_id"))
    if name == "measurement":
        conditions.append(NEWEST)
    op.execute(
        f"CREATE VIEW pub.v1_{name} WITH (security_barrier) AS SELECT {key} AS organisation_id, {body} "
        f"WHERE {' AND '.join(conditions)}"
    )
