"""A limit that many campaigns wait for tells each when its turn is: nobody asks long before, none is passed over."""

from __future__ import annotations

import heapq
from collections import Counter

import pytest

from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.rules.rates import Rate
from tests.dispatcher.pipeline.limits.conftest import Desk

TEN = Rate(10, 1)
INTERVAL_MS = 100


def crowd(desk: Desk, count: int, rate: Rate = TEN, **settings: object) -> list[str]:
    """So many campaigns that want the account, each with a batch that is held."""
    desk.limit(ACCOUNT, rate)
    return [desk.campaign(*(1,) * 90, id=f"c{number:03}", **settings) for number in range(count)]


def obedient(
    desk: Desk, ids: list[str], ms: int, *, late_ms: int = 0, first: Counter[str] | None = None
) -> tuple[Counter[str], int]:
    """Each asks when it was told to, `late_ms` later at most; what each was served, and how often was asked.

    `first` is what each was served before.
    """
    served: Counter[str] = Counter(dict.fromkeys(ids, 0))
    asked, end, before = 0, desk.now_ms + ms, first or Counter()
    queue = [(desk.now_ms, id) for id in ids]
    heapq.heapify(queue)
    while queue[0][0] < end:
        at, id = heapq.heappop(queue)
        desk.at(max(at, desk.now_ms))
        answer, asked = desk.ask(before[id] + served[id], id), asked + 1
        lag = (asked * 7) % (late_ms + 1)
        served[id] += answer.word == "go"
        heapq.heappush(queue, (desk.now_ms + answer.wait_ms + lag, id))
    desk.at(end)
    return served, asked


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 7, 60])
def test_all_are_served_evenly_the_limit_is_used_up_and_few_ask_in_vain(desk: Desk, count: int) -> None:
    ids = crowd(desk, count)
    first, _ = obedient(desk, ids, 2 * count * INTERVAL_MS)
    served, asked = obedient(desk, ids, 15_000, first=first)
    assert sum(served.values()) >= 148
    assert max(served.values()) - min(served.values()) <= 1, served
    assert asked <= 5 * sum(served.values()) + count


@pytest.mark.slow
def test_processes_that_are_a_little_late_lose_nothing_of_a_limit_with_a_burst(desk: Desk) -> None:
    ids = crowd(desk, 40, Rate(30, 1.5))
    first, _ = obedient(desk, ids, 4_000)
    served, _ = obedient(desk, ids, 20_000, late_ms=12, first=first)
    assert sum(served.values()) >= 0.97 * 600
    assert max(served.values()) - min(served.values()) <= 2, served


@pytest.mark.slow
@pytest.mark.parametrize("per_second", [1, 10])
def test_a_limit_does_not_stand_still_when_a_large_burst_is_used_up(desk: Desk, per_second: float) -> None:
    """Who is out of turn lets the others have a start, but not until all of the burst is there again."""
    ids = crowd(desk, 5, Rate(per_second, 60))
    served, _ = obedient(desk, ids, int(120_000 / per_second), late_ms=12)
    assert sum(served.values()) >= 0.97 * (60 + 120)
    assert max(served.values()) - min(served.values()) <= 10, served


@pytest.mark.slow
@pytest.mark.parametrize("to", [CampaignState.PAUSED, CampaignState.CANCELLING])
def test_when_most_of_those_that_waited_are_stopped_the_others_get_their_part(
    desk: Desk, to: CampaignState
) -> None:
    ids = crowd(desk, 20)
    first, _ = obedient(desk, ids, 4_000)
    for id in ids[3:]:
        desk.ledger.campaigns.steer(id, to, "by hand")
    served, _ = obedient(desk, ids[:3], 6_000, first=first)
    assert sum(served.values()) >= 58
    assert max(served.values()) - min(served.values()) <= 1, served


def test_each_is_told_its_own_turn_and_comes_half_a_message_before_it(desk: Desk) -> None:
    ids = crowd(desk, 8)
    assert desk.ask(0, ids[0]).word == "go"
    assert [desk.ask(0, id).wait_ms for id in ids[1:]] == [100, 150, 250, 350, 450, 550, 650]


def test_who_is_out_of_turn_does_not_go_ahead_of_its_time_and_who_is_in_turn_does(desk: Desk) -> None:
    ids = crowd(desk, 12, Rate(10, 2))
    assert [desk.ask(message, ids[0]).word for message in (0, 1)] == ["go", "go"]
    for id in ids:
        desk.ask(2, id)
    desk.later(100)  # one more may go, ahead of its time
    assert desk.ask(2, ids[11])[:4] == ("yield", 0, 100 + 1050, "account")
    assert desk.ask(2, ids[0]).word == "go"
    desk.later(200)  # nobody whose turn it was came
    assert desk.ask(2, ids[11]).word == "go"


def test_an_urgent_campaign_is_told_the_next_turn(desk: Desk) -> None:
    ids = crowd(desk, 6)
    for id in ids:
        desk.ask(0, id)
    hurry = desk.campaign(*(1,) * 9, id="hurry", priority="urgent")
    assert desk.ask(0, hurry).wait_ms == INTERVAL_MS


def test_a_limit_of_one_campaign_has_no_turns(desk: Desk) -> None:
    ids = crowd(desk, 1)
    desk.limit(LimitScope.campaign(ids[0]), Rate(1, 1))
    assert desk.ask(0, ids[0]).word == "go"
    assert desk.ask(1, ids[0]).wait_ms == 1_000


def resting(desk: Desk, count: int) -> list[str]:
    """Campaigns that were told a turn far away and gave their batches back."""
    ids = crowd(desk, count, Rate(1, 1))
    for id in ids:
        answer = desk.ask(0, id)
        if answer.word != "go":
            hold = desk.taken[id].hold
            desk.ledger.batches.give_back(
                hold, wait_ms=answer.wait_ms, poll_ms=60_000, look_ms=60_000, rests_for=answer.detail
            )
    return ids


def test_those_that_rest_until_their_turn_are_due_when_the_limit_has_room_before_it(desk: Desk) -> None:
    ids = resting(desk, 9)
    assert desk.ledger.agenda.rouse() == 0
    desk.later(1_000)  # the limit is free, and those whose turn it is are on their way
    assert desk.ledger.agenda.rouse() == 0
    assert desk.ledger.agenda.due(desk.now_ms, 9) == [ids[1]]
    for id in ids[1:5]:
        desk.ledger.redis.zrem("mms:due", id)  # as a pause does
    desk.later(2_001)
    assert desk.ledger.agenda.due(desk.now_ms, 9) == []
    assert desk.ledger.agenda.rouse() == 1
    assert desk.ledger.agenda.due(desk.now_ms, 9) == [ids[5]]


def test_who_rests_for_a_daily_cap_or_a_hold_is_not_roused(desk: Desk) -> None:
    resting(desk, 5)
    desk.later(2_500)
    desk.ledger.agenda.hold(ACCOUNT, 60_000)
    assert desk.ledger.agenda.rouse() == 0


def test_nobody_waits_for_a_turn_that_was_told_before_the_limit_was_raised(desk: Desk) -> None:
    """Told to come in an hour or two: those whose hours are closed by now do not come when they are woken."""
    ids = crowd(desk, 3, Rate(1 / 3600, 1))
    assert [desk.ask(0, id).word for id in ids] == ["go", "wait", "wait"]
    set_limit(desk.ledger, ACCOUNT, rate="10/s")
    desk.later(desk.ask(1, ids[0]).wait_ms)  # what is left of the debt
    served, _ = obedient(desk, ids[:1], 5_000, first=Counter({ids[0]: 1}))
    assert served[ids[0]] >= 49
