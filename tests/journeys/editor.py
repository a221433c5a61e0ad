"""The record editor as a therapist handles it: by mouse, finger or keyboard, through what is visible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

SAVED = "() => /Draft saved/.test(document.getElementById('save-state')?.innerText)"


@dataclass
class Editor:
    """Drives one editor page; `touch` taps instead of clicking."""

    page: Any
    touch: bool = False

    def press(self, locator: Any) -> None:
        """Click or tap."""
        locator.tap() if self.touch else locator.click()

    def start(self, appointment_id: UUID) -> str:
        """Start the record of a visit from Today; return the address of the editor."""
        visit = self.page.locator(f"#visit-{appointment_id}")
        self.press(visit.get_by_role("link", name="Record"))
        self.press(self.page.get_by_role("button", name="Start the record"))
        self.page.wait_for_url(re.compile(r"/treatment-records/[0-9a-f-]{36}$"))
        self.chart("Back").wait_for()
        address: str = self.page.url
        return address

    def chart(self, view: str) -> Any:
        """Return a figure of the body chart."""
        return self.page.get_by_role("group", name=f"Body chart: {view}")

    def treat(self, place: str, view: str = "Back") -> Any:
        """Tap a place on the body; return the row of the new point."""
        points = self.page.locator(".nm-point")
        known = points.count()
        self.press(self.chart(view).get_by_role("button", name=place, exact=True))
        points.nth(known).wait_for()
        self.saved()
        return points.nth(known)

    def treat_by_list(self, place: str) -> None:
        """Add a point by the list of places beside the chart."""
        self.page.get_by_label("Or choose a place").select_option(label=place)
        self.act(self.page.locator(".pc-chart-choose").get_by_role("button", name="Add a point"))

    def point(self, number: int) -> Any:
        """Return the row of a point."""
        return self.page.locator(".nm-point").nth(number - 1)

    def score(self, where: Any, label: str, value: int) -> None:
        """Open a 0-10 strip and choose a value."""
        strip = where.locator("details", has=self.page.locator(f"summary[aria-label^='{label}']"))
        self.press(strip.locator("summary"))
        self.press(strip.locator("label", has_text=re.compile(f"^{value}$")))

    def fill_point(self, number: int, *, pressure: str, hold: str, pain: Sequence[int]) -> None:
        """Set what was done at a point; `pain` before and after."""
        row, of = self.point(number), f"point {number}"
        row.get_by_label(f"Pressure 0 to 5 at {of}").select_option(pressure)
        row.get_by_label(f"Hold in seconds at {of}").fill(hold)
        self.score(row, f"Pain before at {of}", pain[0])
        self.score(row, f"Pain after at {of}", pain[1])

    def act(self, button: Any) -> None:
        """Press a button that edits the draft, and wait until its section was renewed."""
        self.page.evaluate("() => { document.querySelector('[id^=section-]').dataset.old = '' }")
        self.press(button)
        self.page.locator("[data-old]").wait_for(state="detached")
        self.saved()

    def leave(self, button: Any) -> None:
        """Press a button that loads the page anew."""
        with self.page.expect_navigation():
            self.press(button)
        self.chart("Back").wait_for()

    def saved(self) -> None:
        """Wait until the page says that the draft is saved."""
        self.page.wait_for_function(SAVED)

    def sign(self) -> None:
        """Go to the signature and sign."""
        self.saved()
        self.press(self.page.get_by_role("button", name="Sign…"))
        self.page.wait_for_url("**/sign")
        missing = self.page.locator(".pc-error-summary")
        assert missing.count() == 0, missing.inner_text()
        self.press(self.page.get_by_role("button", name="Sign", exact=True))
        self.page.locator(".pc-record-seal, .pc-error-summary").first.wait_for()
        assert missing.count() == 0, missing.inner_text()
