"""The plugin's background work."""

from __future__ import annotations

from polyclinic.sdk.jobs import Job
from polyclinic_reporting.rollup_jobs import UPKEEP
from polyclinic_reporting.services import runs
from polyclinic_reporting.services.sending import SEND_ONE, send_due, send_schedule
from polyclinic_reporting.vocabulary import PLUGIN_ID

JOBS = (
    Job(f"{PLUGIN_ID}.send_due", send_due, cron="*/5 * * * *"),
    Job(SEND_ONE, send_schedule, timeout_seconds=120),
    Job(runs.START, runs.start_run),
    Job(runs.WRITE, runs.write_file, timeout_seconds=120),
    Job(runs.CLEAR, runs.clear_files, cron="40 * * * *"),
    *UPKEEP,
)
