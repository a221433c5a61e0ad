"""All hooks of the contract; the docstrings are the reference manual: when, what to return, what an error does."""

from __future__ import annotations

from polyclinic.plugins.specs_clients import (
    client_erasing,
    client_export,
    client_merging,
    client_unmerging,
)
from polyclinic.plugins.specs_pages import (
    client_badges,
    register_api,
    register_blueprints,
    register_documents,
    register_navigation,
    register_panels,
    register_permissions,
)
from polyclinic.plugins.specs_records import (
    check_contraindications,
    register_body_charts,
    register_demo_data,
    register_measures,
    register_safety_rules,
    register_sections,
)
from polyclinic.plugins.specs_work import (
    health_checks,
    register_commands,
    register_daily_figures,
    register_demo_steps,
    register_entity_fields,
    register_event_handlers,
    register_event_types,
    register_jobs,
    register_reports,
    register_settings,
)

__all__ = [
    "check_contraindications",
    "client_badges",
    "client_erasing",
    "client_export",
    "client_merging",
    "client_unmerging",
    "health_checks",
    "register_api",
    "register_blueprints",
    "register_body_charts",
    "register_commands",
    "register_daily_figures",
    "register_demo_data",
    "register_demo_steps",
    "register_documents",
    "register_entity_fields",
    "register_event_handlers",
    "register_event_types",
    "register_jobs",
    "register_measures",
    "register_navigation",
    "register_panels",
    "register_permissions",
    "register_reports",
    "register_safety_rules",
    "register_sections",
    "register_settings",
]
