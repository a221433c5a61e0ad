"""The style guide at `/_/ui`: every component macro once, for authors of pages and for the accessibility tests."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from polyclinic.access.permissions import SIGNED_IN
from polyclinic.kit import clock
from polyclinic.web.actor import SignIn
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("styleguide", url_prefix="/_/ui")


@pages.get("", permission=SIGNED_IN)
def show_styleguide(_sign_in: SignIn) -> str:
    """Show every macro."""
    return render("web/styleguide.html", now=clock.now(), zone=ZoneInfo("Europe/London"))


@pages.get("/panel", permission=SIGNED_IN)
def show_panel(_sign_in: SignIn) -> str:
    """Show what a panel that loads later brings."""
    return "<p>Two exercises, last sent on Monday.</p>"
