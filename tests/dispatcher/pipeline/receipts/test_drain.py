"""A drain that waits a little for more callbacks; its pauses are the tests' clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.callback_stream import StreamEntry
from dispatcher.ledger.store import keys
from dispatcher.pipeline.receipts import drain as drain_module
from dispatcher.pipeline.receipts.drain import (
    HOLD_MS,
    PAUSE_SECONDS,
    QUIET_SECONDS,
    SLICE_SECONDS,
    ingest_for_a_while,
)
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import tick
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.test_tick import Told


@pytest.mark.parametrize(
    ("now", "heard", "goes_on"),
    [(4.999, 4.0, True), (5.0, 4.5, False), (1.999, 1.0, True), (2.0, 1.0, False)],
)
def test_a_drain_goes_on_for_less_than_five_seconds_and_less_than_one_of_silence(
    make_runtime: MakeRuntime, now: float, heard: float, goes_on: bool
) -> None:
    runtime = make_runtime(parts={"stopwatch": lambda: now})
    assert drain_module._goes_on(runtime, 0.0, heard) is goes_on


class Pauses:
    """A stopwatch that only pauses move; in each, something happens."""

    def __init__(self, happens: Callable[[int], None] = lambda _: None) -> None:
        self.now = 1_000.0
        self.times = 0
        self._happens = happens

    def stopwatch(self) -> float:
        """Seconds."""
        return self.now

    def __call__(self, seconds: float) -> None:
        """A pause."""
        self.now += seconds
        self.times += 1
        self._happens(self.times)


@pytest.fixture
def drained(make_runtime: MakeRuntime) -> Callable[..., tuple[str, Pauses]]:
    """Drains while something happens in each pause; what it said, and the pauses."""

    def drain(
        happens: Callable[[Runtime, int], None] = lambda _, __: None, first: int = 1
    ) -> tuple[str, Pauses]:
        pauses = Pauses(lambda time: happens(runtime, time))
        runtime = make_runtime(parts={"stopwatch": pauses.stopwatch})
        for _ in range(first):
            runtime.ledger.callback_stream.store(b"{}", 1)
        return ingest_for_a_while(runtime, "tester", pauses), pauses

    return drain


def _one_more(runtime: Runtime, _: int) -> None:
    runtime.ledger.callback_stream.store(b"{}", 1)


def test_an_empty_inbox_is_not_waited_at(drained: Callable[..., tuple[str, Pauses]]) -> None:
    said, pauses = drained(first=0)
    assert (said, pauses.times) == ("0 callbacks, 0 rows changed", 0)


def test_what_comes_a_little_later_needs_no_task_of_its_own_and_it_ends_in_time(
    drained: Callable[..., tuple[str, Pauses]],
) -> None:
    said, pauses = drained(_one_more)
    assert said == f"{pauses.times + 1} callbacks, 0 rows changed"
    assert SLICE_SECONDS <= pauses.now - 1_000 <= SLICE_SECONDS + 2 * PAUSE_SECONDS


def test_it_ends_when_nothing_comes_any_more(drained: Callable[..., tuple[str, Pauses]]) -> None:
    said, pauses = drained()
    assert said == "1 callbacks, 0 rows changed"
    assert pauses.now - 1_000 <= QUIET_SECONDS + 2 * PAUSE_SECONDS


def test_a_worker_that_is_to_stop_leaves_the_rest_to_the_next_hint(make_runtime: MakeRuntime) -> None:
    pauses = Pauses()
    runtime = make_runtime(parts={"stopwatch": pauses.stopwatch, "is_stopping": lambda: pauses.times == 1})
    stream = runtime.ledger.callback_stream
    stream.store(b"{}", 1)

    def pause(seconds: float) -> None:
        stream.store(b"{}", 1)
        pauses(seconds)

    assert ingest_for_a_while(runtime, "tester", pause) == "1 callbacks, 0 rows changed"
    assert pauses.times == 1
    assert stream.waiting() == 1
    told = Told()
    tick(runtime, told())
    assert told.take() == [("ingest", "", 0)]


def test_nobody_is_hinted_at_callbacks_while_it_is_under_way_and_none_is_left_for_want_of_a_hint(
    drained: Callable[..., tuple[str, Pauses]],
) -> None:
    hinted: list[bool] = []

    def receiver(runtime: Runtime, _: int) -> None:
        runtime.ledger.callback_stream.store(b"{}", 1)
        hinted.append(runtime.ledger.agenda.latch(keys.INGEST_HINTED, 200))

    said, pauses = drained(receiver)
    assert hinted == [False] * pauses.times
    assert said == f"{pauses.times + 1} callbacks, 0 rows changed"


def test_hints_are_given_again_afterwards(
    drained: Callable[..., tuple[str, Pauses]], runtime: Runtime
) -> None:
    drained()
    assert runtime.ledger.agenda.latch(keys.INGEST_HINTED, 200)


ROUND_MS = 1_500


@pytest.mark.slow
def test_nobody_is_hinted_at_callbacks_however_many_rounds_a_drain_takes(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round takes a second and a half on the latch's clock."""
    ledger, hinted = runtime.ledger, list[bool]()
    take = ledger.callback_stream.take

    def slowly(consumer: str, most: int) -> list[StreamEntry]:
        entries = take(consumer, most)
        left = int(ledger.redis.pttl(keys.INGEST_HINTED)) - ROUND_MS
        ledger.redis.pexpire(keys.INGEST_HINTED, left)  # none left: it is gone
        hinted.append(not ledger.agenda.is_latched(keys.INGEST_HINTED))
        return entries

    monkeypatch.setattr("dispatcher.pipeline.receipts.ingest.MOST_AT_ONCE", 1)
    monkeypatch.setattr(ledger.callback_stream, "take", slowly)
    for _ in range(9):
        ledger.callback_stream.store(b"{}", 1)
    assert ingest_for_a_while(runtime, "tester", lambda _: None).startswith("9 callbacks")
    assert len(hinted) > 9
    assert not any(hinted[:9])
    assert ledger.agenda.latch(keys.INGEST_HINTED, 200), "and it is let go in the end"


def test_after_a_drain_that_was_killed_callbacks_go_on_within_seconds(
    runtime: Runtime, ledger: Ledger
) -> None:
    told = Told()

    def killed(_: float) -> None:
        ledger.callback_stream.store(b"{}", 2)
        raise SystemExit

    ledger.callback_stream.store(b"{}", 1)
    with pytest.raises(SystemExit):
        ingest_for_a_while(runtime, "killed", killed)
    assert 0 < int(ledger.redis.pttl(keys.INGEST_HINTED)) <= HOLD_MS <= 5_000
    for left_ms, hints in ((60_000, []), (0, [("ingest", "", 0)])):
        ledger.redis.pexpire(keys.INGEST_HINTED, left_ms)
        ledger.redis.delete(keys.TICK)
        tick(runtime, told())
        assert told.take() == hints
    assert ingest(runtime, "another") == "1 callbacks, 0 rows changed"
