"""The figures of a plugin say what its hooks cost."""

from polyclinic.plugins.tally import HookFigures, Tally


def test_calls_failures_and_times_add_up_for_each_hook():
    tally = Tally()

    tally.note("notes", "client_badges", 0.002)
    tally.note("notes", "client_badges", 0.004, has_failed=True)
    tally.note("notes", "panel notes.tab", 0.001)
    tally.note("other", "client_badges", 9)

    assert tally.of("notes") == (
        HookFigures("notes", "client_badges", calls=2, failures=1, total_ms=6.0, longest_ms=4.0),
        HookFigures("notes", "panel notes.tab", calls=1, failures=0, total_ms=1.0, longest_ms=1.0),
    )
    assert tally.of("notes")[0].mean_ms == 3.0
    assert tally.of("nobody") == ()
