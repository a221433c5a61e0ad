"""Create what moves the rows of a merged client, moves them back, erases them, and keeps new rows off a client gone."""

from __future__ import annotations

from alembic import op

from polyclinic.kit.tenant_table import APP_ROLES, CLINICS, ORGANISATION

revision = "0014"
down_revision = "0013"

CONTACT = (
    *("family_name", "preferred_name", "pronouns", "gender_identity", "email", "phone", "street", "postal_code"),
    *("city", "country", "language", "time_zone", "reminder_channel", "aftercare_channel", "marketing_channel"),
    *("sort_name", "name_folded", "email_folded", "phone_digits", "search_text", "also_known_as"),
)
SHORTEST_RETENTION = "interval '3 years'"
FILE = f"""
    SELECT f.id FROM client f
     WHERE f.organisation_id = {ORGANISATION} AND (f.id = p_client_id OR f.merged_into_id = p_client_id)
"""

# Names by which a client was known elsewhere stand behind their own search text, so that one look finds both.
REFRESH_NAMES = f"""
CREATE FUNCTION refresh_names(p_client_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
    WITH others AS (
        SELECT coalesce(string_agg(left(o.search_text, length(o.search_text) - length(o.also_known_as)), ''
                                   ORDER BY o.id), '') AS names
        FROM client o WHERE o.organisation_id = {ORGANISATION} AND o.merged_into_id = p_client_id
    )
    UPDATE client c SET also_known_as = others.names,
           search_text = left(c.search_text, length(c.search_text) - length(c.also_known_as)) || others.names
    FROM others WHERE c.organisation_id = {ORGANISATION} AND c.id = p_client_id
$body$
"""


def _moving(table: str, column: str, also: str = "", condition: str = "true") -> str:
    """Return the statement that points rows of `table` at the surviving client and writes each into the journal."""
    return f"""
    WITH moved AS (
        UPDATE {table} t SET {column} = m.into_client_id{also}
         WHERE t.organisation_id = organisation AND t.{column} = m.from_client_id AND {condition} RETURNING t.id
    )
    INSERT INTO client_merge_move (organisation_id, id, merge_id, table_name, row_id)
    SELECT organisation, gen_random_uuid(), m.id, '{table}', moved.id FROM moved;
    """


# A plugin's own fields move where the survivor has none of that plugin's; two answers cannot stand side by side.
UNANSWERED = (
    "t.entity = 'client' AND NOT EXISTS (SELECT 1 FROM entity_extension o WHERE o.organisation_id = organisation "
    "AND o.entity = 'client' AND o.entity_id = m.into_client_id AND o.plugin_id = t.plugin_id)"
)
VERSION = ", updated_at = p_now, row_version = t.row_version + 1"

# Rows of clinics that the merging person does not see move too; so this runs as the owner, for one journal row.
MERGE = f"""
CREATE FUNCTION merge_client_rows(p_merge_id uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    organisation uuid := {ORGANISATION};
    m client_merge%ROWTYPE;
BEGIN
    SELECT * INTO m FROM client_merge j WHERE j.organisation_id = organisation AND j.id = p_merge_id;
    IF NOT FOUND OR m.undone_at IS NOT NULL
       OR EXISTS (SELECT 1 FROM client c WHERE c.organisation_id = organisation
                     AND c.id IN (m.from_client_id, m.into_client_id)
                     AND (c.merged_into_id IS NOT NULL OR c.erased_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'this merge cannot be carried out';
    END IF;
    {_moving("appointment", "client_id", VERSION)}
    {_moving("reservation", "resource_id", condition="t.resource_kind = 'client'")}
    {_moving("client_flag", "client_id", VERSION)}
    {_moving("treatment_record", "client_id")}
    {_moving("client", "merged_into_id")}
    {_moving("entity_extension", "entity_id", condition=UNANSWERED)}
    WITH moved AS (
        INSERT INTO client_clinic (organisation_id, id, client_id, clinic_id)
        SELECT organisation, gen_random_uuid(), m.into_client_id, k.clinic_id FROM client_clinic k
         WHERE k.organisation_id = organisation AND k.client_id = m.from_client_id
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO client_merge_move (organisation_id, id, merge_id, table_name, row_id)
    SELECT organisation, gen_random_uuid(), m.id, 'client_clinic', moved.id FROM moved;
    UPDATE client t SET merged_into_id = m.into_client_id, merged_at = p_now{VERSION}
     WHERE t.organisation_id = organisation AND t.id = m.from_client_id;
    PERFORM refresh_names(m.into_client_id);
END
$body$
"""


def _returning(table: str, column: str, condition: str, also: str = "") -> str:
    """Return the statement that points journalled rows of `table` back; what has left the survivor since stays."""
    return f"""
    UPDATE {table} t SET {column} = m.from_client_id{also}
     WHERE t.organisation_id = organisation AND t.{column} = m.into_client_id AND ({condition});
    """


def _journalled(table: str, column: str = "id") -> str:
    return (
        f"t.{column} IN (SELECT j.row_id FROM client_merge_move j WHERE j.organisation_id = organisation "
        f"AND j.merge_id = m.id AND j.table_name = '{table}')"
    )


OWN_TIME, OWN_RECORD = (
    f"{_journalled(table)} OR {_journalled('appointment', 'appointment_id')}"
    for table in ("reservation", "treatment_record")
)

# A visit keeps its time and its record together: both follow the appointment, also when they are newer than the merge.
UNMERGE = f"""
CREATE FUNCTION unmerge_client_rows(p_merge_id uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    organisation uuid := {ORGANISATION};
    m client_merge%ROWTYPE;
BEGIN
    SELECT * INTO m FROM client_merge j WHERE j.organisation_id = organisation AND j.id = p_merge_id;
    IF NOT FOUND OR m.undone_at IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM client c WHERE c.organisation_id = organisation AND c.id = m.from_client_id
                         AND c.merged_into_id = m.into_client_id AND c.erased_at IS NULL) THEN
        RAISE EXCEPTION 'this merge cannot be undone';
    END IF;
    UPDATE client t SET merged_into_id = NULL, merged_at = NULL{VERSION}
     WHERE t.organisation_id = organisation AND t.id = m.from_client_id;
    {_returning("appointment", "client_id", _journalled("appointment"), VERSION)}
    {_returning("reservation", "resource_id", f"t.resource_kind = 'client' AND ({OWN_TIME})")}
    {_returning("client_flag", "client_id", _journalled("client_flag"), VERSION)}
    {_returning("treatment_record", "client_id", OWN_RECORD)}
    {_returning("client", "merged_into_id", _journalled("client"))}
    {_returning("entity_extension", "entity_id", _journalled("entity_extension"))}
    DELETE FROM client_clinic t WHERE t.organisation_id = organisation AND t.client_id = m.into_client_id
       AND {_journalled("client_clinic")}
       AND NOT EXISTS (SELECT 1 FROM appointment a WHERE a.organisation_id = organisation
                          AND a.client_id = m.into_client_id AND a.clinic_id = t.clinic_id);
    INSERT INTO client_clinic (organisation_id, id, client_id, clinic_id)
    SELECT organisation, gen_random_uuid(), m.from_client_id, a.clinic_id
      FROM (SELECT DISTINCT v.clinic_id FROM appointment v
             WHERE v.organisation_id = organisation AND v.client_id = m.from_client_id) a
    ON CONFLICT DO NOTHING;
    PERFORM refresh_names(m.from_client_id);
    PERFORM refresh_names(m.into_client_id);
END
$body$
"""

# Signed rows leave through `erase_treatment_record` alone, and never before the shortest retention that any rule knows.
ERASE = f"""
CREATE FUNCTION erase_client_rows(p_erasure_id uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    organisation uuid := {ORGANISATION};
    e client_erasure%ROWTYPE;
    file uuid[];
    record uuid;
BEGIN
    SELECT * INTO e FROM client_erasure j WHERE j.organisation_id = organisation AND j.id = p_erasure_id;
    IF NOT FOUND OR e.erased_at IS DISTINCT FROM p_now THEN
        RAISE EXCEPTION 'this erasure cannot be carried out';
    END IF;
    SELECT array_agg(c.id) INTO file FROM client c
     WHERE c.organisation_id = organisation AND (c.id = e.client_id OR c.merged_into_id = e.client_id);
    IF NOT e.keeps_records THEN
        IF EXISTS (SELECT 1 FROM treatment_record_version v JOIN treatment_record r
                      ON r.organisation_id = v.organisation_id AND r.id = v.record_id
                    WHERE r.organisation_id = organisation AND r.client_id = ANY (file)
                      AND v.service_at > p_now - {SHORTEST_RETENTION}) THEN
            RAISE EXCEPTION 'signed records of this client are within their retention';
        END IF;
        FOR record IN SELECT r.id FROM treatment_record r
                       WHERE r.organisation_id = organisation AND r.client_id = ANY (file) LOOP
            PERFORM erase_treatment_record(record, e.reason, e.erased_by_name);
        END LOOP;
        PERFORM set_config('app.erasing', 'health_history_entry', true);
        DELETE FROM health_history_entry h WHERE h.organisation_id = organisation AND h.client_id = ANY (file);
        PERFORM set_config('app.erasing', '', true);
        DELETE FROM client_flag t WHERE t.organisation_id = organisation AND t.client_id = ANY (file);
    END IF;
    UPDATE appointment t SET note = '', cancel_reason = left('Erased', length(cancel_reason)),
           overbook_reason = left('Erased', length(overbook_reason)){VERSION}
     WHERE t.organisation_id = organisation AND t.client_id = ANY (file)
       AND (t.note <> '' OR t.cancel_reason <> '' OR t.overbook_reason <> '');
    DELETE FROM entity_extension t WHERE t.organisation_id = organisation
       AND (t.entity = 'client' AND t.entity_id = ANY (file) OR t.entity = 'appointment' AND t.entity_id IN (
           SELECT a.id FROM appointment a WHERE a.organisation_id = organisation AND a.client_id = ANY (file)));
    UPDATE client t SET given_name = 'Erased client', birth_on = NULL,
           {", ".join(f"{name} = ''" for name in CONTACT)},
           archived_at = coalesce(t.archived_at, p_now), erased_at = coalesce(t.erased_at, p_now){VERSION}
     WHERE t.organisation_id = organisation AND t.id = ANY (file);
    UPDATE client_merge t SET fields = '{{}}', receipts = '[]', undo_receipts = '[]', kept_fields = '[]',
           reason = 'Erased'
     WHERE t.organisation_id = organisation AND (t.from_client_id = ANY (file) OR t.into_client_id = ANY (file));
END
$body$
"""

# What a merge or an erasure concerns, at all clinics: numbers, and what retention rules ask for.
FACTS = f"""
CREATE FUNCTION client_file_facts(p_client_id uuid, p_now timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $body$
    WITH file AS ({FILE}), visits AS (
        SELECT a.starts_at, a.status, a.note, c.country FROM appointment a
          JOIN clinic c ON c.organisation_id = a.organisation_id AND c.id = a.clinic_id
         WHERE a.organisation_id = {ORGANISATION} AND a.client_id IN (SELECT id FROM file)
    ), records AS (
        SELECT r.service_at, r.time_zone, c.country,
               EXISTS (SELECT 1 FROM treatment_record_version v
                        WHERE v.organisation_id = r.organisation_id AND v.record_id = r.id) AS is_signed,
               EXISTS (SELECT 1 FROM treatment_record_draft d
                        WHERE d.organisation_id = r.organisation_id AND d.record_id = r.id) AS has_draft
          FROM treatment_record r JOIN clinic c ON c.organisation_id = r.organisation_id AND c.id = r.clinic_id
         WHERE r.organisation_id = {ORGANISATION} AND r.client_id IN (SELECT id FROM file)
    )
    SELECT jsonb_build_object(
        'appointments', (SELECT count(*) FROM visits),
        'future_appointments', (SELECT count(*) FROM visits WHERE starts_at > p_now
                                   AND status NOT IN ('cancelled', 'no_show', 'completed')),
        'open_drafts', (SELECT count(*) FROM records WHERE has_draft),
        'signed_records', (SELECT count(*) FROM records WHERE is_signed),
        'flags', (SELECT count(*) FROM client_flag f WHERE f.organisation_id = {ORGANISATION}
                     AND f.client_id IN (SELECT id FROM file)),
        'answers', (SELECT count(*) FROM health_history_entry h WHERE h.organisation_id = {ORGANISATION}
                       AND h.client_id IN (SELECT id FROM file)),
        'merged_files', (SELECT count(*) - 1 FROM file),
        'countries', (SELECT coalesce(jsonb_agg(DISTINCT country), '[]') FROM records WHERE is_signed),
        'last_service_at', (SELECT max(at) FROM (
            SELECT max(service_at) FROM records WHERE is_signed
            UNION ALL SELECT max(starts_at) FROM visits WHERE status = 'completed') AS last (at))
    )
$body$
"""

# After a merge or an erasure nothing new is put into the file that went: who tries is told to start again, and then
# finds the surviving client. The row lock makes a concurrent merge wait for this insert, or this insert for the merge.
REFUSE_GONE_CLIENT = """
CREATE FUNCTION refuse_gone_client() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $body$
BEGIN
    PERFORM 1 FROM client c WHERE c.organisation_id = NEW.organisation_id AND c.id = NEW.client_id
       AND c.merged_into_id IS NULL AND c.erased_at IS NULL FOR KEY SHARE;
    IF NOT FOUND AND EXISTS (SELECT 1 FROM client c WHERE c.organisation_id = NEW.organisation_id
                                AND c.id = NEW.client_id) THEN
        RAISE EXCEPTION 'this client was merged or erased in the meantime' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END
$body$
"""
GUARDED = ("appointment", "client_flag", "health_history_entry", "treatment_record")
FUNCTIONS = (
    ("merge_client_rows(uuid, timestamptz)", APP_ROLES),
    ("unmerge_client_rows(uuid, timestamptz)", APP_ROLES),
    ("erase_client_rows(uuid, timestamptz)", APP_ROLES),
    ("client_file_facts(uuid, timestamptz)", APP_ROLES),
    ("refresh_names(uuid)", None),
)


def upgrade() -> None:
    """Create the functions and the guards."""
    for statement in (REFRESH_NAMES, MERGE, UNMERGE, ERASE, FACTS, REFUSE_GONE_CLIENT):
        op.execute(statement)
    for function, roles in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        if roles:
            op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {roles}")
    for table in GUARDED:
        op.execute(
            f"CREATE TRIGGER living_client BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_gone_client()"
        )
    _let_health_history_follow_merges()


def _let_health_history_follow_merges() -> None:
    """Answers never move: those of a merged client are seen where the survivor is known."""
    known = (
        "EXISTS (SELECT 1 FROM client_clinic k WHERE k.organisation_id = health_history_entry.organisation_id "
        f"AND k.client_id = {{client}} AND k.clinic_id = ANY ({CLINICS}))"
    )
    survivor = (
        "(SELECT c.merged_into_id FROM client c WHERE c.organisation_id = health_history_entry.organisation_id "
        "AND c.id = health_history_entry.client_id)"
    )
    own = known.format(client="health_history_entry.client_id")
    visible = f"{own} OR {known.format(client=survivor)}"
    op.execute("DROP POLICY clinic ON health_history_entry")
    op.execute(
        f"CREATE POLICY clinic ON health_history_entry AS RESTRICTIVE FOR ALL TO {APP_ROLES} "
        f"USING ({visible}) WITH CHECK ({own})"
    )
