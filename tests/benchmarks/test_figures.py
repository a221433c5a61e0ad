"""Percentiles, medians and ratios."""

import pytest

from benchmarks.figures import Figures, figures_of, median_of, median_ratio, percentile


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_percentile_is_the_smallest_value_that_covers_the_share(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_percentile_of_one_value_is_that_value():
    assert [percentile([7.0], share) for share in (0.5, 0.95, 0.99)] == [7.0, 7.0, 7.0]


def test_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)


def test_figures_are_per_request_and_in_milliseconds():
    figures = figures_of([0.010, 0.020, 0.030, 0.040], seconds=2.0, cpu=(0.020, 0.008))

    assert figures == Figures(4, 2.0, 20.0, 40.0, 40.0, 5.0, 2.0)
    assert figures.cpu_ms == 7.0


def test_median_takes_each_figure_by_itself():
    rounds = [Figures(10, 1, 5, 5, 5, 9, 1), Figures(10, 3, 1, 9, 5, 1, 2), Figures(10, 2, 3, 7, 5, 5, 3)]

    assert median_of(rounds) == Figures(30, 2, 3, 7, 5, 5, 2)


def test_a_ratio_compares_figures_of_the_same_round():
    # The second round ran on a machine that was ten times busier.
    assert median_ratio([2.0, 20.0, 2.2], [1.0, 10.0, 1.0]) == 2.0
