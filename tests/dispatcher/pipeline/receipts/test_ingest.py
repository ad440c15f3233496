"""Callbacks become states: believed when they may be, in any order, and none that was stored is lost."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.rows import pack_sid
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.callback_stream import StreamEntry
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of
from dispatcher.ledger.views import message_locator
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.conftest import SECRET
from tests.factories import (
    CAMPAIGN,
    LEASE_MS,
    SID,
    START_MS,
    add_campaign,
    callback_body,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    recount,
    states,
    take,
)

NOW = START_MS


def mark(message: int = 0, *, attempt: int = 1, campaign: str = CAMPAIGN, secret: bytes = SECRET) -> str:
    """Our reference of one message of the first batch."""
    return write_user_data(MessageRef(campaign, 0, message, attempt), secret)


def sent(ledger: Ledger, *sizes: int) -> None:
    """A campaign whose first batch was sent and taken; message n has the sid SID with n in front."""
    add_campaign(ledger, make_batch(*sizes or (1,)))
    taken = take(ledger)
    now_ms = ledger.agenda.now_ms()
    for message in range(len(taken.batch.messages)):
        asked = make_claim(taken, message)
        assert claim(ledger, taken.hold, asked, now_ms=now_ms).word == "go"
        record(ledger, taken.hold, make_record(asked, sid=sid_of(message)))
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=10**6, look_ms=LEASE_MS)


def sid_of(message: int) -> str:
    """A sid for each message."""
    return f"{message:08x}{SID[8:]}"


def hear(runtime: Runtime, *bodies: bytes) -> str:
    """Store callbacks and apply them."""
    for body in bodies:
        runtime.ledger.callback_stream.store(body, NOW)
    return ingest(runtime, "tester")


def alarms(runtime: Runtime) -> dict[str, int]:
    """What should not happen and did."""
    found = runtime.ledger.redis.hgetall("mms:alarms")
    return {text_of(name): int(count) for name, count in found.items()}


def test_a_marked_callback_moves_its_row(runtime: Runtime) -> None:
    sent(runtime.ledger, 1, 1)
    assert hear(runtime, callback_body(user_data=mark(1), to=number_of(2))) == "1 callbacks, 1 rows changed"
    assert states(runtime.ledger) == ["queued", "delivered"]
    assert runtime.ledger.callback_stream.waiting() == 0


def test_a_callback_before_the_answers_record_counts(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    taken = take(runtime.ledger)
    asked = make_claim(taken)
    claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms())
    hear(runtime, callback_body(user_data=mark(), to=number_of(1), sid=sid_of(0)))
    assert record(runtime.ledger, taken.hold, make_record(asked, sid=sid_of(0))) == "known"
    assert states(runtime.ledger) == ["delivered", "pending"]


@pytest.mark.parametrize("to", [None, "null", number_of(1)])
def test_a_marked_callback_of_a_message_to_one_needs_no_number(runtime: Runtime, to: str | None) -> None:
    sent(runtime.ledger)
    hear(runtime, callback_body(user_data=mark(), to=to))
    assert states(runtime.ledger) == ["delivered"]


@pytest.mark.parametrize(
    "user_data",
    [
        mark(secret=b"another secret"),
        mark()[:-1],
        mark() + "A",
        mark().replace("0.1.", "0.2."),
        "x",
        ".",
        "a.b.c.d.e",
        "é" * 20,
        "x" * 500,
    ],
)
def test_a_false_mac_changes_nothing_even_with_a_known_sid(runtime: Runtime, user_data: str) -> None:
    sent(runtime.ledger)
    hear(runtime, callback_body(user_data=user_data, to=number_of(1), sid=sid_of(0)))
    assert states(runtime.ledger) == ["queued"]
    assert alarms(runtime) == {"user_data_not_ours": 1}
    assert runtime.ledger.callback_stream.waiting() == 0


def test_an_earlier_secret_still_vouches(runtime: Runtime) -> None:
    sent(runtime.ledger)
    object.__setattr__(runtime.installation, "secrets", (b"new", SECRET))
    hear(runtime, callback_body(user_data=mark(), to=number_of(1)))
    assert states(runtime.ledger) == ["delivered"]


def test_a_secret_that_came_after_the_start_of_this_process_vouches_too(runtime: Runtime) -> None:
    sent(runtime.ledger)
    prepare(runtime.ledger.redis, runtime.settings.model_copy(update={"secret": SecretStr("rotated")}))
    hear(runtime, callback_body(user_data=mark(secret=b"rotated"), to=number_of(1)))
    assert states(runtime.ledger) == ["delivered"]
    assert alarms(runtime) == {}


def test_a_number_outside_the_message_changes_nothing(runtime: Runtime) -> None:
    sent(runtime.ledger, 2)
    hear(runtime, callback_body(user_data=mark(), to=number_of(9)))
    hear(runtime, callback_body(to=number_of(9), sid=sid_of(0)))
    assert states(runtime.ledger) == ["queued", "queued"]
    assert alarms(runtime) == {"receipt_for_a_stranger": 2}


def test_without_a_mark_a_known_sid_and_its_number_are_believed(runtime: Runtime) -> None:
    sent(runtime.ledger, 1, 1)
    hear(runtime, callback_body(sid=sid_of(1), to=number_of(2)))
    assert states(runtime.ledger) == ["queued", "delivered"]


@pytest.mark.parametrize("to", [None, number_of(1)])
def test_without_a_mark_a_known_sid_alone_is_not_enough(runtime: Runtime, to: str | None) -> None:
    sent(runtime.ledger, 1, 1)
    hear(runtime, callback_body(sid=sid_of(1), to=to))
    assert states(runtime.ledger) == ["queued", "queued"]


def test_a_sid_that_nobody_knows_waits_and_is_joined_when_its_message_comes(runtime: Runtime) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(1, 1))
    hear(runtime, callback_body(sid=sid_of(0), to=number_of(1)))
    assert (ledger.callback_stream.waiting(), len(ledger.redis.keys("mms:orphan:*"))) == (0, 1)
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms())
    record(ledger, taken.hold, make_record(asked, sid=sid_of(0)))
    assert ingest(runtime, "tester") == "1 callbacks, 1 rows changed"
    assert states(ledger) == ["delivered", "pending"]


def test_a_message_known_between_look_up_and_keeping_does_not_lose_its_receipt(runtime: Runtime) -> None:
    ledger = runtime.ledger
    ledger.callback_stream.store(callback_body(sid=sid_of(0), to=number_of(1)), NOW)
    (entry,) = ledger.callback_stream.take("slow", 10)
    sent(ledger)
    assert not ledger.callback_stream.keep_early_receipt(entry, pack_sid(sid_of(0)).hashed)
    hear(runtime)
    assert states(ledger) == ["delivered"]


def test_every_word_of_a_group_that_came_before_its_message_was_known_is_kept(runtime: Runtime) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(9))
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms())
    for row in range(1, 10):
        for word in ("delivered", "sent", "queued"):
            ledger.callback_stream.store(callback_body(status=word, to=number_of(row)), START_MS)
    ingest(runtime, "tester")
    record(ledger, taken.hold, make_record(asked))
    ingest(runtime, "tester")
    assert states(ledger) == ["delivered"] * 9


def test_an_orphan_kept_twice_is_kept_once(ledger: Ledger) -> None:
    ledger.callback_stream.store(callback_body(), NOW)
    (entry,) = ledger.callback_stream.take("a", 10)
    assert [ledger.callback_stream.keep_early_receipt(entry, pack_sid(SID).hashed) for _ in range(2)] == [
        True,
        False,
    ]
    (key,) = ledger.redis.keys("mms:orphan:*")
    assert ledger.redis.llen(key) == 1
    assert 0 < ledger.redis.ttl(key) <= 24 * 3600


def test_members_that_are_reported_one_by_one_have_their_own_words(runtime: Runtime) -> None:
    sent(runtime.ledger, 3)
    hear(
        runtime,
        callback_body(user_data=mark(), to=number_of(1), status="delivered"),
        callback_body(user_data=mark(), to=number_of(2), status="failed"),
        callback_body(user_data=mark(), to=number_of(3), status="sent"),
    )
    assert states(runtime.ledger) == ["delivered", "failed", "sent"]


def test_a_group_callback_proves_to_the_others_only_that_it_was_taken(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(3))
    taken = take(runtime.ledger)
    claim(runtime.ledger, taken.hold, make_claim(taken), now_ms=runtime.ledger.agenda.now_ms())
    hear(runtime, callback_body(user_data=mark(), to=number_of(2), status="failed"))
    assert states(runtime.ledger) == ["queued", "failed", "queued"]


@pytest.mark.slow
def test_five_hundred_callbacks_of_one_batch_of_groups_are_applied_at_once(runtime: Runtime) -> None:
    sent(runtime.ledger, *[9] * 11)
    dice = random.Random(1)
    bodies = [
        callback_body(user_data=mark(message), to=number_of(1 + 9 * message + member), status=word)
        for message in range(11)
        for member in range(9)
        for word in ("sent", "delivered", "queued", "sent", "delivered")
    ]
    dice.shuffle(bodies)
    assert hear(runtime, *bodies).startswith("495 callbacks")
    assert recount(runtime.ledger)[RecipientState.DELIVERED] == 99


def test_a_word_that_is_no_state_is_kept_beside_the_state(runtime: Runtime) -> None:
    sent(runtime.ledger)
    hear(runtime, callback_body(user_data=mark(), to=number_of(1), status="Carrier-Pondering " + "x" * 80))
    assert states(runtime.ledger) == ["queued"]
    assert (
        runtime.ledger.redis.hget(f"mms:c:{CAMPAIGN}:odd", "0.0") == (b"carrier-pondering " + b"x" * 80)[:40]
    )


def test_words_of_an_older_attempt_change_nothing(runtime: Runtime) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(1, 1))
    taken = take(ledger)
    asked = make_claim(taken)
    for name in ("first", "second"):
        asked = make_claim(taken, name=name)
        claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms())
        if name == "first":
            record(ledger, taken.hold, make_record(asked, "later"))
    hear(runtime, callback_body(user_data=mark(attempt=1), to=number_of(1)))
    assert states(ledger)[0] == "sending"


def test_threads_that_ingest_side_by_side_find_the_places_of_all(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_locator, "_REMEMBERED_BATCHES", 4)
    add_campaign(ledger, *(make_batch(1, first_row=number) for number in range(1, 13)))
    shared = message_locator.MessageLocator(ledger)

    def look(seed: int) -> bool:
        dice = random.Random(seed)
        wanted = [[(CAMPAIGN, dice.randrange(12), 0) for _ in range(6)] for _ in range(100)]
        found = [[place.batch for place in shared.find(each) if place] for each in wanted]
        return found == [[where[1] for where in each] for each in wanted]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(look, range(4))) == [True] * 4


def test_callbacks_of_an_erased_campaign_are_done_with(runtime: Runtime) -> None:
    sent(runtime.ledger)
    for key in runtime.ledger.redis.keys("mms:c:*"):
        runtime.ledger.redis.delete(key)
    hear(
        runtime,
        callback_body(user_data=mark(), to=number_of(1)),
        callback_body(sid=sid_of(0), to=number_of(1)),
    )
    assert runtime.ledger.callback_stream.waiting() == 0
    assert runtime.ledger.redis.keys("mms:c:*") == []
    assert alarms(runtime) == {"receipt_for_the_erased": 2}


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe", b"[1]", b"{}", b'{"message_sid": {}, "status": 3}', b"\0" * 60_000]
)
def test_what_cannot_be_read_is_counted_and_done_with(runtime: Runtime, raw: bytes) -> None:
    hear(runtime, raw)
    assert runtime.ledger.callback_stream.waiting() == 0
    assert alarms(runtime) == {"unreadable_callback": 1}


@pytest.mark.parametrize("sid", ["S" * 60_000, SID.upper(), "\ud800x", "%00\n"])
def test_odd_sids_do_no_harm(runtime: Runtime, sid: str) -> None:
    sent(runtime.ledger)
    hear(
        runtime,
        callback_body(sid=sid, to=number_of(1)),
        callback_body(sid=sid, user_data=mark(), to=number_of(1)),
    )
    assert states(runtime.ledger) == ["delivered"]


def test_what_a_dead_consumer_took_is_taken_over(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(runtime.ledger)
    runtime.ledger.callback_stream.store(callback_body(user_data=mark(), to=number_of(1)), NOW)
    assert len(runtime.ledger.callback_stream.take("dead", 10)) == 1
    assert ingest(runtime, "alive") == "0 callbacks, 0 rows changed"
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    assert ingest(runtime, "alive") == "1 callbacks, 1 rows changed"
    assert states(runtime.ledger) == ["delivered"]


def test_nothing_is_acknowledged_before_it_is_applied(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(runtime.ledger)

    def broken(*_: Any, **__: Any) -> int:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(runtime.ledger.receipts, "apply_many", broken)
        with pytest.raises(StoreUnavailable):
            hear(runtime, callback_body(user_data=mark(), to=number_of(1)))
    assert runtime.ledger.callback_stream.waiting() == 1
    monkeypatch.setattr("dispatcher.ledger.receipts.callback_stream.TAKE_OVER_MS", 0)
    ingest(runtime, "alive")
    assert states(runtime.ledger) == ["delivered"]


def test_the_group_is_made_when_it_is_missing(runtime: Runtime) -> None:
    sent(runtime.ledger)
    runtime.ledger.redis.flushall()
    assert ingest(runtime, "tester") == "0 callbacks, 0 rows changed"
    assert ingest(runtime, "tester") == "0 callbacks, 0 rows changed"


def test_a_flood_is_drained_round_by_round(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(runtime.ledger)
    monkeypatch.setattr("dispatcher.pipeline.receipts.ingest.MOST_AT_ONCE", 7)
    assert hear(runtime, *[callback_body(user_data=mark(), to=number_of(1))] * 20).startswith("20 callbacks")


def test_a_callback_that_cannot_be_worked_on_is_set_aside_and_holds_up_no_other(runtime: Runtime) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(1), make_batch(1))
    for number in (0, 1):
        taken = take(ledger, number=number)
        asked = make_claim(taken, name=number)
        assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
    ledger.redis.set(keys.batch(CAMPAIGN, 0), b"no batch at all")
    poison, good = (
        callback_body(
            user_data=write_user_data(MessageRef(CAMPAIGN, number, 0, 1), SECRET),
            to=number_of(1),
            status="sent",
        )
        for number in (0, 1)
    )
    for raw in (poison, good):
        ledger.callback_stream.store(raw, 1)
    ingest(runtime, "tester")
    assert states(ledger, number=1) == ["sent"]
    assert ledger.callback_stream.waiting() == 0
    aside: Any = ledger.redis.xrange(keys.ASIDE)
    assert [fields[b"raw"] for _, fields in aside] == [poison]
    assert ledger.redis.hget(keys.ALARMS, "set_aside") == b"1"


def test_callbacks_are_counted_by_what_became_of_them(runtime: Runtime) -> None:
    sent(runtime.ledger)
    runtime.ledger.callback_stream.store(callback_body(to=number_of(1), sid=sid_of(0), user_data=mark()), NOW)
    runtime.ledger.callback_stream.store(b"not json", NOW)
    ingest(runtime, "one")
    assert runtime.ledger.counters.read()["callbacks"] == {"applied": 1, "unreadable_callback": 1}


def test_one_ingest_takes_so_many_at_once_a_hundred_times_and_leaves_the_rest(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def take(consumer: str, most: int) -> list[StreamEntry]:
        asked.append(most)
        return [StreamEntry(b"0-1", b"nobody can read it", 1)]

    monkeypatch.setattr(runtime.ledger.callback_stream, "take", take)
    assert ingest(runtime, "tester").startswith("100 callbacks")
    assert asked == [500] * 100
