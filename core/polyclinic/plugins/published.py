"""All published views, and their data dictionary as Markdown; docs/plugins keeps a tested copy."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.plugins.views import SCHEMA, PublishedView
from polyclinic.plugins.views_of_events import VIEWS_OF_EVENTS
from polyclinic.plugins.views_of_places import VIEWS_OF_PLACES
from polyclinic.plugins.views_of_visits import VIEWS_OF_VISITS

PUBLISHED = (*VIEWS_OF_PLACES, *VIEWS_OF_VISITS, *VIEWS_OF_EVENTS)

INTRODUCTION = """\
# Data dictionary

These views are all that the SQL of a plugin may read of core; a plugin's own tables lie in its own schema beside them.
Every view shows the rows of the organisation on whose behalf the code runs, and where this page says so only those of
the actor's clinics. The views are part of the contract: columns are added, never taken away or given another meaning,
before the next major version. `polyclinic.sdk.views` offers each of them as a SQLAlchemy table by the name without
`v1_`. This page is generated.

Filter by `organisation_id` in every statement, by `clinic_id` where there is one, and by days with `on_days`: then the
indexes are used.
"""


def data_dictionary() -> str:
    """Return the page that describes every view and every column."""
    return "\n".join([INTRODUCTION, *(line for published in PUBLISHED for line in _page(published))])


def _page(published: PublishedView) -> Iterator[str]:
    yield f"## `{SCHEMA}.{published.table_name}`"
    yield ""
    yield published.meaning
    yield ""
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in published.columns:
        kind = f"{column.type}, may be null" if column.is_nullable else column.type
        yield f"| `{column.name}` | {kind} | {column.meaning} |"
    yield ""
