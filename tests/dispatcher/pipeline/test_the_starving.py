"""Nobody waits behind a backlog: what is unconfirmed and what people wrote before polls, polls fair among campaigns.

The backlog is written into the ledger as it would stand, and CarrierX is a stand-in that costs a tenth of a second a
request, on the ledger's clock: minutes of it pass in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints, tick
from tests.backlog import VERBS, Quiet, backlog
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import SENDER, START_MS
from tests.valkey import wait_by_clock

pytestmark = pytest.mark.slow

RATE = 5.0


@pytest.fixture
def ledger(ledger_at_start: Ledger) -> Ledger:
    """What the verbs of this file work on."""
    return ledger_at_start


class Stack:
    """The tick, the queue of the look worker, and one thread of it: the worst that can be."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.queue: deque[str] = deque()
        self.longest = 0

    def run(self, until: Callable[[], bool], *, seconds: float) -> float:
        """Work until that is so; how long it took on the ledger's clock, seconds, at most so many."""
        began = self.runtime.ledger.agenda.now_ms()
        while (went := (self.runtime.ledger.agenda.now_ms() - began) / 1000) < seconds and not until():
            self.runtime.ledger.redis.delete(keys.TICK)
            tick(self.runtime, self._hints())
            self.longest = max(self.longest, len(self.queue))
            if self.queue:
                VERBS[self.queue.popleft()](self.runtime)
            else:
                wait_by_clock(self.runtime.ledger.redis, 1)
        return went

    def _hints(self) -> Hints:
        def nothing(*_: object) -> None:
            return None

        def hint(kind: str) -> Any:
            return lambda *_: self.queue.append(kind)

        kinds = {kind: hint(kind) for kind in VERBS}
        return Hints(send=nothing, expand=nothing, ingest=nothing, **kinds)


def writes_help(runtime: Runtime, api: Quiet) -> Inbound:
    """Somebody asks for help, and the receiver has stored it."""
    text = Inbound("help-sid", runtime.ledger.agenda.now_ms(), "15165550123", SENDER, "HELP", (), "help")
    api.texts[text.sid] = text
    runtime.ledger.inbound.keep(b"0-1", text, needs_review=False, follows=True)
    return text


def outcome(runtime: Runtime, text: Inbound) -> str:
    """What became of an inbound message."""
    return runtime.ledger.inbound.read([text.sid])[0].outcome


@pytest.mark.parametrize("lists", ["well", "refuses", "fails", "ignores", "lags"])
def test_thirty_unconfirmed_beside_sixty_thousand_without_callbacks_are_looked_at_within_a_minute_and_help_is_answered(
    make_runtime: MakeRuntime, ledger: Ledger, lists: str
) -> None:
    sizes = {"vast-abc234": 60_000, "tiny-abc234": 30}
    api = Quiet(ledger, sizes, lists)
    runtime = make_runtime(
        parts={"api": api, "ledger": ledger}, poll_rate="5/s", help_answer="Northwind: call us."
    )
    backlog(ledger, "vast-abc234", 60_000, b"t", at_ms=START_MS - 60_000, due_ms=START_MS - 30_000)
    stack = Stack(runtime)
    stack.run(lambda: False, seconds=10)
    backlog(
        ledger, "tiny-abc234", 30, b"u", at_ms=ledger.agenda.now_ms() - 10_000, due_ms=ledger.agenda.now_ms()
    )
    text = writes_help(runtime, api)
    assert stack.run(lambda: outcome(runtime, text) == "answered", seconds=60) <= 15
    assert stack.run(lambda: _looked_for(api, lists), seconds=60) <= 45
    if lists == "well":
        assert ledger.campaign("tiny-abc234").counts[RecipientState.UNCONFIRMED] == 0
    stack.run(lambda: False, seconds=10)
    assert stack.longest <= len(VERBS), "hints do not pile up"
    times = [at_ms for at_ms, _ in api.asked]
    assert len(times) / ((times[-1] - times[0]) / 1000) <= RATE * 1.02, "all within one budget"
    polled = {what for _, what in api.asked if " vast-abc234 " in what}
    assert len(polled) >= 5, "and what is only undelivered is asked for, too"


def _looked_for(api: Quiet, lists: str) -> bool:
    """Every unconfirmed message was looked for: by a list that shows it, or by one of its own."""
    looks = [what for _, what in api.asked if " tiny-abc234 " in what]
    return bool(looks) if lists == "well" else sum(what.startswith("eq") for what in looks) >= 30


def test_a_list_asks_for_a_whole_batch_so_that_ten_thousand_rows_take_a_third_of_a_minute(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    api = Quiet(ledger, {"vast-abc234": 10_000})
    runtime = make_runtime(parts={"api": api, "ledger": ledger}, poll_rate="5/s")
    backlog(ledger, "vast-abc234", 10_000, b"t", at_ms=START_MS - 60_000, due_ms=START_MS)
    took = Stack(runtime).run(lambda: len({what for _, what in api.asked}) == 100, seconds=60)
    assert len(api.asked) == 100
    assert took <= 25


def test_every_campaign_is_polled_however_many_batches_another_has(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    sizes = {"vast-abc234": 20_000} | {f"tin{index}-abc234": 3 for index in range(5)}
    api = Quiet(ledger, sizes)
    runtime = make_runtime(parts={"api": api, "ledger": ledger}, poll_rate="5/s")
    for name, rows in sizes.items():
        wait = 1_000 if rows == 3 else 10_000
        backlog(ledger, name, rows, b"t", at_ms=START_MS - 60_000, due_ms=START_MS - wait)
    Stack(runtime).run(lambda: sum(" tin" in what for _, what in api.asked) == 5, seconds=60)
    assert len(api.asked) < 100, "none of them waits for the two hundred that were due before"


def test_one_by_one_all_of_a_batch_get_their_turn(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    api = Quiet(ledger, {"vast-abc234": 100}, "refuses")
    runtime = make_runtime(parts={"api": api, "ledger": ledger}, poll_rate="5/s")
    backlog(ledger, "vast-abc234", 100, b"t", at_ms=START_MS - 60_000, due_ms=START_MS)
    gets = api.gets
    Stack(runtime).run(lambda: len(set(gets)) == 100, seconds=900)
    assert len(set(gets)) == 100
    assert len(gets) <= 120
