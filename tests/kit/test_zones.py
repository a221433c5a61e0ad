"""Wall time and instants."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from polyclinic.kit.zones import LocalTimeError, day_bounds, is_zone, to_instant, to_local

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Vancouver",
    "America/St_Johns",
)


def test_wall_time_in_a_gap_names_the_next_valid_one():
    with pytest.raises(LocalTimeError) as caught:
        to_instant(datetime(2027, 3, 28, 1, 30), "Europe/London")

    assert (caught.value.code, caught.value.suggestion) == ("time_in_gap", datetime(2027, 3, 28, 2, 0))
    assert "01:30 does not exist on 28 March 2027 in Europe/London" in str(caught.value)


def test_half_hour_gap_ends_after_half_an_hour():
    with pytest.raises(LocalTimeError) as caught:
        to_instant(datetime(2026, 10, 4, 2, 10), "Australia/Lord_Howe")

    assert caught.value.suggestion == datetime(2026, 10, 4, 2, 30)


def test_wall_time_that_happens_twice_needs_a_choice():
    twice = datetime(2026, 10, 25, 1, 30)

    with pytest.raises(LocalTimeError) as caught:
        to_instant(twice, "Europe/London")

    assert caught.value.code == "time_ambiguous"
    assert to_instant(twice, "Europe/London", fold=0) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert to_instant(twice, "Europe/London", fold=1) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_ten_years_keeps_its_wall_time_or_is_refused(zone):
    local, refused = datetime(2026, 1, 1), 0
    while local < datetime(2036, 1, 1):
        try:
            assert to_local(to_instant(local, zone, fold=0), zone).replace(tzinfo=None) == local
        except LocalTimeError as error:
            refused += 1
            assert error.code == "time_in_gap"
            assert error.suggestion is not None
            assert to_instant(error.suggestion, zone, fold=0) is not None
            assert error.suggestion > local
        local += timedelta(minutes=30) if 0 <= local.hour < 4 else timedelta(hours=4)
    assert refused > 0


def test_days_of_a_year_tile_the_year_without_gap_or_overlap():
    bounds = [day_bounds(date(2026, 1, 1) + timedelta(days=n), "Africa/Cairo") for n in range(365)]

    assert [end for _, end in bounds[:-1]] == [start for start, _ in bounds[1:]]
    assert min(end - start for start, end in bounds) == timedelta(hours=23)


def test_zone_data_is_the_pinned_one():
    assert ZoneInfo("Europe/London").key == "Europe/London"
    assert is_zone("Europe/Berlin")
    assert not is_zone("Europe/Atlantis")
