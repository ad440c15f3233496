"""Hours and opt-outs end to end: what reaches a simulated CarrierX, under a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import QuietHours
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.rules.test_quiet_hours import CLOCK_CHANGES, SPLIT, STRICT, number_in, open_at
from tests.factories import CAMPAIGN, SENDER, add_campaign, make_batch, number_of, recount, states
from tests.valkey import set_clock


class Clock:
    """The time of the ledger and of the workers."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.now_ms = 0

    def set(self, moment: datetime) -> None:
        self.now_ms = int(moment.timestamp() * 1000)
        set_clock(self._ledger.redis, self.now_ms)

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock(timed_ledger: Ledger) -> Clock:
    return Clock(timed_ledger)


@pytest.fixture
def timed(make_runtime: MakeRuntime, timed_ledger: Ledger, clock: Clock) -> Runtime:
    """A runtime whose every clock is the test's."""
    return make_runtime(parts={"ledger": timed_ledger, "clock_ms": clock}, hours_margin=0)


def work(runtime: Runtime, clock: Clock) -> None:
    """What feeder and workers do at this moment."""
    for campaign_id in runtime.ledger.agenda.due(clock.now_ms, 10):
        for number in runtime.ledger.batches.offer(campaign_id, window=100, most=100, offer_ms=1):
            send_batch(runtime, campaign_id, number)


def batch_to(*numbers: str, size: int = 1) -> Batch:
    rows = tuple(BatchRow(row, row + 1, number, None, ()) for row, number in enumerate(numbers, 1))
    groups = [tuple(range(start, min(start + size, len(rows)))) for start in range(0, len(rows), size)]
    return Batch(rows, tuple(BatchMessage(members, SENDER, "Hi", ()) for members in groups))


@pytest.mark.slow
@pytest.mark.parametrize("change", CLOCK_CHANGES, ids=["spring", "autumn"])
@pytest.mark.parametrize("policy", ["federal", "us-strict"])
def test_on_the_days_of_a_clock_change_nothing_is_sent_outside_hours_and_everything_within_them(
    timed: Runtime, simulator: SimulatorHandle, clock: Clock, policy: QuietHours, change: datetime
) -> None:
    numbers = [number_in(code) for code in (*SPLIT, *STRICT.values(), "516", "212", "907")]
    moment = change - timedelta(hours=18)
    clock.set(moment)
    seen: set[str] = set()
    for day in range(2):
        # A campaign begins at each of these moments, so that every hour of the day finds rows that are due.
        for hour in range(0, 24, 2):
            moment = change - timedelta(hours=18) + timedelta(days=day, hours=hour)
            clock.set(moment)
            name = f"at-{day}-{hour}"
            add_campaign(timed.ledger, batch_to(*numbers), id=name, quiet_hours=policy)
            for minute in (0, 59, 60, 119):
                clock.set(moment + timedelta(minutes=minute))
                simulator.clear_received()
                work(timed, clock)
                for message in simulator.received().messages:
                    assert open_at(message["to"][0], None, policy, clock.now_ms)
                    seen.add(message["to"][0])
    assert seen == set(numbers)
    for campaign in timed.ledger.campaigns.list(limit=100):
        recount(timed.ledger, campaign.id)


def test_rows_outside_hours_go_by_themselves_when_their_window_opens(
    timed: Runtime, simulator: SimulatorHandle, clock: Clock
) -> None:
    night = datetime(2026, 6, 10, 7, tzinfo=UTC)
    clock.set(night)
    add_campaign(timed.ledger, batch_to("15165550123", "12135550123"), quiet_hours="us-strict")
    work(timed, clock)
    assert simulator.received().taken == 0
    assert timed.ledger.agenda.due(clock.now_ms, 10) == []
    clock.set(datetime(2026, 6, 10, 12, tzinfo=UTC))
    work(timed, clock)
    assert states(timed.ledger) == ["queued", "pending"]
    clock.set(datetime(2026, 6, 10, 15, tzinfo=UTC))
    work(timed, clock)
    assert timed.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED


def test_each_recipient_gets_it_when_their_own_clock_says_so(
    timed: Runtime, simulator: SimulatorHandle, clock: Clock
) -> None:
    clock.set(datetime(2026, 6, 10, 12, tzinfo=UTC))
    add_campaign(timed.ledger, batch_to("15165550123", "12135550123"), at="2026-06-10 10:00 recipient")
    for hour, taken in ((13, 0), (14, 1), (16, 1), (17, 2)):
        clock.set(datetime(2026, 6, 10, hour, tzinfo=UTC))
        work(timed, clock)
        assert simulator.received().taken == taken


def test_a_group_waits_for_hours_that_all_its_members_share(
    timed: Runtime, simulator: SimulatorHandle, clock: Clock
) -> None:
    clock.set(datetime(2026, 6, 10, 12, 30, tzinfo=UTC))
    add_campaign(timed.ledger, batch_to("15165550123", "12135550123", size=2), quiet_hours="federal")
    work(timed, clock)
    assert simulator.received().taken == 0
    clock.set(datetime(2026, 6, 10, 15, tzinfo=UTC))
    work(timed, clock)
    assert simulator.received().messages[0]["to"] == ["15165550123", "12135550123"]


def test_what_is_unsent_to_somebody_who_stops_is_skipped_and_a_group_goes_without_them(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    add_campaign(runtime.ledger, make_batch(1, 3, 2))
    for row in (1, 3, 5):
        runtime.ledger.optouts.receive(b"{}", 1, number_of(row), "inbound")
    assert send_batch(runtime, CAMPAIGN, 0) == "3 queued, 3 skipped"
    received = sorted(message["to"] for message in simulator.received().messages)
    assert received == [[number_of(2), number_of(4)], [number_of(6)]]
    assert states(runtime.ledger) == ["skipped", "queued", "skipped", "queued", "skipped", "queued"]
    assert feed(runtime, lambda *_: None) == 0
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    recount(runtime.ledger)


def test_the_last_of_a_group_gets_a_message_of_their_own(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    add_campaign(runtime.ledger, make_batch(2))
    runtime.ledger.optouts.receive(b"{}", 1, number_of(1), "inbound")
    send_batch(runtime, CAMPAIGN, 0)
    (message,) = simulator.received().messages
    assert message["to"] == [number_of(2)]


def test_a_frequency_cap_of_the_settings_is_kept(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(frequency_cap="1/1h")
    for name, line in (("one-abc234", "1 queued"), ("two-abc234", "1 skipped")):
        add_campaign(runtime.ledger, make_batch(1), id=name)
        assert send_batch(runtime, name, 0) == line
    assert simulator.received().taken == 1
