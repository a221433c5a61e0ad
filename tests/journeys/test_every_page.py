"""Every page: accessible in light and dark, at a desk and on a phone, quiet in the console, within the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
from flask import Flask

from polyclinic.testing.browsers import DESK, PHONE, TABLET, assert_ui_ok, overflow
from tests.journeys.chain import Chain

pytestmark = pytest.mark.browser

Address = Callable[[Chain], str]


def plain(path: str) -> Address:
    return lambda _chain: path


# Route -> (who looks, address). A route that is missing here fails below.
PAGES: Mapping[str, tuple[str | None, Address]] = MappingProxyType(
    {
        "/sign-in": (None, plain("/sign-in")),
        "/account": ("therapist", plain("/account")),
        "/api/docs": (None, plain("/api/docs")),
        "/api/docs/groups/<api_group>": (
            None,
            plain("/api/docs/groups/appointments#operation-post-api-v1-appointments"),
        ),
        "/api/docs/problems": (None, plain("/api/docs/problems")),
        "/_/ui": ("therapist", plain("/_/ui")),
        "/today": ("therapist", plain("/today")),
        "/calendar": ("front_desk", plain("/calendar?view=day")),
        "/appointments/new": ("front_desk", plain("/appointments/new")),
        "/appointments/<uuid:appointment_id>": ("front_desk", lambda chain: f"/appointments/{chain.visit.id}"),
        "/clients": ("front_desk", plain("/clients")),
        "/clients/new": ("front_desk", plain("/clients/new")),
        "/clients/<uuid:client_id>": ("therapist", lambda chain: f"/clients/{chain.clients['Cole']}"),
        "/clients/<uuid:client_id>/edit": ("front_desk", lambda chain: f"/clients/{chain.clients['Cole']}/edit"),
        "/clients/<uuid:client_id>/health-history": (
            "therapist",
            lambda chain: f"/clients/{chain.clients['Cole']}/health-history",
        ),
        "/clients/<uuid:client_id>/merge": (
            "chain_administrator",
            lambda chain: f"/clients/{chain.clients['Hale']}/merge",
        ),
        "/clients/merges/<uuid:merge_id>": ("chain_administrator", lambda chain: f"/clients/merges/{chain.merge_id}"),
        "/clients/<uuid:client_id>/erase": (
            "chain_administrator",
            lambda chain: f"/clients/{chain.clients['Moss']}/erase",
        ),
        "/clients/<uuid:client_id>/export": ("therapist", lambda chain: f"/clients/{chain.clients['Cole']}/export"),
        "/treatment-records/new": (
            "therapist",
            lambda chain: f"/treatment-records/new?appointment={chain.return_visit.id}",
        ),
        "/treatment-records/<uuid:record_id>": (
            "therapist",
            lambda chain: f"/treatment-records/{chain.signed_record_id}",
        ),
        "/treatment-records/<uuid:record_id>/sign": (
            "therapist",
            lambda chain: f"/treatment-records/{chain.draft_record_id}/sign",
        ),
        "/therapists": ("chain_administrator", plain("/therapists")),
        "/therapists/new": ("chain_administrator", plain("/therapists/new")),
        "/therapists/<uuid:therapist_id>": ("chain_administrator", lambda chain: f"/therapists/{chain.ana.id}"),
        "/services": ("chain_administrator", plain("/services")),
        "/services/new": ("chain_administrator", plain("/services/new")),
        "/services/<uuid:service_id>": ("chain_administrator", lambda chain: f"/services/{chain.massage.id}"),
        "/clinics": ("chain_administrator", plain("/clinics")),
        "/clinics/new": ("chain_administrator", plain("/clinics/new")),
        "/clinics/<uuid:clinic_id>": ("chain_administrator", lambda chain: f"/clinics/{chain.world.clinic.id}"),
        "/plugins": ("chain_administrator", plain("/plugins")),
        "/plugins/<plugin_id>": ("chain_administrator", plain("/plugins/billing")),
        "/plugins/<plugin_id>/approval": ("chain_administrator", plain("/plugins/billing/approval")),
    }
)
# More states of the pages above.
STATES: Mapping[str, tuple[str | None, Address]] = MappingProxyType(
    {
        "calendar week": ("chain_administrator", plain("/calendar?view=week&clinic=all")),
        "calendar of an empty day": ("front_desk", plain("/calendar?view=day&date=2027-05-01")),
        "today of the clinic": ("therapist", plain("/today?of=clinic")),
        "today without visits": ("chain_administrator", plain("/today")),
        "clients not found": ("front_desk", plain("/clients?q=zzz")),
        "record editor": ("therapist", lambda chain: f"/treatment-records/{chain.draft_record_id}"),
        "client as the front desk sees them": ("front_desk", lambda chain: f"/clients/{chain.clients['Cole']}"),
        "two clients compared": (
            "chain_administrator",
            lambda chain: f"/clients/{chain.clients['Hale']}/merge?other={chain.clients['Aziz']}",
        ),
        "two clients who cannot be merged": (
            "chain_administrator",
            lambda chain: f"/clients/{chain.clients['Cole']}/merge?other={chain.clients['Lang']}",
        ),
        "client who was erased": (
            "chain_administrator",
            lambda chain: f"/clients/{chain.erased_client_id}/erase",
        ),
        "erasing with visits ahead": (
            "chain_administrator",
            lambda chain: f"/clients/{chain.clients['Lang']}/erase",
        ),
        "client without anything": ("front_desk", lambda chain: f"/clients/{chain.clients['Moss']}"),
        "services not found": ("front_desk", plain("/services?q=zzz")),
    }
)
# Looked at on a phone alone: it repeats one line 180 times, which the page of a group shows at a desk.
LONG = frozenset({"/api/docs"})
# Routes that answer with a part of a page, data or a redirect.
NO_PAGES = frozenset(
    {
        "/",
        "/healthz",
        "/healthz/live",
        "/static/<path:filename>",
        "/appointments/new/choices",
        "/appointments/new/clients",
        "/clients/suggest",
        "/clients/<uuid:client_id>/export.json",
        "/panels/<key>",
        "/documents/<key>/<uuid:subject_id>",
        "/_/ui/panel",
    }
)


# Forms of plugins that are on: test_plugin_forms.py looks at them.
PLUGIN_FORMS = frozenset(
    {
        "/plugins/<plugin_id>/settings",
        *(
            f"/{noun}s/<uuid:{noun}_id>/extensions/<plugin_id>"
            for noun in ("appointment", "client", "clinic", "service", "therapist")
        ),
    }
)


def test_every_page_is_listed(site):
    assert page_routes(site.app) - PLUGIN_FORMS == set(PAGES)


def page_routes(app: Flask) -> set[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.methods and "GET" in rule.methods]
    # A plugin looks at its own pages in its own tests.
    return {rule.rule for rule in rules if not rule.rule.startswith(("/api/v1/", "/ext/"))} - NO_PAGES


@pytest.mark.parametrize("name", [*PAGES, *STATES])
def test_page_is_accessible_and_fits(visit, chain, name):
    who, address = (PAGES | STATES)[name]
    page = visit(who)
    answer = page.goto(address(chain))
    assert answer.status == 200
    if name not in LONG:
        assert_ui_ok(page)
    widths = {}
    for size in (DESK, TABLET, (768, 1024), PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        widths[size[0]] = overflow(page)
    assert widths == dict.fromkeys(widths, 0)
    assert_ui_ok(page)
