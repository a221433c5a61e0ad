"""Names of the reporting plugin that its database, addresses and permissions use."""

from __future__ import annotations

PLUGIN_ID = "reporting"
READ = "reporting.reports:read"
DASHBOARDS = "reporting.dashboards:read"
SCHEDULES = "reporting.schedules:write"

CUSTOM = "custom"
"""The period that is given by its days."""
PARAMS = "params"
"""Prefix of a report's own questions in form names: `params:<name>`."""

KEEP_BACK_DAYS = 45
"""How many days back the nightly job computes everything anew, whatever events said."""
KEEP_AHEAD_DAYS = 60
"""How many days ahead it does: bookable time is known before anybody books."""

MOST_AT_ONCE = 10_000
"""Rows that are made into a file while somebody waits; larger answers are made by the worker."""
KEEP_FILE_HOURS = 24
"""How long a file that the worker made is kept: it may hold names."""
