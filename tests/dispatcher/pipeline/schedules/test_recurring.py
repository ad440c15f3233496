"""Recurring broadcasts under a clock that the test moves: each occurrence once, missed ones as was chosen."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.media_check import release_media
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.occurrences import LEAD_MS, MOST_A_TICK, child_id, occur
from dispatcher.pipeline.schedules.recurring import change_schedule, end_schedule, make_schedule, next_after
from dispatcher.pipeline.schedules.upcoming import recurring
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import SENDER

WEEKLY = "mon 09:00 America/New_York"
HOUR_MS = 3_600_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


FIRST = ms("2099-06-01T09:00-04:00")


def make(
    runtime: Runtime, *, late: str = "1h", every: str = WEEKLY, first_ms: int = FIRST, **more: Any
) -> Schedule:
    """A weekly broadcast to two people; its first occurrence is put at FIRST. `more` are settings, and what was found
    of its media."""
    beside = {name: more.pop(name) for name in ("media", "media_files") if name in more}
    schedule = make_schedule(
        runtime.ledger,
        io.BytesIO(b"to\n12125550101\n12125550102\n"),
        filename="weekly.csv",
        settings=CampaignSettings(
            **{"from": (SENDER,), "message": "Hi", "name": "weekly", "quiet_hours": "off", **more}
        ),
        fixed=frozenset(),
        config=runtime.settings,
        every=every,
        run_late_within=late,
        **beside,
    )
    runtime.ledger.redis.zadd("mms:schedule:due", {schedule.id: first_ms})
    return schedule


def coming(ledger: Ledger) -> list[int]:
    return [next_ms for _, next_ms in ledger.schedules.all()]


def test_nothing_happens_before_its_time(runtime: Runtime) -> None:
    make(runtime)
    assert occur(runtime, FIRST - LEAD_MS - 1) == 0
    assert runtime.ledger.campaigns.list() == []


def test_an_occurrence_is_a_campaign_of_its_own_from_the_stored_file(runtime: Runtime) -> None:
    make(runtime)
    assert occur(runtime, FIRST) == 1
    (child,) = runtime.ledger.campaigns.list()
    assert expand(runtime, child.id) == "2 rows"
    assert runtime.ledger.campaign(child.id).state is CampaignState.SCHEDULED
    assert coming(runtime.ledger) == [FIRST + 7 * 24 * HOUR_MS]


def test_two_callers_make_it_once(runtime: Runtime) -> None:
    schedule = make(runtime)
    assert [occur(runtime, FIRST), occur(runtime, FIRST)] == [1, 0]
    runtime.ledger.redis.zadd("mms:schedule:due", {schedule.id: FIRST})
    occur(runtime, FIRST)
    assert len(runtime.ledger.campaigns.list()) == 1


def test_it_comes_again_and_the_file_is_still_there(runtime: Runtime) -> None:
    make(runtime)
    for week in range(3):
        occur(runtime, FIRST + week * 7 * 24 * HOUR_MS)
    children = runtime.ledger.campaigns.list()
    assert [expand(runtime, child.id) for child in children] == ["2 rows"] * 3
    assert all(len(child.id) <= 32 for child in children)


def test_a_late_occurrence_still_starts_within_its_patience(runtime: Runtime) -> None:
    make(runtime, late="2h")
    assert occur(runtime, FIRST + 2 * HOUR_MS) == 1


def test_one_that_is_too_late_is_missed_and_that_is_recorded(runtime: Runtime) -> None:
    make(runtime, late="0s")
    assert occur(runtime, FIRST + HOUR_MS) == 0
    ((schedule, next_ms),) = runtime.ledger.schedules.all()
    assert (schedule.made, schedule.missed, schedule.last_missed_ms) == (0, 1, FIRST)
    assert next_ms == FIRST + 7 * 24 * HOUR_MS
    assert runtime.ledger.campaigns.list() == []


def test_after_weeks_without_power_only_the_newest_starts(runtime: Runtime) -> None:
    make(runtime, late="1d")
    assert occur(runtime, FIRST + 3 * 7 * 24 * HOUR_MS + HOUR_MS) == 1
    ((schedule, _),) = runtime.ledger.schedules.all()
    assert (schedule.made, schedule.missed) == (1, 3)


def test_it_can_be_changed_and_ended(runtime: Runtime) -> None:
    schedule = make(runtime)
    changed = change_schedule(runtime.ledger, schedule.id, "tue 10:00 America/New_York", None)
    assert coming(runtime.ledger) == [next_after(changed.every, runtime.ledger.agenda.now_ms())]
    end_schedule(runtime.ledger, schedule.id)
    assert coming(runtime.ledger) == []
    assert runtime.ledger.redis.keys(f"mms:c:{schedule.id}:*") == []
    with pytest.raises(NotFound):
        end_schedule(runtime.ledger, schedule.id)


@pytest.mark.slow
def test_a_thousand_of_the_same_minute_each_start_once(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime()
    schedule = make(runtime)
    for number in range(999):
        copy = schedule.model_copy(update={"id": f"weekly-{number}"})
        runtime.ledger.redis.copy(f"mms:c:{schedule.id}:upload:0", f"mms:c:{copy.id}:upload:0")
        runtime.ledger.schedules.put(copy, FIRST)
    made = [occur(runtime, FIRST - LEAD_MS) for _ in range(1000 // MOST_A_TICK + 1)]
    assert made == [MOST_A_TICK] * (1000 // MOST_A_TICK) + [0]
    assert len(runtime.ledger.campaigns.list(limit=2000)) == 1000


def test_a_line_that_never_comes_is_refused_and_nothing_is_stored(runtime: Runtime) -> None:
    with pytest.raises(InputError):
        make(runtime, every="0 9 31 2 * America/New_York")
    assert runtime.ledger.redis.keys("mms:c:*") == []


def soon(ledger: Ledger) -> int:
    """A whole minute that comes within the lead."""
    return (ledger.agenda.now_ms() // 60_000 + 3) * 60_000


def test_a_campaign_is_made_and_read_before_its_time_and_waits_for_it(runtime: Runtime) -> None:
    make(runtime)
    assert occur(runtime, FIRST - LEAD_MS) == 1
    (child,) = runtime.ledger.campaigns.list()
    expand(runtime, child.id)
    assert runtime.ledger.agenda.starts(9) == [(child.id, FIRST)]
    assert coming(runtime.ledger) == [FIRST + 7 * 24 * HOUR_MS]


def test_a_child_has_the_terms_and_the_media_of_the_broadcast(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(price_mms=0.02)
    hashed, url = "ab" * 32, "https://media.example/a.png"
    runtime.ledger.media.store(hashed, "image/png", b"x")
    constraints: dict[str, Any] = {"max_cost": "5", "priority": "urgent", "expires_after": "2h"}
    found = {url: MediaFacts(1, "image/png")}
    schedule = make(runtime, media_urls=(url,), media=found, media_files=(hashed,), **constraints)
    occur(runtime, FIRST)
    child = child_id(schedule, FIRST)
    asked = runtime.ledger.redis.hmget(f"mms:c:{child}", ["max_cost", "urgent", "expires_ms"])
    assert asked == [b"5000000", b"1", b"7200000"]
    reading = runtime.ledger.file_readings.begin(child, "me", 1_000)
    assert reading is not None
    assert reading.media == found
    assert runtime.ledger.redis.smembers(f"mms:media:{hashed}:for") == {schedule.id.encode(), child.encode()}


def test_stored_media_are_kept_for_as_long_as_the_broadcast_lives(runtime: Runtime) -> None:
    hashed = "cd" * 32
    runtime.ledger.media.store(hashed, "image/png", b"x")
    schedule = make(runtime, media_files=(hashed,))
    assert runtime.ledger.redis.pttl(f"mms:media:{hashed}") == -1
    release_media(runtime.ledger)
    assert runtime.ledger.redis.pttl(f"mms:media:{hashed}") == -1
    end_schedule(runtime.ledger, schedule.id)
    assert release_media(runtime.ledger) == 1
    assert runtime.ledger.redis.pttl(f"mms:media:{hashed}") > 0


def test_what_is_made_and_has_not_started_ends_with_the_broadcast(runtime: Runtime) -> None:
    at_ms = soon(runtime.ledger)
    schedule = make(runtime, every="* * * * * UTC", first_ms=at_ms)
    while occur(runtime, runtime.ledger.agenda.now_ms()):
        pass
    children = [child.id for child in runtime.ledger.campaigns.list()]
    assert len(children) > 1
    end_schedule(runtime.ledger, schedule.id)
    states = {runtime.ledger.campaign(child).state for child in children}
    assert states == {CampaignState.CANCELLING}


def test_a_late_occurrence_that_has_not_started_ends_with_the_broadcast(runtime: Runtime) -> None:
    now_ms = runtime.ledger.agenda.now_ms()
    schedule = make(runtime, every="0 0 1 1 * UTC", first_ms=now_ms - HOUR_MS // 2)
    assert occur(runtime, now_ms) == 1
    end_schedule(runtime.ledger, schedule.id)
    (child,) = runtime.ledger.campaigns.list()
    assert child.state is CampaignState.CANCELLING


def test_another_line_withdraws_what_was_made_and_makes_a_shared_time_anew(runtime: Runtime) -> None:
    at_ms = soon(runtime.ledger)
    schedule = make(runtime, every="* * * * * UTC", first_ms=at_ms)
    now_ms = runtime.ledger.agenda.now_ms()
    while occur(runtime, now_ms):
        pass
    changed = change_schedule(runtime.ledger, schedule.id, "*/1 * * * * UTC", None)
    while occur(runtime, now_ms):
        pass
    assert runtime.ledger.campaign(child_id(schedule, at_ms)).state is CampaignState.CANCELLING
    assert runtime.ledger.campaign(child_id(changed, at_ms)).state is CampaignState.CHECKING
    assert len(child_id(changed, at_ms)) <= 32


def test_another_patience_leaves_the_calendar_as_it_stands(runtime: Runtime) -> None:
    schedule = make(runtime)
    occur(runtime, FIRST)
    change_schedule(runtime.ledger, schedule.id, None, "2h")
    assert coming(runtime.ledger) == [FIRST + 7 * 24 * HOUR_MS]
    assert occur(runtime, FIRST) == 0
    assert len(runtime.ledger.campaigns.list()) == 1


def test_a_change_while_an_occurrence_is_made_is_not_overwritten(runtime: Runtime) -> None:
    schedule = make(runtime)
    change_schedule(runtime.ledger, schedule.id, None, "2h")
    assert not runtime.ledger.schedules.occurred(schedule, FIRST, FIRST + HOUR_MS)
    assert runtime.ledger.schedules.get(schedule.id).late_ms == 2 * HOUR_MS


def test_the_same_broadcast_is_not_made_twice_unless_that_is_meant(runtime: Runtime) -> None:
    make(runtime)
    with pytest.raises(InputError):
        make(runtime)
    make(runtime, allow_same_file=True)
    make(runtime, every="tue 09:00 America/New_York")
    assert len(coming(runtime.ledger)) == 3


def test_a_ceiling_without_a_price_is_refused_before_anything_is_stored(runtime: Runtime) -> None:
    with pytest.raises(InputError):
        make(runtime, max_cost="5")
    assert runtime.ledger.redis.keys("mms:c:*") == []


def test_a_stored_line_that_is_not_understood_any_more_stands_still_and_says_so(runtime: Runtime) -> None:
    """Earlier versions took `monthly` for every Monday; one such schedule must not stop the tick for all others."""
    old = make(runtime)
    ledger = runtime.ledger
    ledger.schedules.put(old.model_copy(update={"every": "monthly 09:00 America/New_York"}))
    make(runtime, every="tue 09:00 America/New_York")
    assert occur(runtime, FIRST) == 1
    [(stored, next_ms)] = [each for each in ledger.schedules.all() if each[0].id == old.id]
    shown = recurring(stored, next_ms)
    assert "mon#1" in (shown.problem or "")
    assert shown.next_at is None
    change_schedule(ledger, old.id, "mon#1 09:00 America/New_York", None)
    assert recurring(*next(each for each in ledger.schedules.all() if each[0].id == old.id)).problem is None
    end_schedule(ledger, old.id)
