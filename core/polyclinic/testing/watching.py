"""What the tests of a plugin hold against its pages: queries, time, accessibility, content security.

`assert_max_queries(n)`    context manager: at most so many statements run inside, savepoints not counted
`freeze_time(at)`          hold the clock for the rest of the test
`assert_ui_ok(client, url)`  the page answers, keeps the content security policy and fits a telephone; with a Chromium
                           and playwright axe finds no violation of WCAG 2.2 A and AA either, light and dark
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine

from polyclinic.kit import clock
from polyclinic.testing.browsers import THEMES, Console, find_chromium, overflow, violations
from polyclinic.testing.clients import PageClient
from polyclinic.testing.counting import counted
from polyclinic.testing.reading import read_page
from polyclinic.web.security_headers import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

ORIGIN = "http://localhost"
NARROW = {"width": 360, "height": 800}
_SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK TO", "SET LOCAL")


@pytest.fixture
def assert_max_queries(engine: Engine) -> Callable[[int], AbstractContextManager[None]]:
    """Return the context manager that fails when more statements ran inside."""

    @contextmanager
    def limited(most: int) -> Iterator[None]:
        with counted(engine) as found:
            yield
        ran = [text for text in found.texts if not text.startswith(_SAVEPOINTS)]
        if len(ran) > most:
            pytest.fail("\n".join([f"{len(ran)} statements ran, at most {most} were allowed:", *ran]))

    return limited


@pytest.fixture
def freeze_time() -> Iterator[Callable[[datetime], datetime]]:
    """Return the function that holds the clock at an aware instant until the test ends, or until called again."""
    with ExitStack() as stack:

        def hold(at: datetime) -> datetime:
            stack.enter_context(clock.frozen(at))
            return at

        yield hold


@pytest.fixture
def assert_ui_ok(request: pytest.FixtureRequest) -> Callable[[PageClient, str], None]:
    """Return the check of one page as a signed-in client sees it."""

    def check(client: PageClient, url: str) -> None:
        answer = client.get(url)
        html = answer.get_data(as_text=True)
        found = [] if answer.status_code == 200 else [f"{url} answers {answer.status_code}"]
        if answer.headers.get("Content-Security-Policy") != CONTENT_SECURITY_POLICY:
            found.append("the content security policy was changed")
        found += inline_code(html)
        if not found and find_chromium() is not None and _has_playwright():
            found += look_at(request.getfixturevalue("chromium"), client, url)
        if found:
            pytest.fail("\n".join([url, *found]))

    return check


def inline_code(html: str) -> list[str]:
    """Return what the content security policy would refuse: inline scripts, styles and handlers."""
    found = []
    for tag, attributes in read_page(html).elements:
        if tag == "style" or (tag == "script" and "src" not in attributes):
            found.append(f"inline <{tag}>")
        found += [f"{name} on <{tag}>" for name in attributes if name == "style" or name.startswith(("on", "hx-on"))]
    return found


def look_at(browser: Browser, client: PageClient, url: str) -> list[str]:
    """Return what a browser finds wrong with a page that `client` answers, in the test's own transaction."""
    console = Console()
    context = browser.new_context(viewport=NARROW, reduced_motion="reduce", locale="en-GB")  # type: ignore[arg-type]
    try:
        console.listen(context)
        context.route("**/*", lambda route: _answer(route, client))
        page = context.new_page()
        page.goto(f"{ORIGIN}{url}")
        wide = overflow(page)
        found = [f"wider than {NARROW['width']} px by {wide} px"] if wide > 0 else []
        found += [f"{theme}: {text}" for theme in THEMES for text in violations(page, theme)]
        return found + console.problems
    finally:
        context.close()


def _answer(route: Route, client: PageClient) -> None:
    asked = route.request
    path = asked.url.removeprefix(ORIGIN)
    if asked.method != "GET" or not path.startswith("/"):
        route.abort()
        return
    headers = {name: value for name, value in asked.headers.items() if name.startswith("hx-")}
    answer = client.get(path, headers=headers)
    route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.get_data())


def _has_playwright() -> bool:
    try:
        import playwright  # noqa: F401, PLC0415 -- plugin authors who test no browser need none
    except ImportError:
        return False
    return True
