"""Recurring broadcasts under a clock that the test moves: each occurrence once, missed ones as was chosen."""

from __future__ import annotations

import io
from datetime import datetime

import pytest

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.schedules import Schedule
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.expand import expand
from dispatcher.pipeline.schedules import change_schedule, make_schedule, next_after, occur
from dispatcher.pipeline.world import World
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.factories import SENDER

WEEKLY = "mon 09:00 America/New_York"
HOUR_MS = 3_600_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


FIRST = ms("2099-06-01T09:00-04:00")


def make(world: World, *, late: str = "1h", every: str = WEEKLY) -> Schedule:
    """A weekly broadcast to two people; its first occurrence is put at FIRST."""
    schedule = make_schedule(
        world.ledger,
        io.BytesIO(b"to\n12125550101\n12125550102\n"),
        filename="weekly.csv",
        settings=CampaignSettings(
            **{"from": (SENDER,), "message": "Hi", "name": "weekly", "quiet_hours": "off"}
        ),
        fixed=frozenset(),
        config=world.settings,
        every=every,
        run_late_within=late,
    )
    world.ledger.redis.zadd("mms:schedule:due", {schedule.id: FIRST})
    return schedule


def coming(ledger: Ledger) -> list[int]:
    return [next_ms for _, next_ms in ledger.schedules.all()]


def test_nothing_happens_before_its_time(world: World) -> None:
    make(world)
    assert occur(world, FIRST - 1) == 0
    assert world.ledger.campaigns() == []


def test_an_occurrence_is_a_campaign_of_its_own_from_the_stored_file(world: World) -> None:
    make(world)
    assert occur(world, FIRST) == 1
    (child,) = world.ledger.campaigns()
    assert expand(world, child.id) == "2 rows"
    assert world.ledger.campaign(child.id).state is CampaignState.SCHEDULED
    assert coming(world.ledger) == [FIRST + 7 * 24 * HOUR_MS]


def test_two_callers_make_it_once(world: World) -> None:
    schedule = make(world)
    assert [occur(world, FIRST), occur(world, FIRST)] == [1, 0]
    world.ledger.redis.zadd("mms:schedule:due", {schedule.id: FIRST})
    occur(world, FIRST)
    assert len(world.ledger.campaigns()) == 1


def test_it_comes_again_and_the_file_is_still_there(world: World) -> None:
    make(world)
    for week in range(3):
        occur(world, FIRST + week * 7 * 24 * HOUR_MS)
    children = world.ledger.campaigns()
    assert [expand(world, child.id) for child in children] == ["2 rows"] * 3
    assert all(len(child.id) <= 32 for child in children)


def test_a_late_occurrence_still_starts_within_its_patience(world: World) -> None:
    make(world, late="2h")
    assert occur(world, FIRST + 2 * HOUR_MS) == 1


def test_one_that_is_too_late_is_missed_and_that_is_recorded(world: World) -> None:
    make(world, late="0s")
    assert occur(world, FIRST + HOUR_MS) == 0
    ((schedule, next_ms),) = world.ledger.schedules.all()
    assert (schedule.made, schedule.missed, schedule.last_missed_ms) == (0, 1, FIRST)
    assert next_ms == FIRST + 7 * 24 * HOUR_MS
    assert world.ledger.campaigns() == []


def test_after_weeks_without_power_only_the_newest_starts(world: World) -> None:
    make(world, late="1d")
    assert occur(world, FIRST + 3 * 7 * 24 * HOUR_MS + HOUR_MS) == 1
    ((schedule, _),) = world.ledger.schedules.all()
    assert (schedule.made, schedule.missed) == (1, 3)


def test_it_can_be_changed_and_ended(world: World) -> None:
    schedule = make(world)
    changed = change_schedule(world.ledger, schedule.id, "tue 10:00 America/New_York", None)
    assert coming(world.ledger) == [next_after(changed.every, world.ledger.agenda.now_ms())]
    world.ledger.schedules.remove(schedule.id)
    assert coming(world.ledger) == []
    assert world.ledger.redis.keys(f"mms:c:{schedule.id}:*") == []
    with pytest.raises(NotFound):
        world.ledger.schedules.remove(schedule.id)


def test_a_thousand_of_the_same_minute_each_start_once(make_world: MakeWorld) -> None:
    world = make_world()
    schedule = make(world)
    for number in range(999):
        copy = schedule.model_copy(update={"id": f"weekly-{number}"})
        world.ledger.redis.copy(f"mms:c:{schedule.id}:upload:0", f"mms:c:{copy.id}:upload:0")
        world.ledger.schedules.put(copy, FIRST)
    made = [occur(world, FIRST) for _ in range(3)]
    assert made == [500, 500, 0]
    assert len(world.ledger.campaigns(limit=2000)) == 1000


def test_a_line_that_never_comes_is_refused_and_nothing_is_stored(world: World) -> None:
    with pytest.raises(InputError):
        make(world, every="0 9 31 2 * America/New_York")
    assert world.ledger.redis.keys("mms:c:*") == []
