"""Feeding: a small window, shared among the campaigns that are due."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.feed import OFFER_MS, feed, offer_window
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import LEASE_MS, START_MS, add_campaign, make_batch, token_of
from tests.valkey import set_clock


@pytest.fixture
def ledger(ledger_at_start: Ledger) -> Ledger:
    """What the verbs of this file work on."""
    return ledger_at_start


def alive(runtime: Runtime, processes: int) -> None:
    """So many send processes give signs of life."""
    facts = {"queues": ["send"], "concurrency": processes}
    runtime.ledger.agenda.sign_of_life("send@here", facts, START_MS)


def campaigns(ledger: Ledger, *names: str, batches: int = 30) -> None:
    """Running campaigns with many batches due."""
    for name in names:
        add_campaign(ledger, *(make_batch(1, first_row=1 + number) for number in range(batches)), id=name)


def fed(runtime: Runtime) -> list[tuple[str, int]]:
    """Feed once; the hints published."""
    hints: list[tuple[str, int]] = []
    assert feed(runtime, lambda *hint: hints.append(hint)) == len(hints)
    return hints


def worked_off(runtime: Runtime, name: str, number: int) -> None:
    """A sender takes the batch and gives it back, nothing left in it for an hour."""
    taken = runtime.ledger.batches.take(
        name, number, token=token_of((name, number)), lease_ms=LEASE_MS, look_ms=1
    )
    assert not isinstance(taken, Denied)
    runtime.ledger.batches.give_back(taken.hold, wait_ms=3_600_000, poll_ms=1, look_ms=1)


def test_the_window_is_two_batches_for_each_process(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    runtime = make_runtime()
    assert offer_window(runtime) == 2
    alive(runtime, 4)
    campaigns(ledger, "a")
    assert (len(fed(runtime)), len(fed(runtime))) == (8, 0)


def test_workers_of_other_queues_do_not_widen_the_window(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime()
    runtime.ledger.agenda.sign_of_life("x", {"queues": ["control"], "concurrency": 50}, START_MS)
    assert offer_window(runtime) == 2


def test_campaigns_share_the_window(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    runtime = make_runtime()
    alive(runtime, 4)
    campaigns(ledger, "a", "b")
    assert Counter(name for name, _ in fed(runtime)) == {"a": 4, "b": 4}


def test_the_first_batch_of_every_campaign_is_hinted_at_before_the_second_of_any(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    runtime = make_runtime()
    alive(runtime, 3)
    campaigns(ledger, "a", "b", "c")
    names = [name for name, _ in fed(runtime)]
    assert [set(names[n : n + 3]) for n in (0, 3)] == [{"a", "b", "c"}] * 2


def test_the_share_stays_even_while_batches_finish(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    runtime = make_runtime()
    alive(runtime, 2)
    campaigns(ledger, "old", "new")
    offered = fed(runtime)
    seen = Counter(name for name, _ in offered)
    for _ in range(20):
        worked_off(runtime, *offered.pop(0))
        offered += fed(runtime)
        seen += Counter([offered[-1][0]])
    assert min(seen.values()) >= 10


@pytest.mark.slow
def test_with_more_campaigns_than_places_none_is_passed_over(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    runtime = make_runtime()
    names = [f"c{number}" for number in range(8)]
    campaigns(ledger, *names, batches=60)
    offered = fed(runtime)
    seen = {name for name, _ in offered}
    for _ in range(200):
        worked_off(runtime, *offered.pop(0))
        offered += fed(runtime)
        seen |= {name for name, _ in offered}
    assert seen == set(names)


def test_hints_that_were_lost_are_published_again(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    runtime = make_runtime()
    campaigns(ledger, "a", batches=2)
    first = fed(runtime)
    assert fed(runtime) == []
    set_clock(ledger.redis, START_MS + OFFER_MS)
    assert fed(runtime) == first


def test_a_campaign_that_is_not_due_costs_nothing(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    runtime = make_runtime()
    add_campaign(ledger, start_at_ms=START_MS + 1_000, run=False)
    assert fed(runtime) == []
    set_clock(ledger.redis, START_MS + 1_000)
    assert len(fed(runtime)) == 1


def test_of_more_campaigns_than_places_each_feeding_serves_another_lot(
    make_runtime: MakeRuntime, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime()
    monkeypatch.setattr(random, "shuffle", list.reverse)
    campaigns(ledger, "a", "b", "c", batches=1)
    monkeypatch.setattr(runtime.ledger.agenda, "due", lambda now_ms, most: ["a", "b", "c"])
    assert [name for name, _ in fed(runtime)] == ["c", "b"]


def test_campaigns_for_which_there_are_places_are_served_in_their_order(
    make_runtime: MakeRuntime, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime()
    monkeypatch.setattr(random, "shuffle", list.reverse)
    campaigns(ledger, "a", "b", batches=1)
    monkeypatch.setattr(runtime.ledger.agenda, "due", lambda now_ms, most: ["a", "b"])
    assert [name for name, _ in fed(runtime)] == ["a", "b"]
