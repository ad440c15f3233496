"""A stored file becomes batches: the same ones at every reading, whoever reads, wherever the reader was killed."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.expansion.batching import batches_of
from dispatcher.pipeline.expansion.expand import (
    MOST_READERS,
    ROWS_A_HEARTBEAT,
    ReaderLostError,
    expand,
    heartbeat_of,
    with_heartbeat,
)
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import SENDER, make_csv, make_invalid_row, make_recipient, recount
from tests.stack import until


@pytest.fixture(autouse=True)
def _one_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between any two batches is what these tests are about."""
    monkeypatch.setattr("dispatcher.pipeline.expansion.expand.BATCHES_A_ROUND_TRIP", 1)


class KilledError(BaseException):
    """The reader is killed."""


def submitted(runtime: Runtime, raw: bytes, **settings: Any) -> str:
    """A campaign of this file, not read yet."""
    chosen = CampaignSettings(
        **{
            "from": (SENDER,),
            "message": "Hi {{name}}",
            "quiet_hours": "off",
            "allow_same_file": True,
            **settings,
        }
    )
    return submit(
        runtime.ledger,
        io.BytesIO(raw),
        filename="spring.csv",
        settings=chosen,
        fixed=frozenset(chosen.model_fields_set),
        config=runtime.settings,
    )


def batches(ledger: Ledger, campaign_id: str) -> list[Batch | None]:
    """All batches of a campaign."""
    return [
        ledger.batches.content(campaign_id, number) for number in ledger.campaigns.batch_numbers(campaign_id)
    ]


def killed_after(runtime: Runtime, added: int, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Batches.add_many as of a reader that is killed when it added so many."""
    add, count = runtime.ledger.batches.add_many, 0

    def counted(*args: Any, **kwargs: Any) -> str:
        nonlocal count
        if count == added:
            raise KilledError
        count += 1
        return add(*args, **kwargs)

    monkeypatch.setattr(runtime.ledger.batches, "add_many", counted)
    return counted


def test_every_row_of_the_file_is_in_the_ledger(runtime: Runtime) -> None:
    raw = make_csv(250) + b"12,too short\n" + make_csv(1).splitlines()[1] + b"\n"
    campaign_id = submitted(runtime, raw)
    assert expand(runtime, campaign_id) == "252 rows"
    campaign = runtime.ledger.campaign(campaign_id)
    assert (campaign.rows, campaign.rows_read, campaign.messages) == (252, 252, 250)
    counts = recount(runtime.ledger, campaign_id)
    assert (counts[RecipientState.INVALID], counts[RecipientState.SKIPPED]) == (1, 1)
    assert campaign.state is CampaignState.SCHEDULED


@pytest.mark.parametrize("settings", [{}, {"group_size": 2}, {"group_by": "team"}])
def test_rows_without_consent_are_skipped_with_their_reason_and_are_in_no_message(
    runtime: Runtime, settings: dict[str, Any]
) -> None:
    says = ("yes", "no", "yes", "yes", "", "no")
    numbers = (1, 2, 3, 1, 4, 3)  # 3 says no after it said yes
    lines = [f"121255501{place:02},team,{word}" for place, word in zip(numbers, says, strict=True)]
    raw = "\n".join(("to,team,SMS Consent", *lines)).encode()
    campaign_id = submitted(runtime, raw, message="Hi", **settings)
    assert runtime.ledger.campaigns.settings_of(campaign_id).consent == "SMS Consent"
    expand(runtime, campaign_id)
    (batch,) = batches(runtime.ledger, campaign_id)
    assert batch is not None
    assert [row.code if isinstance(row, InvalidRow) else "goes" for row in batch.rows] == [
        *("goes", "no_consent", "no_consent", "duplicate", "no_consent", "no_consent")
    ]
    assert [batch.rows[row].number for message in batch.messages for row in message.members] == [
        "12125550101"
    ]
    assert recount(runtime.ledger, campaign_id)[RecipientState.SKIPPED] == 5


@pytest.mark.parametrize("settings", [{}, {"group_size": 7}, {"group_by": "name", "message": "Hi"}])
@pytest.mark.parametrize("added", [0, 1, 2, 3])
def test_a_reader_killed_anywhere_is_followed_by_one_that_makes_the_same_batches(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], added: int
) -> None:
    raw = make_csv(330, more=lambda row: f"g{row % 50}")
    whole = submitted(runtime, raw, **settings)
    expand(runtime, whole)
    broken = submitted(runtime, raw, **settings)
    with monkeypatch.context() as patch:
        killed_after(runtime, added, patch)
        with pytest.raises(KilledError):
            expand(runtime, broken)
    assert expand(runtime, broken) == "taken"
    runtime.ledger.redis.delete(f"mms:c:{broken}:expanding")  # its lease has run out
    assert expand(runtime, broken) == "330 rows"
    assert batches(runtime.ledger, broken) == batches(runtime.ledger, whole)
    assert recount(runtime.ledger, broken) == recount(runtime.ledger, whole)
    assert runtime.ledger.campaign(broken).messages == runtime.ledger.campaign(whole).messages


@pytest.mark.parametrize("settings", [{}, {"group_by": "name", "message": "Hi"}])
def test_a_reader_whose_worker_is_to_stop_hands_over_in_mid_file(
    make_runtime: MakeRuntime, settings: dict[str, Any]
) -> None:
    raw = make_csv(2_000, more=lambda row: f"g{row % 400}")
    runtime, looks = make_runtime(), count()
    stops = make_runtime(parts={"is_stopping": lambda: next(looks) >= 3})
    whole, handed = submitted(runtime, raw, **settings), submitted(runtime, raw, **settings)
    expand(runtime, whole)
    assert expand(stops, handed) == "the worker stops"
    assert runtime.ledger.campaign(handed).state is CampaignState.CHECKING
    until(lambda: not runtime.ledger.agenda.is_read_by_someone(handed), seconds=1)
    assert expand(stops, handed) == "the worker stops"
    assert expand(runtime, handed) == "2000 rows"
    assert batches(runtime.ledger, handed) == batches(runtime.ledger, whole)


def test_of_many_readers_at_once_one_reads(runtime: Runtime) -> None:
    campaign_id = submitted(runtime, make_csv(300))
    barrier = threading.Barrier(4)

    def race(_: int) -> str:
        barrier.wait()
        return expand(runtime, campaign_id)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(race, range(4))) == ["300 rows", "taken", "taken", "taken"]
    assert sum(recount(runtime.ledger, campaign_id).values()) == 300


def test_a_reader_that_was_overtaken_stops_and_harms_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = submitted(runtime, make_csv(300))
    add = runtime.ledger.batches.add_many

    def overtaken(*args: Any, **kwargs: Any) -> str:
        if args[1][0][0] == 1 and kwargs["reader"] != "second":
            runtime.ledger.redis.delete(f"mms:c:{campaign_id}:expanding")
            monkeypatch.setattr("dispatcher.pipeline.expansion.expand.secrets.token_hex", lambda _: "second")
            assert expand(runtime, campaign_id) == "300 rows"
        return add(*args, **kwargs)

    monkeypatch.setattr(runtime.ledger.batches, "add_many", overtaken)
    assert expand(runtime, campaign_id) == "lost"
    assert sum(recount(runtime.ledger, campaign_id).values()) == 300


def test_a_cancel_in_mid_reading_ends_it_and_leaves_no_file(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = submitted(runtime, make_csv(300))
    add = runtime.ledger.batches.add_many

    def cancelled(*args: Any, **kwargs: Any) -> str:
        if args[1][0][0] == 1:
            runtime.ledger.campaigns.steer(campaign_id, CampaignState.CANCELLING, "by hand")
        return add(*args, **kwargs)

    monkeypatch.setattr(runtime.ledger.batches, "add_many", cancelled)
    assert expand(runtime, campaign_id) == "lost"
    sweep(runtime, campaign_id)
    assert runtime.ledger.campaign(campaign_id).state is CampaignState.CANCELLED
    assert recount(runtime.ledger, campaign_id)[RecipientState.CANCELLED] == 100
    assert runtime.ledger.redis.keys("*upload*") == []


def test_a_file_that_cannot_be_read_to_its_end_fails_the_campaign_and_sends_nothing(runtime: Runtime) -> None:
    raw = make_csv(150)
    campaign_id = submitted(runtime, raw + b'1212555019,"never closed\n' + raw)
    assert expand(runtime, campaign_id) == "failed"
    campaign = runtime.ledger.campaign(campaign_id)
    assert campaign.state is CampaignState.FAILED
    assert campaign.reason
    sweep(runtime, campaign_id)
    assert recount(runtime.ledger, campaign_id)[RecipientState.PENDING] == 0
    assert runtime.ledger.redis.keys("*upload*") == []
    assert runtime.ledger.campaign(campaign_id).settled_at is not None


def test_a_file_whose_chunk_is_gone_fails_the_campaign(runtime: Runtime) -> None:
    campaign_id = submitted(runtime, make_csv(10))
    runtime.ledger.redis.delete(f"mms:c:{campaign_id}:upload:0")
    assert expand(runtime, campaign_id) == "failed"


def test_the_file_is_forgotten_when_it_is_read(runtime: Runtime) -> None:
    campaign_id = submitted(runtime, make_csv(10))
    assert runtime.ledger.redis.ttl(f"mms:c:{campaign_id}:upload:0") == -1
    expand(runtime, campaign_id)
    assert runtime.ledger.redis.keys("*upload*") == []


def test_a_reader_shows_that_it_lives_while_no_batch_is_full() -> None:
    shown: list[int] = []
    ticks = iter(range(0, 10_000, 6))
    rows = (make_recipient(row) for row in range(1, 4 * ROWS_A_HEARTBEAT + 1))

    def alive() -> bool:
        shown.append(1)
        return True

    read = list(with_heartbeat(rows, heartbeat_of(alive, lambda: float(next(ticks)))))
    assert len(read) == 4 * ROWS_A_HEARTBEAT
    assert len(shown) >= 3


def test_a_reader_that_is_told_that_it_lost_stops() -> None:
    ticks = iter(range(0, 10_000, 6))
    rows = (make_recipient(row) for row in range(1, 4 * ROWS_A_HEARTBEAT + 1))
    with pytest.raises(ReaderLostError):
        list(with_heartbeat(rows, heartbeat_of(lambda: False, lambda: float(next(ticks)))))


messages = st.lists(st.integers(0, 9), max_size=60)


@given(messages)
def test_batches_hold_at_most_a_hundred_rows_and_keep_groups_whole(sizes: list[int]) -> None:
    row, stream = 0, list[ComposedMessage | InvalidRow]()
    for size in sizes:
        members = tuple(make_recipient(row + index + 1) for index in range(size))
        row += max(size, 1)
        stream.append(ComposedMessage(members, None, "Hi", ()) if members else make_invalid_row(row))
    made = list(batches_of(stream, (SENDER,)))
    assert all(len(batch.rows) <= 100 for batch in made)
    assert [each.row for batch in made for each in batch.rows] == list(range(1, row + 1))
    assert [len(message.members) for batch in made for message in batch.messages] == [s for s in sizes if s]
    assert all(message.sender == SENDER for batch in made for message in batch.messages)


def test_the_sender_of_a_pool_is_left_open_until_a_message_is_sent() -> None:
    pool = ("15162065575", "15162065576", "15162065577")
    messages = [
        ComposedMessage((make_recipient(1),), None, "Hi", ()),
        ComposedMessage((make_recipient(2),), pool[1], "Hi", ()),
    ]
    (batch,) = batches_of(messages, pool)
    assert [message.sender for message in batch.messages] == ["", pool[1]]


def test_a_reading_that_fails_every_time_says_why_pauses_and_is_resumed(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the file's fault, and nobody knows whose: a person is told from the first time on."""
    campaign_id = submitted(runtime, make_csv(250))

    def broken(*_: object, **__: object) -> None:
        raise MemoryError("the row of 15162065574")

    with monkeypatch.context() as patch:
        patch.setattr("dispatcher.pipeline.expansion.expand.open_roster", broken)
        for number in range(1, MOST_READERS + 1):
            assert expand(runtime, campaign_id) == ("again" if number < MOST_READERS else "paused")
            seen = runtime.ledger.campaign(campaign_id)
            assert "reading the file failed (MemoryError)" in (seen.reason or "")
            assert "1516" not in (seen.reason or "")
            runtime.ledger.redis.delete(f"mms:c:{campaign_id}:expanding")  # the wait is over
    assert seen.state is CampaignState.PAUSED
    assert runtime.ledger.agenda.reading() == []
    runtime.ledger.campaigns.steer(campaign_id, CampaignState.RUNNING)
    assert runtime.ledger.campaign(campaign_id).state is CampaignState.CHECKING
    assert runtime.ledger.agenda.reading() == [campaign_id]
    assert expand(runtime, campaign_id) == "250 rows"
    assert runtime.ledger.campaign(campaign_id).reason is None
    recount(runtime.ledger, campaign_id)


@pytest.mark.parametrize("column", [None, "name"])
def test_readers_that_are_killed_at_the_same_row_each_time_are_not_followed_for_ever(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, column: str | None
) -> None:
    campaign_id = submitted(runtime, make_csv(250), group_by=column)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    monkeypatch.setattr("dispatcher.pipeline.expansion.expand.open_roster", killed)
    for _ in range(MOST_READERS):
        with pytest.raises(KilledError):
            expand(runtime, campaign_id)
        runtime.ledger.redis.delete(f"mms:c:{campaign_id}:expanding")
    assert expand(runtime, campaign_id) == "paused"
    assert "ended without a word" in (runtime.ledger.campaign(campaign_id).reason or "")


def test_a_campaign_that_was_paused_for_its_file_can_be_cancelled(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = submitted(runtime, make_csv(250))
    reader = "reader"
    assert runtime.ledger.file_readings.begin(campaign_id, reader, 60_000)
    assert runtime.ledger.file_readings.interrupt(campaign_id, "why", reader, most=1, wait_ms=1) == "paused"
    runtime.ledger.campaigns.steer(campaign_id, CampaignState.CANCELLING)
    sweep(runtime, campaign_id)
    assert runtime.ledger.campaign(campaign_id).state is CampaignState.CANCELLED
