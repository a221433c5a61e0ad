"""Fixtures that drive a real Chromium against a served site; mark such tests `browser`.

`chromium`  one browser per test module
`site`      the served application of `populate`, once per worker
`console`   what the browser complained about: anything unexpected fails the test at its end
`visit`     function (person or role or None, size=DESK, touch=False, theme="light") -> a page in a context of its own
`assert_ui_ok(page)`  no violation of WCAG 2.2 A and AA, light and dark
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import pytest

from polyclinic.testing.sites import Site, open_site
from polyclinic.testing.worlds import Person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

CHROMIUM = "POLYCLINIC_CHROMIUM"
NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
FLAGS = ["--no-sandbox", "--lang=en-GB", "--disable-gpu", "--disable-background-networking"]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES = ("light", "dark")
WAIT_MS = 10_000

Size: TypeAlias = tuple[int, int]
DESK: Size = (1440, 900)
TABLET: Size = (1024, 768)
PHONE: Size = (412, 915)

_STATUS = re.compile(r"responded with a status of (\d{3})")


@dataclass
class Console:
    """Collects what pages complained about; `allow(409)` says which refusals a test provokes."""

    problems: list[str] = field(default_factory=list)
    allowed: set[int] = field(default_factory=set)

    def allow(self, *statuses: int) -> None:
        """Expect answers with these statuses."""
        self.allowed.update(statuses)

    def listen(self, context: BrowserContext) -> None:
        """Watch every page of a context for console errors, policy violations and thrown errors."""
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.problems.append(f"thrown: {error.error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        status = _STATUS.search(message.text)
        is_expected = status is not None and int(status.group(1)) in self.allowed
        if message.type in {"error", "warning"} and not is_expected:
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@dataclass
class Visits:
    """Opens pages in contexts of their own and closes them after the test."""

    browser: Browser
    site: Site
    console: Console
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self, who: str | Person | None = None, *, size: Size = DESK, touch: bool = False, theme: str = "light"
    ) -> Page:
        """Return a blank page, signed in as the role or person; None stays signed out. `touch` emulates a finger."""
        context = self.browser.new_context(
            base_url=self.site.url,
            viewport={"width": size[0], "height": size[1]},
            has_touch=touch,
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/London",
        )
        context.set_default_timeout(WAIT_MS)
        self.contexts.append(context)
        self.console.listen(context)
        if who is not None:
            _sign_in(context, self.site, who)
        return context.new_page()

    def close(self) -> None:
        """Close every context."""
        for context in self.contexts:
            context.close()


def _sign_in(context: BrowserContext, site: Site, who: str | Person) -> None:
    person = site.world.people[who] if isinstance(who, str) else who
    if known := site.cookies.get(person.email):
        context.add_cookies(known)
        return
    answer = context.request.post(
        "/sign-in", form={"email": person.email, "password": person.password, "next": "/account"}, max_redirects=0
    )
    if answer.status != 302:
        pytest.fail(f"{person.email} cannot sign in: {answer.status}")
    site.cookies[person.email] = context.cookies()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a running Chromium; without one the tests are left out, except in continuous integration."""
    program = find_chromium()
    playwright = _import_playwright() if program else None
    if program is None or playwright is None:
        _leave_out("*** No Chromium or no playwright: the browser tests did not run. ***")
    # Module scope: while Playwright runs, this thread has a running event loop, which other tests need for themselves.
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def find_chromium() -> str | None:
    """Return the path of the system's Chromium."""
    named = os.environ.get(CHROMIUM)
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _import_playwright() -> Any:
    try:
        from playwright import sync_api  # noqa: PLC0415 -- plugin authors who test no browser need none
    except ImportError:
        return None
    return sync_api


def _leave_out(sentence: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def site(admin_url: str) -> Iterator[Site]:
    """Serve two unrelated organisations; override this fixture for a site with more in it."""
    with open_site(admin_url) as opened:
        yield opened


@pytest.fixture
def console() -> Iterator[Console]:
    """Watch the browser's console; unexpected complaints fail the test at its end."""
    heard = Console()
    yield heard
    if heard.problems:
        pytest.fail("\n".join(heard.problems))


@pytest.fixture
def visit(chromium: Browser, site: Site, console: Console) -> Iterator[Visits]:
    """Return the opener of pages."""
    visits = Visits(chromium, site, console)
    yield visits
    visits.close()


def assert_ui_ok(page: Page) -> None:
    """Assert that axe finds no violation of WCAG 2.2 A and AA, light and dark."""
    found = {theme: violations(page, theme) for theme in THEMES}
    if any(found.values()):
        pytest.fail(json.dumps(found, indent=1))


def violations(page: Page, theme: str) -> list[str]:
    """Return axe's violations in one theme; beyond colour contrast the themes do not differ, so dark asks for that."""
    page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe_script())
    only = {"type": "tag", "values": STANDARDS} if theme == "light" else {"type": "rule", "values": ["color-contrast"]}
    options = {"resultTypes": ["violations"], "runOnly": only, "elementRef": False}
    # What passed stays in the browser: of a large page it is megabytes, and Playwright walks every value of them.
    found = page.evaluate("options => axe.run(document, options).then(({ violations }) => violations)", options)
    return [_worded(violation) for violation in found]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def _worded(violation: dict[str, Any]) -> str:
    nodes = [f"{' '.join(map(str, node['target']))}: {node['failureSummary']}" for node in violation["nodes"][:4]]
    return f"{violation['id']} at {len(violation['nodes'])}: {nodes}"


def _axe_script() -> str:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- a tool of developers only

    script: str = Axe().axe_script
    return script
