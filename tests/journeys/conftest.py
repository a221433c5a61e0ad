"""Journeys run against one populated chain per worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from polyclinic.testing.sites import Site, open_site
from tests.journeys.chain import Chain, make_chain


@pytest.fixture(scope="session")
def served(admin_url: str) -> Iterator[tuple[Site, Chain]]:
    """Serve the chain for the worker."""
    made: list[Chain] = []
    with open_site(admin_url, lambda world: made.append(make_chain(world))) as site:
        yield site, made[0]


@pytest.fixture(scope="session")
def site(served: tuple[Site, Chain]) -> Site:
    """Return the served site."""
    return served[0]


@pytest.fixture(scope="session")
def chain(served: tuple[Site, Chain]) -> Chain:
    """Return what the chain holds."""
    return served[1]
