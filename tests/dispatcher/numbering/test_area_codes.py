"""The table of area codes, and what an installation adds to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dispatcher.numbering.area_codes import area_codes, as_of, can_be_area_code
from dispatcher.numbering.regions import NAMES
from dispatcher.pipeline.health._area_code_age import old_list


def test_every_code_is_one_that_the_plan_allows_and_has_a_place_or_a_use() -> None:
    for code, known in area_codes().items():
        assert can_be_area_code(code), code
        assert bool(known.country) != bool(known.use), code
        assert (known.country in NAMES) == bool(known.zones), code
        assert bool(known.states) == (known.country in ("US", "CA")), code
        assert all(map(ZoneInfo, known.zones))


def test_the_table_has_every_state_province_and_country_and_what_came_lately() -> None:
    places = {(known.country, state) for known in area_codes().values() for state in known.states}
    assert len([state for country, state in places if country == "US"]) == 51  # with the District of Columbia
    assert len([state for country, state in places if country == "CA"]) == 13
    assert {known.country for known in area_codes().values()} == {"", *NAMES}
    assert area_codes()["679"].states == ("MI",)
    assert area_codes()["465"].in_service == date(2026, 6, 18)
    assert as_of() >= date(2026, 9, 14)


def test_a_code_that_is_added_has_all_zones_of_its_state() -> None:
    added = area_codes("237=US-TX, 238=ca-on,239=PR")
    assert set(added["237"].zones) == {"America/Chicago", "America/Denver"}
    assert added["238"].country == "CA"
    assert added["239"].zones == ("America/Puerto_Rico",)
    assert "237" not in area_codes()


@pytest.mark.parametrize(
    "written", ["237", "237=MI", "237=US", "237=US-XX", "911=US-MI", "2377=US-MI", "237=FR", "237=PR-SJ"]
)
def test_a_code_without_a_place_is_refused_with_what_was_written(written: str) -> None:
    with pytest.raises(ValueError, match=written):
        area_codes(f"238=US-MI,{written}")


def test_a_list_older_than_half_a_year_is_told() -> None:
    made_ms = int(datetime.combine(as_of(), time(), UTC).timestamp() * 1000)
    assert old_list(made_ms + 180 * 86_400_000) is None
    assert str(as_of()) in str(old_list(made_ms + 185 * 86_400_000))
