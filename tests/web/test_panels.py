"""Panels of plugins in core's pages: a failing one leaves a card, never an error."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import g
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader

from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.kit import clock
from polyclinic.plugins.contract import Panel, PanelContent
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.registry import Declarations, LoadedPlugin, PluginRegistry, PluginState
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.scheduling.commands import BookAppointment, CreateService, Start
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.therapists.commands import CreateTherapist
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.web.actor import SignIn
from polyclinic.web.panels import slot, slot_batch


def good(_ctx, subjects):
    return {subject: PanelContent("demo/none.html", {}) for subject in subjects}


def broken(_ctx, _subjects):
    raise RuntimeError("no")


@pytest.fixture
def with_panel(app, world):
    before = runtime()

    def use(render, *, lazy=False, permission="clients:read"):
        panel = Panel("client.tab", "demo.panel", "Exercises", permission, render, lazy=lazy)
        plugin = LoadedPlugin("demo", "1", PluginState.INSTALLED, declarations=Declarations(panels=(panel,)))
        registry = PluginRegistry((plugin,))
        use_runtime(PluginRuntime(registry, Dispatcher(registry, lambda *_: True)))

    def shown(role):
        with app.test_request_context("/"):
            g.sign_in = SignIn(world.actor(role))
            return str(slot("client.tab", world.id))

    yield use, shown
    use_runtime(before)


def test_raising_panel_leaves_a_card_with_its_log_number(with_panel):
    use, shown = with_panel
    use(broken)

    page = shown("therapist")

    assert "Exercises" in page
    assert "This part could not be loaded." in page


def test_panel_whose_template_is_missing_leaves_a_card(with_panel):
    use, shown = with_panel
    use(good)

    page = shown("therapist")

    (failure,) = runtime().dispatcher.failures()
    assert "This part could not be loaded." in page
    assert (failure.hook, failure.log_id in page) == ("template demo/none.html", True)


def test_lazy_panel_is_a_place_that_loads_itself(with_panel, world):
    use, shown = with_panel
    use(broken, lazy=True)

    assert f'hx-get="/panels/demo.panel?subject={world.id}"' in shown("therapist")


def test_panel_is_not_offered_without_its_permission(with_panel):
    use, shown = with_panel
    use(good, permission="audit:read")

    assert shown("therapist") == ""


@pytest.fixture
def with_panels(app, world, tmp_path):
    """Put panels of a plugin with one template into core's pages."""
    before, loader = runtime(), app.jinja_loader
    (tmp_path / "mark.html").write_text("<i>{{ text }}</i>")
    app.jinja_loader = ChoiceLoader([loader, PrefixLoader({"demo": FileSystemLoader(tmp_path)})])
    app.jinja_env.cache.clear()

    def use(*panels):
        plugin = LoadedPlugin("demo", "1", PluginState.INSTALLED, declarations=Declarations(panels=panels))
        registry = PluginRegistry((plugin,))
        use_runtime(PluginRuntime(registry, Dispatcher(registry, lambda *_: True)))

    yield use
    use_runtime(before)
    app.jinja_loader = loader
    app.jinja_env.cache.clear()


def panel_in(slot_name, render, *, lazy=True):
    return Panel(slot_name, "demo.panel", "Exercises", "appointments:read", render, lazy=lazy)


def named(_ctx, subjects):
    return {subject: PanelContent("demo/mark.html", {"text": f"mark of {subject}"}) for subject in subjects}


def test_batch_asks_a_panel_once_for_all_subjects(app, world, with_panels):
    asked = []

    def render(ctx, subjects):
        asked.append(subjects)
        return named(ctx, subjects[:2])

    with_panels(panel_in("calendar.event.badge", render))
    with app.test_request_context("/"):
        g.sign_in = SignIn(world.actor("therapist"))
        shown = slot_batch("calendar.event.badge", [UUID(int=number) for number in range(3)])

    one, two, three = (str(UUID(int=number)) for number in range(3))
    assert asked == [(one, two, three)]
    assert shown == {one: f"<i>mark of {one}</i>", two: f"<i>mark of {two}</i>"}


def test_panel_within_a_line_has_no_card_and_leaves_a_mark_when_it_fails(app, world, with_panels):
    with_panels(panel_in("client.header.alert", broken))
    with app.test_request_context("/"):
        g.sign_in = SignIn(world.actor("therapist"))
        shown = str(slot("client.header.alert", world.id))

    assert "Exercises could not be loaded (log number " in shown
    assert "card" not in shown


@pytest.fixture
def booked(app, db, world):
    """Book one visit of the second clinic's day in the test's transaction."""
    admin = world.actor()
    service = create_service(admin, CreateService("Massage", 60))
    therapist = create_therapist(admin, CreateTherapist("Ada Kim", (world.clinic.id,)))
    client = create_client(admin, CreateClient(world.clinic.id, "Noor", "Aziz"))
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    wanted = (world.clinic.id, client.id, therapist.id, service.id, Start(starts_at=start))
    visit = book_appointment(admin, BookAppointment(*wanted, overbook_reason="outside the hours of this test"))
    subjects = dict.fromkeys(("calendar.panel.action", "calendar.panel.section", "calendar.event.badge"), visit.id)
    subjects |= {"service.form": service.id, "today.card": world.id}
    day = visit.local_start.date().isoformat()
    return {"visit": visit.id, "day": day, "service": service.id, "subjects": subjects}


@pytest.mark.parametrize(
    ("slot_name", "path"),
    [
        ("calendar.panel.action", "/appointments/{visit}"),
        ("calendar.panel.section", "/appointments/{visit}"),
        ("calendar.event.badge", "/calendar?date={day}&clinic=all"),
        ("service.form", "/services/{service}"),
        ("today.card", "/today"),
    ],
)
def test_page_has_its_slot(browse, booked, with_panels, slot_name, path):
    with_panels(panel_in(slot_name, named, lazy=False))

    page = browse().get(path.format(**booked)).get_data(as_text=True)

    assert f"<i>mark of {booked['subjects'][slot_name]}</i>" in page
