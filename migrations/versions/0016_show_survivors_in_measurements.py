"""Let the published measurements name the client of the record's envelope, which a merge moves."""

from __future__ import annotations

from alembic import op

from polyclinic.kit.tenant_table import ORGANISATION, in_clinics

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Replace the view; its columns stay as they are."""
    op.execute(
        f"""
        CREATE OR REPLACE VIEW pub.v1_measurement WITH (security_barrier) AS
        SELECT t.organisation_id, t.record_id, t.version, t.position, t.clinic_id, r.client_id, t.therapist_id,
               t.section_key, t.subject_id, t.code, t.value, t.unit, t.moment, t.region_id, t.side, t.service_at,
               a.local_start::date AS on_date
        FROM public.measurement t
        JOIN public.treatment_record r ON r.organisation_id = t.organisation_id AND r.id = t.record_id
             AND r.privacy IN ('clinic', 'organisation')
        LEFT JOIN public.appointment a ON a.organisation_id = r.organisation_id AND a.id = r.appointment_id
        WHERE t.organisation_id = {ORGANISATION} AND {in_clinics("t.clinic_id")}
          AND NOT EXISTS (SELECT 1 FROM public.treatment_record_version s WHERE s.organisation_id = t.organisation_id
                          AND s.record_id = t.record_id AND s.version > t.version)
        """
    )
