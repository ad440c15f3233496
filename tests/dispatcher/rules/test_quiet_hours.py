"""Allowed hours, against a second reading of the rules: by asking each zone's clock at the moment itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.model.campaign import QuietHours
from dispatcher.numbering.area_codes import AreaCode, area_codes
from dispatcher.rules.quiet_hours import ANY_TIME, Hours, Party, place_of

#: Those with a place.
PLACES = {code: place for code, place in area_codes().items() if place.country}
#: Of the states and provinces.
STATES = {code: place for code, place in PLACES.items() if place.country in ("US", "CA")}
#: Each of their combinations of hours once.
EVERYWHERE = list({(place.states, place.zones): place for place in STATES.values()}.values())
#: Area codes whose numbers may be in two zones, as public lists have them.
SPLIT = [
    str(code)
    for code in (
        208,
        219,
        250,
        270,
        308,
        418,
        423,
        541,
        574,
        605,
        606,
        620,
        701,
        709,
        775,
        785,
        807,
        812,
        850,
        867,
        879,
        906,
        907,
        928,
        986,
    )
]
MARGIN_SECONDS = 600.0
_EARLY = {"FL", "MD", "OK", "WA", "MS", "NJ"}
#: One area code of each state with hours of its own.
STRICT = {
    "CT": "203",
    "FL": "305",
    "MD": "301",
    "MS": "601",
    "NJ": "201",
    "OK": "405",
    "RI": "401",
    "TX": "512",
    "WA": "206",
}
CLOCK_CHANGES = (datetime(2027, 3, 14, tzinfo=UTC), datetime(2027, 11, 7, tzinfo=UTC))

codes = st.one_of(
    st.sampled_from(SPLIT), st.sampled_from(sorted(STRICT.values())), st.sampled_from(sorted(PLACES))
)
clock_change_moments = st.builds(
    lambda day, ms: int(day.timestamp() * 1000) + ms,
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-86_400_000, 2 * 86_400_000),
)
policies: st.SearchStrategy[QuietHours] = st.sampled_from(["federal", "us-strict"])


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def opening(state: str, local: datetime) -> tuple[int, int]:
    """The stricter states' hours, written down a second time."""
    weekday = local.weekday()
    if state == "CT":
        return 9, 20
    if state == "RI":
        return (9, 18) if weekday < 5 else (10, 17)
    if state == "TX":
        return (9, 21) if weekday < 6 else (12, 21)
    return (8, 20) if state in _EARLY else (8, 21)


def open_at(number: str, zone: str | None, policy: QuietHours, moment_ms: int) -> bool:
    place = PLACES.get(number[1:4])
    places = [place] if place else EVERYWHERE
    return all(open_in(each, zone, policy, moment_ms) for each in places)


def open_in(place: AreaCode, zone: str | None, policy: QuietHours, moment_ms: int) -> bool:
    states = place.states if policy == "us-strict" else ()
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC)
    clocks = [moment.astimezone(ZoneInfo(name)) for name in ((zone,) if zone else place.zones)]
    return all(
        opening(state, clock)[0] <= clock.hour < opening(state, clock)[1]
        for clock in clocks
        for state in (*states, "")
    )


def number_in(area_code: str) -> str:
    return f"1{area_code}5550123"


@given(codes, policies, clock_change_moments)
def test_around_both_clock_changes_a_moment_is_allowed_exactly_when_every_clock_of_the_area_code_allows_it(
    area_code: str, policy: QuietHours, moment_ms: int
) -> None:
    number = number_in(area_code)
    window = Hours(policy, 0).window([(number, None)], moment_ms)
    assert window is not None
    assert window.allows(moment_ms) == open_at(number, None, policy, moment_ms)


@pytest.mark.parametrize("policy", ["federal", "us-strict"])
@pytest.mark.parametrize("area_code", [*SPLIT, *STRICT.values(), "800", "999"])
def test_every_quarter_of_an_hour_of_the_days_of_a_clock_change_is_judged_as_the_clocks_there_do(
    area_code: str, policy: QuietHours
) -> None:
    hours, number = Hours(policy, 0), number_in(area_code)
    for day in CLOCK_CHANGES:
        for quarter in range(-24, 4 * 60):
            moment_ms = int((day + timedelta(minutes=15 * quarter)).timestamp() * 1000)
            for at_ms in (moment_ms - 1, moment_ms):
                window = hours.window([(number, None)], at_ms)
                assert window is not None
                assert window.allows(at_ms) == open_at(number, None, policy, at_ms)


@given(
    st.lists(st.tuples(codes, st.sampled_from([None, "America/Denver", "UTC"])), min_size=1, max_size=9),
    policies,
    clock_change_moments,
)
def test_a_group_may_have_a_message_only_when_every_member_may(
    places: list[tuple[str, str | None]], policy: QuietHours, moment_ms: int
) -> None:
    parties: list[Party] = [(number_in(code), zone) for code, zone in places]
    window = Hours(policy, 0).window(parties, moment_ms)
    allowed = window is not None and window.allows(moment_ms)
    assert allowed == all(open_at(number, zone, policy, moment_ms) for number, zone in parties)


@given(codes, policies, clock_change_moments)
def test_a_window_that_is_announced_opens_when_it_says_and_not_before(
    area_code: str, policy: QuietHours, moment_ms: int
) -> None:
    number = number_in(area_code)
    window = Hours(policy, MARGIN_SECONDS).window([(number, None)], moment_ms)
    assert window is not None
    if not window.allows(moment_ms):
        assert window.from_ms > moment_ms
        assert open_at(number, None, policy, window.from_ms)
        assert not open_at(number, None, policy, window.from_ms - 1)
    assert open_at(number, None, policy, window.until_ms + int(MARGIN_SECONDS * 1000) - 1)
    assert not open_at(number, None, policy, window.until_ms + int(MARGIN_SECONDS * 1000))


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-06-10T07:59:59.999-04:00", False),
        ("2026-06-10T08:00:00-04:00", True),
        ("2026-06-10T20:59:59.999-04:00", True),
        ("2026-06-10T21:00:00-04:00", False),
    ],
)
def test_the_federal_day_is_from_eight_to_before_nine_in_the_evening(moment: str, allowed: bool) -> None:
    window = Hours("federal", 0).window([("15165550123", None)], ms(moment))
    assert window is not None
    assert window.allows(ms(moment)) is allowed


def test_windows_close_early_by_the_margin() -> None:
    hours, late = Hours("federal", 600), ms("2026-06-10T20:50:00-04:00")
    window = hours.window([("15165550123", None)], late)
    assert window is not None
    assert window.from_ms == ms("2026-06-11T08:00:00-04:00")
    before = hours.window([("15165550123", None)], late - 1)
    assert before is not None
    assert before.allows(late - 1)


def test_an_explicit_zone_comes_before_the_area_code() -> None:
    morning_in_new_york = ms("2026-06-10T08:30:00-04:00")
    hours = Hours("federal", 0)
    eastern = hours.window([("15165550123", None)], morning_in_new_york)
    moved_west = hours.window([("15165550123", "America/Los_Angeles")], morning_in_new_york)
    assert eastern is not None
    assert moved_west is not None
    assert eastern.allows(morning_in_new_york)
    assert moved_west.from_ms == ms("2026-06-10T08:00:00-07:00")


def test_a_state_keeps_its_hours_also_for_a_number_that_gives_a_zone() -> None:
    evening = ms("2026-06-10T20:30:00-04:00")
    window = Hours("us-strict", 0).window([("13055550123", "America/New_York")], evening)
    assert window is not None
    assert not window.allows(evening)


def test_a_group_that_shares_no_hours_within_eight_days_has_no_window() -> None:
    zones = ("America/New_York", "Asia/Tokyo", "Europe/London")
    far_apart: list[Party] = [(f"1516555010{index}", zone) for index, zone in enumerate(zones)]
    assert Hours("federal", 0).window(far_apart, ms("2026-06-10T12:00:00-04:00")) is None


def test_without_quiet_hours_any_time_will_do() -> None:
    assert Hours("off", 600).window([("15165550123", None)], 0) == ANY_TIME


def test_the_area_codes_that_span_two_zones_are_those_of_the_public_lists_and_their_overlays() -> None:
    offsets = {
        code: {
            datetime(2026, month, 1, 12, tzinfo=ZoneInfo(zone)).utcoffset()
            for zone in places.zones
            for month in (1,)
        }
        for code, places in STATES.items()
    }
    spanning = {code for code, found in offsets.items() if len(found) > 1}
    overlays = {"236", "257", "364", "367", "448", "458", "672", "729", "778", "930"}
    # Nevada and Arizona differ by the season.
    assert spanning | {"928"} == set(SPLIT) | overlays


def test_every_state_with_hours_of_its_own_is_found_by_an_area_code() -> None:
    for state, area_code in STRICT.items():
        place = place_of(number_in(area_code))
        assert place is not None
        assert place.states == (state,)


def test_a_number_of_unknown_place_is_written_to_when_it_is_day_from_hawaii_to_newfoundland() -> None:
    hours = Hours("federal", 0)
    for moment, opens in (
        ("2026-12-01T12:00Z", "2026-12-01T18:00Z"),
        ("2026-06-01T12:00Z", "2026-06-01T18:00Z"),
    ):
        window = hours.window([(number_in("237"), None)], ms(moment))
        assert window is not None
        assert window.from_ms == ms(opens)  # 8 a.m. in Honolulu
    in_winter = hours.window([(number_in("237"), None)], ms("2026-12-01T12:00Z"))
    assert in_winter is not None
    assert in_winter.until_ms == ms("2026-12-02T00:30Z")  # 9 p.m. in St. John's


def test_an_area_code_that_the_installation_adds_has_the_hours_of_its_place() -> None:
    sunday = ms("2026-06-14T15:30Z")
    hours = Hours("us-strict", 0, "237=US-TX")
    window = hours.window([(number_in("237"), None)], sunday)
    assert window is not None
    # From noon on a Sunday in El Paso, which is an hour behind the rest of Texas.
    assert window.from_ms == ms("2026-06-14T18:00Z")


@pytest.mark.parametrize(
    ("area_code", "zone"),
    [("787", "America/Puerto_Rico"), ("671", "Pacific/Guam"), ("876", "America/Jamaica")],
)
def test_territories_and_islands_have_their_own_clock(area_code: str, zone: str) -> None:
    window = Hours("us-strict", 0).window([(number_in(area_code), None)], ms("2026-06-14T15:30Z"))
    assert window is not None
    opens = datetime.fromtimestamp(window.from_ms / 1000, ZoneInfo(zone))
    assert (opens.hour, opens.minute) == (8, 0)
