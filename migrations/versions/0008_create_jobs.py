"""Create the job queue in its own schema; the app enqueues through one function, the worker does the rest.

The tables are those of the installed procrastinate release, whose number is kept as the schema's comment: a later
migration that follows a newer release reads it and applies procrastinate's own steps between the two.
"""

from __future__ import annotations

from importlib.metadata import version

from alembic import op
from procrastinate.schema import SchemaManager

from polyclinic.kit.tenant_table import definer_function

revision = "0008"
down_revision = "0007"

DEFER = "jobs.procrastinate_defer_jobs_v1(jobs.procrastinate_job_to_defer_v1[])"
REFUSE_FOREIGN = """
CREATE FUNCTION jobs.refuse_foreign_job() RETURNS trigger LANGUAGE plpgsql SET search_path = jobs, pg_temp AS $body$
BEGIN
    IF nullif(current_setting('app.organisation_id', true), '') IS DISTINCT FROM NEW.args ->> 'organisation_id'
       AND nullif(current_setting('app.organisation_id', true), '') IS NOT NULL THEN
        RAISE EXCEPTION 'a job belongs to the organisation that enqueues it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$body$
"""


def upgrade() -> None:
    """Create the schema `jobs`, its grants and the worker's functions."""
    op.execute("CREATE SCHEMA jobs")
    _apply_procrastinate()
    op.execute(REFUSE_FOREIGN)
    op.execute(
        "CREATE TRIGGER refuse_foreign_job BEFORE INSERT ON jobs.procrastinate_jobs "
        "FOR EACH ROW EXECUTE FUNCTION jobs.refuse_foreign_job()"
    )
    _grant()
    _create_functions()


def _apply_procrastinate() -> None:
    op.execute("SET LOCAL search_path = jobs")
    # Many statements with percent signs in one text: only the driver itself takes it without parameters.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute("SET LOCAL search_path TO DEFAULT")
    op.execute(f"COMMENT ON SCHEMA jobs IS 'procrastinate {version('procrastinate')}'")


def _grant() -> None:
    op.execute(f"ALTER FUNCTION {DEFER} SECURITY DEFINER SET search_path = jobs, pg_temp")
    op.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA jobs FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA jobs TO polyclinic_app, polyclinic_worker, polyclinic_backup")
    op.execute(f"GRANT EXECUTE ON FUNCTION {DEFER} TO polyclinic_app")
    op.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO polyclinic_worker")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO polyclinic_worker")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO polyclinic_worker")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA jobs TO polyclinic_backup")
    op.execute("GRANT SELECT ON ALL SEQUENCES IN SCHEMA jobs TO polyclinic_backup")
    # Ended sessions are removed by the worker alone; the app can only end them.
    op.execute("GRANT DELETE ON sign_in_session TO polyclinic_worker")


def _create_functions() -> None:
    definer_function(
        "organisations_with_jobs()",
        "SETOF uuid",
        "SELECT id FROM organisation ORDER BY id",
        owner="polyclinic_owner",
        grant_to=("polyclinic_worker",),
    )
