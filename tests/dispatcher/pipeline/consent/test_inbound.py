"""Inbound messages: from the callback's body to the suppression list, the kept messages and the doubtful ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatcher.ledger.consent.inbound import KEPT_MAX, Inbound
from dispatcher.pipeline.consent.inbound import OptingOut, opting_out
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime

SOMEBODY = "15165550123"
OURS = "15162065575"


def body(text: str | None, sid: str = "a1", **changes: Any) -> bytes:
    """An inbound callback as CarrierX posts it."""
    message: dict[str, Any] = {
        "message_sid": sid,
        "direction": "inbound",
        "status": "received",
        "from": SOMEBODY,
        "to": OURS,
        "message": text,
        "media_urls": [],
    }
    return json.dumps({**message, **changes}).encode()


def receive(runtime: Runtime, *bodies: bytes) -> None:
    """As the receiver stores them, then ingested."""
    for at_ms, raw in enumerate(bodies, 1_700_000_000_000):
        out = opting_out(raw)
        if out:
            runtime.ledger.optouts.receive(raw, at_ms, *out)
        else:
            runtime.ledger.callback_stream.store(raw, at_ms)
    ingest(runtime, "me")


def test_a_stop_is_recognised_at_the_receiver() -> None:
    assert opting_out(body(" Stop. ")) == OptingOut(SOMEBODY, "inbound")
    assert opting_out(body("please stop texting me", **{"from": "+1 (516) 555-0123"})) is not None


def test_nothing_else_is_an_opt_out() -> None:
    others = [
        body("START"),
        body(None),
        body("stop by at 5?"),
        body("STOP", direction="outbound"),
        body("STOP", **{"from": "12345"}),
        b"[]",
        b"STOP",
    ]
    assert [opting_out(raw) for raw in others] == [None] * len(others)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("direction", ["inbound", "INBOUND ", "in\\u0062ound"])
def test_the_receiver_knows_a_stop_however_it_is_written(direction: str, encoding: str) -> None:
    raw = body("stop").decode().replace("inbound", direction).encode(encoding)
    assert opting_out(raw) == OptingOut(SOMEBODY, "inbound")


def test_inbound_messages_are_kept_the_newest_first(runtime: Runtime) -> None:
    receive(runtime, body("one", "a1"), body("two", "a2"))
    assert [(message.text, message.sender, message.to) for message in runtime.ledger.inbound.newest(10)] == [
        ("two", SOMEBODY, OURS),
        ("one", SOMEBODY, OURS),
    ]
    assert runtime.ledger.callback_stream.waiting() == 0


def test_a_message_that_comes_twice_is_kept_once(runtime: Runtime) -> None:
    receive(runtime, body("one"), body("one"), body("one"))
    assert len(runtime.ledger.inbound.newest(10)) == 1
    assert runtime.ledger.callback_stream.waiting() == 0


def test_a_doubtful_wording_waits_for_a_person(runtime: Runtime) -> None:
    receive(runtime, body("stop by at 5?", "a1"), body("see you", "a2"))
    assert [message.sid for message in runtime.ledger.inbound.needing_review(10)] == ["a1"]
    assert not runtime.ledger.optouts.is_out(SOMEBODY)
    assert runtime.ledger.inbound.decided("a1")
    assert runtime.ledger.inbound.review_count() == 0


def test_an_opt_out_that_did_not_come_by_the_receiver_counts_when_it_is_ingested(runtime: Runtime) -> None:
    runtime.ledger.callback_stream.store(body("STOP"), 1_700_000_000_000)
    ingest(runtime, "me")
    assert runtime.ledger.optouts.is_out(SOMEBODY)
    assert runtime.ledger.optouts.confirmation_owed(SOMEBODY)


def test_ingesting_an_old_stop_again_does_not_undo_a_later_return(runtime: Runtime) -> None:
    receive(runtime, body("STOP"))
    runtime.ledger.optouts.put([runtime.ledger.optouts.find([SOMEBODY])[0]._replace(state="in", at_ms=0)])  # type: ignore[union-attr]
    receive(runtime, body("STOP"))
    assert not runtime.ledger.optouts.is_out(SOMEBODY)


def test_only_the_newest_messages_are_kept_but_doubtful_ones_until_they_are_decided(runtime: Runtime) -> None:
    inbound = runtime.ledger.inbound
    for index in range(3):
        message = Inbound(f"old{index}", index, SOMEBODY, OURS, "x", (), "none")
        inbound.keep(b"0-1", message, needs_review=index == 1, follows=False)
    fill = {f"s{index}": 1_000 + index for index in range(KEPT_MAX)}
    runtime.ledger.redis.zadd("mms:inbound:order", fill)
    inbound.keep(
        b"0-1", Inbound("new", 99_999, SOMEBODY, OURS, "x", (), "none"), needs_review=False, follows=False
    )
    assert [message.sid for message in inbound.read(["old0", "old1", "old2", "new"])] == ["old1", "new"]


def test_what_a_person_sent_can_be_forgotten(runtime: Runtime) -> None:
    receive(runtime, body("stop by", "a1"), body("hi", "a2", **{"from": "15165550199"}))
    found = runtime.ledger.inbound.of_number(SOMEBODY)
    runtime.ledger.inbound.forget([message.sid for message in found])
    assert [message.sid for message in runtime.ledger.inbound.newest(10)] == ["a2"]
    assert runtime.ledger.inbound.review_count() == 0


def test_what_nothing_follows_from_any_more_is_not_put_off(runtime: Runtime) -> None:
    inbound = runtime.ledger.inbound
    inbound.later("gone", 5)
    assert inbound.todo(10, 10) == []
    runtime.ledger.redis.zadd("mms:inbound:unanswered", {"waits": 1})
    inbound.later("waits", 11)
    assert (inbound.todo(10, 10), inbound.todo(11, 10)) == ([], ["waits"])
