"""Runs the reports of core and of all plugins; dashboards, exports, schedules."""
