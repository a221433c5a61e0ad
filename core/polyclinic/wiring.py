"""What every process that runs plugins is put together from: the server, the worker and the demo's maker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from polyclinic.facade.acting import on_behalf_of
from polyclinic.facade.core import make_ports
from polyclinic.facade.letters import mail
from polyclinic.kit.db import transaction
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.own_work import emit, enqueue_job, meet_once
from polyclinic.plugins.ports import use_ports
from polyclinic.plugins.queries import is_enabled, list_installations
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import PluginRuntime, use_runtime
from polyclinic.records.red_flags import red_flag_rules
from polyclinic.reports.running import ReportRunner

log = structlog.get_logger()


def load_installed(connect: Callable[[], Session], disabled: Collection[str] = ()) -> PluginRegistry:
    """Load the plugins; what the database knows of their tables decides whether they are installed."""
    registry = load_plugins(without=frozenset(disabled))
    try:
        with transaction(connect) as current:
            return registry.with_installations(list_installations(current))
    except SQLAlchemyError as error:
        log.warning("plugin_installations_unknown", error_type=type(error).__name__)
        return registry


def wire(registry: PluginRegistry) -> PluginRuntime:
    """Hand the process its plugins, and these their ways into core."""
    made = PluginRuntime(registry, Dispatcher(registry, is_enabled), core_rules=red_flag_rules())
    use_runtime(made)
    ways = make_ports(ReportRunner)
    use_ports(replace(ways, emit=emit, enqueue=enqueue_job, once=meet_once, mail=mail, on_behalf_of=on_behalf_of))
    return made
