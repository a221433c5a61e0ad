"""Loading: what becomes active, what is quarantined, and what the operator is told."""

from __future__ import annotations

import sys

import pytest

from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.problems import PluginLoadError
from polyclinic.plugins.registry import Installation, PluginState
from polyclinic.plugins.vocabulary import InstallationState

NOTES = """
    from polyclinic.sdk.forms import SectionSchema, text
    from polyclinic.sdk.sections import SectionType

    class NotesSchema(SectionSchema):
        remark = text("Remark")

    @hookimpl
    def register_sections():
        return [SectionType(key="{key}", version=1, title="Notes", schema=NotesSchema)]
"""


def notes(key: str) -> str:
    return NOTES.replace("{key}", key)


def declaring(hook: str, value: str) -> str:
    return f"from polyclinic.sdk.panels import *\n@hookimpl\ndef {hook}():\n    return [{value}]"


def outcome(registry):
    """Return plugin id, state and problem codes of every plugin."""
    return [
        (plugin.id, plugin.state.value, [problem.code.value for problem in plugin.problems])
        for plugin in registry.plugins
    ]


def test_sound_plugin_is_available_with_its_declarations(shelf):
    shelf.add("notes", notes("notes.remark"), version="2.1")

    registry = load_plugins(shelf.entry_points())

    plugin = registry.get("notes")
    assert (plugin.state, plugin.version, plugin.distribution) == (PluginState.AVAILABLE, "2.1", "polyclinic-notes")
    assert list(registry.sections) == ["notes.remark"]
    assert registry.problems == ()


def test_manifest_is_read_before_any_code_is_imported(shelf):
    shelf.add("old", "raise RuntimeError('imported')", manifest='id = "old"\nrequires_polyclinic = ">=0.1,<0.2"')

    registry = load_plugins(shelf.entry_points())

    assert outcome(registry) == [("old", "incompatible", ["PC001"])]
    assert "polyclinic_old" not in sys.modules


def test_problem_names_plugin_versions_consequence_and_next_step(shelf):
    shelf.add("old", "", manifest='id = "old"\nrequires_polyclinic = "<1"', version="0.9")

    (problem,) = load_plugins(shelf.entry_points()).problems

    assert str(problem) == (
        "PC001 old 0.9 (contract 1.1): it needs contract <1, this Polyclinic offers 1.1. "
        "The plugin was not loaded; everything else runs. "
        "Next: install a version of old for contract 1.1, or upgrade Polyclinic."
    )


@pytest.mark.parametrize(
    "crash", ["raise ValueError('x')", "raise SystemExit(3)", "import polyclinic_absent", "def f(:"]
)
def test_plugin_that_cannot_be_imported_is_quarantined_and_others_load(shelf, crash):
    shelf.add("crashing", crash)
    shelf.add("notes", notes("notes.remark"))

    registry = load_plugins(shelf.entry_points())

    assert outcome(registry) == [("crashing", "broken", ["PC002"]), ("notes", "available", [])]


def test_unknown_hook_is_refused_with_the_nearest_name(shelf):
    shelf.add("typo", "@hookimpl\ndef register_section():\n    return []")

    (problem,) = load_plugins(shelf.entry_points()).problems

    assert (problem.code, problem.what) == (
        "PC003",
        'it implements the hook "register_section", which does not exist. Did you mean "register_sections"?',
    )


def test_hook_without_its_mark_is_refused(shelf):
    shelf.add("unmarked", "def register_sections():\n    return []")

    (problem,) = load_plugins(shelf.entry_points()).problems

    assert (problem.code, problem.what) == (
        "PC003",
        'it defines "register_sections" without the mark @hookimpl, so the hook would never run.',
    )


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (
            "@hookimpl\ndef client_badges(ctx, clients):\n    return {}",
            '"client_badges" takes the argument "clients", which the hook does not have. Did you mean "client_ids"?',
        ),
        (
            "@hookimpl(wrapper=True)\ndef client_badges(ctx):\n    return (yield)",
            '"client_badges" is a hook wrapper; wrappers are not part of the contract.',
        ),
    ],
)
def test_hook_with_other_arguments_or_as_wrapper_is_refused(shelf, code, what):
    shelf.add("mismatch", code)

    (problem,) = load_plugins(shelf.entry_points()).problems

    assert (problem.code, problem.what) == ("PC004", what)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (notes("other.remark"), "PC005"),
        (
            notes("notes.remark").replace(
                "return [", "return [SectionType(key='notes.remark', version=1, title='', schema=NotesSchema), "
            ),
            "PC008",
        ),
        (notes("notes.remark").replace("version=1", "version=2"), "PC010"),
        (notes("notes.remark").replace("version=1", "version=0"), "PC010"),
        (notes("notes.remark").replace("schema=NotesSchema", "schema=dict"), "PC010"),
        (notes("notes.remark").replace("return [", "return 5 or ["), "PC010"),
        ("@hookimpl\ndef register_sections():\n    raise SystemExit(1)", "PC010"),
        ("@hookimpl\ndef register_sections():\n    return ['notes.remark']", "PC010"),
        (declaring("register_permissions", "Permission('clients:read', 'Read')"), "PC005"),
        (declaring("register_navigation", "NavItem('Notes', 'list', 'notes.list:read')"), "PC010"),
        (declaring("register_panels", "Panel('client.tabs', 'notes.tab', 'Notes', 'clients:read', print)"), "PC010"),
    ],
)
def test_declaration_that_breaks_the_contract_is_refused(shelf, code, expected):
    shelf.add("notes", code)

    assert outcome(load_plugins(shelf.entry_points())) == [("notes", "broken", [expected])]


def test_hook_without_its_capability_is_refused(shelf):
    shelf.add(
        "notes", notes("notes.remark"), manifest='id = "notes"\nrequires_polyclinic = ">=1"\ncapabilities = ["api"]'
    )

    assert outcome(load_plugins(shelf.entry_points())) == [("notes", "broken", ["PC006"])]


@pytest.mark.parametrize(
    ("manifest", "what"),
    [
        (None, "its package holds no polyclinic-plugin.toml."),
        (
            'id = "other"\nrequires_polyclinic = ">=1"',
            'the manifest\'s id is "other", the entry point\'s name is "notes".',
        ),
        ('id = "notes"', 'the manifest lacks "requires_polyclinic", a range such as ">=1.0,<2".'),
        ('id = "notes"\nrequires_polyclinic = "one"', '"one" in "requires_polyclinic" is not a version range.'),
        (
            'id = "notes"\nrequires_polyclinic = ">=1"\ncapabilites = []',
            'the manifest has an unknown key "capabilites". Did you mean "capabilities"?',
        ),
        (
            'id = "notes"\nrequires_polyclinic = ">=1"\ncapabilities = ["section"]',
            'there is no capability "section". Did you mean "sections"?',
        ),
        (
            'id = "notes"\nrequires_polyclinic = ">=1"\nlevel = "room"',
            '"level" is "room"; it is one of organisation, clinic, both.',
        ),
        (
            'id = "notes"\nrequires_polyclinic = ">=1"\nversion = "3"',
            'the manifest states a "version"; the version comes from the distribution.',
        ),
    ],
)
def test_manifest_that_is_missing_or_wrong_is_refused(shelf, manifest, what):
    shelf.add("notes", "", manifest=manifest)

    registry = load_plugins(shelf.entry_points())

    assert [(problem.code, problem.what) for problem in registry.problems] == [("PC009", what)]


def needing(needed: str) -> str:
    return f'id = "{{id}}"\nrequires_polyclinic = ">=1"\n[requires_plugins]\n{needed}'


def test_needed_plugin_is_loaded_first(shelf):
    shelf.add("aaa", "import polyclinic_zzz.plugin", manifest=needing('zzz = ">=1"'))
    shelf.add("zzz", "import sys\nassert 'polyclinic_aaa.plugin' not in sys.modules")

    assert outcome(load_plugins(shelf.entry_points())) == [("aaa", "available", []), ("zzz", "available", [])]


def test_plugin_whose_need_is_absent_broken_or_too_old_is_quarantined(shelf):
    shelf.add("alone", "", manifest=needing('absent = ">=1"'))
    shelf.add("broken", "raise ValueError")
    shelf.add("leaning", "", manifest=needing('broken = ">=1"'))
    shelf.add("newer", "", manifest=needing('sound = ">=2"'))
    shelf.add("sound", "", version="1.0")

    assert outcome(load_plugins(shelf.entry_points())) == [
        ("alone", "broken", ["PC007"]),
        ("broken", "broken", ["PC002"]),
        ("leaning", "broken", ["PC007"]),
        ("newer", "broken", ["PC007"]),
        ("sound", "available", []),
    ]


def test_plugins_that_need_each_other_are_quarantined(shelf):
    shelf.add("egg", "", manifest=needing('hen = ">=1"'))
    shelf.add("hen", "", manifest=needing('egg = ">=1"'))
    shelf.add("notes", notes("notes.remark"))

    assert outcome(load_plugins(shelf.entry_points())) == [
        ("egg", "broken", ["PC007"]),
        ("hen", "broken", ["PC007"]),
        ("notes", "available", []),
    ]


def test_two_distributions_of_one_id_are_both_quarantined(shelf):
    shelf.add("notes", notes("notes.remark"))
    shelf.add("notes", notes("notes.remark"), dist="polyclinic-notes-fork")

    assert outcome(load_plugins(shelf.entry_points())) == [
        ("notes", "broken", ["PC008"]),
        ("notes", "broken", ["PC008"]),
    ]


MEASURE = """
    from decimal import Decimal
    from polyclinic.sdk.measures import Better, Measure

    @hookimpl
    def register_measures():
        return [Measure("pain", "Pain", "points", Decimal(0), Decimal({maximum}), Better.LOWER)]
"""


def test_equal_measure_of_two_plugins_is_shared_and_a_different_one_refused(shelf):
    shelf.add("aaa", MEASURE.replace("{maximum}", "10"))
    shelf.add("bbb", MEASURE.replace("{maximum}", "10"))
    shelf.add("ccc", MEASURE.replace("{maximum}", "100"))

    assert outcome(load_plugins(shelf.entry_points())) == [
        ("aaa", "available", []),
        ("bbb", "available", []),
        ("ccc", "broken", ["PC008"]),
    ]


def test_plugin_that_is_left_out_is_discovered_only(shelf):
    shelf.add("notes", "raise ValueError")

    assert outcome(load_plugins(shelf.entry_points(), without={"notes"})) == [("notes", "discovered", [])]


def test_strict_loading_raises_what_would_be_quarantined(shelf):
    shelf.add("crashing", "raise ValueError('x')")

    with pytest.raises(PluginLoadError, match="PC002 crashing"):
        load_plugins(shelf.entry_points(), strict=True)


def test_contract_newer_than_tested_is_advice(shelf):
    shelf.add("notes", "", manifest='id = "notes"\nrequires_polyclinic = ">=0.5"\ntested_up_to = "0.9"')

    assert outcome(load_plugins(shelf.entry_points(), strict=True)) == [("notes", "available", ["PC011"])]


def test_plugin_installed_in_the_database_is_installed_and_archived_when_its_code_is_gone(shelf):
    shelf.add("crashing", "raise ValueError")
    shelf.add("notes", notes("notes.remark"))

    ids = ("notes", "billing", "crashing")
    installations = [Installation(plugin_id, "1.0", InstallationState.INSTALLED) for plugin_id in ids]

    registry = load_plugins(shelf.entry_points()).with_installations(installations)

    assert outcome(registry) == [
        ("billing", "archived", []),
        ("crashing", "broken", ["PC002"]),
        ("notes", "installed", []),
    ]
