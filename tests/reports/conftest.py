"""A runner over the product's own plugins, and chains filled by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from polyclinic.access.actor import Actor
from polyclinic.kit import clock
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.reports.running import ReportRunner
from polyclinic.testing.worlds import World
from tests.reports.chance import NOW


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def plugins(built_app: Any) -> Iterator[None]:
    """Use the application's plugins, whatever another test left behind."""
    before = runtime()
    use_runtime(built_app.extensions["polyclinic_plugins"])
    yield
    use_runtime(before)


@pytest.fixture
def run(plugins: None, db: Session, world: World) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that runs a report as a role or an actor and returns its rows."""

    def call(key: str, days: Any, who: str | Actor = "chain_administrator", clinics: Any = None, **params: Any) -> Any:
        actor = world.actor(who) if isinstance(who, str) else who
        runner = ReportRunner(Ctx(actor))
        return list(runner.run(key, clinic_ids=clinics, first_on=days[0], last_on=days[1], params=params))

    return call
