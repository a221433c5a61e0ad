"""The statements of operation f."""

from __future__ import annotations

from benchmarks.ceiling.calendar import COLUMNS_AND_JOINS
from benchmarks.ceiling.client_file import VISIBLE

PART_NAMES = ("organisation_id", "record_id", "version", "clinic_id", "client_id", "therapist_id")

APPOINTMENT = f"""
    {COLUMNS_AND_JOINS}
    WHERE a.organisation_id = %(organisation_id)s::uuid AND a.clinic_id = ANY (%(clinic_ids)s::uuid[])
      AND a.id = %(appointment_id)s::uuid
"""
_LATEST = """
    (SELECT max(v.version) FROM treatment_record_version v
      WHERE v.organisation_id = r.organisation_id AND v.record_id = r.id)
"""
FIND = f"""
    SELECT r.appointment_id, r.id, {_LATEST} FROM treatment_record r
    WHERE r.organisation_id = %(organisation_id)s::uuid AND {VISIBLE} AND r.appointment_id IN (%(appointment_id)s::uuid)
"""
ENABLEMENT = """
    SELECT plugin_id, clinic_id, state, granted_scopes, role_permissions FROM plugin_enablement
    WHERE organisation_id = %(organisation_id)s::uuid ORDER BY plugin_id, clinic_id
"""
_THERAPISTS = """
    SELECT t.id, t.member_id, t.display_name, t.modalities, t.archived_at, t.row_version, w.clinic_ids
    FROM therapist t
    JOIN (SELECT therapist_id, array_agg(clinic_id ORDER BY clinic_id) AS clinic_ids FROM therapist_clinic
           WHERE organisation_id = %(organisation_id)s::uuid AND clinic_id = ANY (%(clinic_ids)s::uuid[])
           GROUP BY therapist_id) w ON w.therapist_id = t.id
    WHERE t.organisation_id = %(organisation_id)s::uuid AND
"""
THERAPIST = f"{_THERAPISTS} t.id = %(therapist_id)s::uuid ORDER BY t.display_name, t.id"
OWN_THERAPIST = f"{_THERAPISTS} t.member_id = %(member_id)s::uuid ORDER BY t.display_name, t.id"
OPEN = """
    WITH opened AS (
        INSERT INTO treatment_record (organisation_id, id, clinic_id, client_id, therapist_id, author_member_id,
               appointment_id, service_name, modality, privacy, service_at, service_ends_at, time_zone, created_at,
               updated_at)
        VALUES (%(organisation_id)s::uuid, %(id)s::uuid, %(clinic_id)s::uuid, %(client_id)s::uuid,
               %(therapist_id)s::uuid, %(author_member_id)s::uuid, %(appointment_id)s::uuid, %(service_name)s,
               %(modality)s, %(privacy)s, %(service_at)s, %(service_ends_at)s, %(time_zone)s, %(now)s, %(now)s)
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO treatment_record_draft (organisation_id, id, record_id, clinic_id, author_member_id, sections,
           created_at, updated_at)
    SELECT %(organisation_id)s::uuid, %(draft_id)s::uuid, opened.id, %(clinic_id)s::uuid, %(author_member_id)s::uuid,
           %(sections)s::jsonb, %(now)s, %(now)s FROM opened
    RETURNING record_id
"""
RECORD = f"""
    SELECT r.id, r.clinic_id, r.client_id, r.therapist_id, r.author_member_id, r.appointment_id, r.service_name,
           r.modality, r.privacy, r.service_at, r.service_ends_at, r.time_zone, coalesce(d.row_version, r.row_version),
           {_LATEST}, d.sections, d.based_on_version, d.carried_from_record_id, d.updated_at
    FROM treatment_record r
    LEFT JOIN treatment_record_draft d ON d.organisation_id = r.organisation_id AND d.record_id = r.id
    WHERE r.organisation_id = %(organisation_id)s::uuid AND {VISIBLE} AND r.id = %(record_id)s::uuid
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('treatment_record:' || %(record_id)s, 0))"
KNOWN = """
    SELECT DISTINCT client_id FROM client_clinic
    WHERE organisation_id = %(organisation_id)s::uuid AND clinic_id = ANY (%(clinic_ids)s::uuid[])
      AND client_id = ANY (%(client_ids)s::uuid[])
"""
FLAGS = """
    SELECT f.id, f.client_id, f.code, f.label, f.note, f.severity, f.region_ids, f.since_on, f.until_on, f.row_version
    FROM client_flag f
    WHERE f.organisation_id = %(organisation_id)s::uuid
      AND EXISTS (SELECT 1 FROM client_clinic k WHERE k.organisation_id = f.organisation_id
                     AND k.client_id = f.client_id AND k.clinic_id = ANY (%(clinic_ids)s::uuid[]))
      AND f.client_id = ANY (%(client_ids)s::uuid[])
    ORDER BY f.client_id, f.id
"""
REGISTRATIONS = """
    SELECT id, therapist_id, authority, number, modality, valid_from, expires_on, row_version FROM registration
    WHERE organisation_id = %(organisation_id)s::uuid AND therapist_id = ANY (%(therapist_ids)s::uuid[])
    ORDER BY modality, valid_from DESC, id
"""
SCHEMAS = (
    "SELECT key, digest, version, description FROM section_schema WHERE organisation_id = %(organisation_id)s::uuid"
)

_PART = (
    "organisation_id uuid, id uuid, record_id uuid, version integer, clinic_id uuid, client_id uuid, "
    "therapist_id uuid, position integer"
)
_VERSION = (
    "organisation_id uuid, id uuid, record_id uuid, version integer, clinic_id uuid, client_id uuid, "
    "therapist_id uuid, kind text, reason text, outcome text, is_chronic boolean, carried_from_record_id uuid, "
    "service_at timestamptz, service_ends_at timestamptz, time_zone text, service_name text, "
    "recorded_at timestamptz, is_late boolean, late_reason text, signed_by uuid, author_name text, "
    "author_registration text, findings jsonb, override_reason text, summary text, content_sha256 text"
)
_SECTION = (
    f"{_PART}, section_key text, title text, plugin_id text, plugin_version text, schema_version integer, "
    "schema_digest text, data jsonb, summary text, print_view jsonb, marks jsonb"
)
_MEASUREMENT = (
    f"{_PART}, section_key text, code text, value numeric, unit text, moment text, subject_id text, region_id text, "
    "side text, service_at timestamptz"
)
_SCHEMA = "organisation_id uuid, digest text, key text, version integer, description jsonb"


def _insert(table: str, columns: str, parameter: str) -> str:
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_to_recordset(%({parameter})s::jsonb) AS r ({columns})"
    )


STORE = f"""
    WITH schemas AS ({_insert("section_schema", _SCHEMA, "schemas")} ON CONFLICT DO NOTHING),
         versions AS ({_insert("treatment_record_version", _VERSION, "versions")}),
         sections AS ({_insert("treatment_record_section", _SECTION, "sections")}),
         measurements AS ({_insert("measurement", _MEASUREMENT, "measurements")}),
         closed AS (
            DELETE FROM treatment_record_draft WHERE organisation_id = %(organisation_id)s::uuid
               AND record_id = %(record_id)s::uuid AND row_version = %(row_version)s::integer
            RETURNING record_id
         )
    UPDATE treatment_record r SET row_version = %(row_version)s::integer + 1, updated_at = %(now)s
      FROM closed WHERE r.organisation_id = %(organisation_id)s::uuid AND r.id = closed.record_id
    RETURNING r.row_version
"""
