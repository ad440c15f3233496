"""What follows from inbound messages, once CarrierX shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatcher.pipeline.consent import auto_replies
from dispatcher.pipeline.consent.auto_replies import answer_inbound
from dispatcher.pipeline.consent.inbound import opting_out
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.rules import retry_policy
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime

SOMEBODY, OURS = "15165550123", "15162065575"
STOPPED = "You are unsubscribed and will get no more messages from us."


def comes_in(runtime: Runtime, simulator: SimulatorHandle, text: str, **changes: Any) -> str:
    """Somebody writes: CarrierX knows it, the receiver stored it. `changes` make the callback differ from the truth."""
    real = simulator.inbound(from_=SOMEBODY, to=OURS, message=text, media_urls=[])
    body = {
        "message_sid": real["message_sid"],
        "direction": "inbound",
        "status": "received",
        "from": SOMEBODY,
        "to": OURS,
        "message": text,
        **changes,
    }
    raw = json.dumps(body).encode()
    out, now_ms = opting_out(raw), runtime.ledger.agenda.now_ms()
    if out:
        runtime.ledger.optouts.receive(raw, now_ms, *out)
    else:
        runtime.ledger.callback_stream.store(raw, now_ms)
    ingest(runtime, "me")
    return str(body["message_sid"])


def work(runtime: Runtime) -> None:
    """Answer, and send what that made."""
    answer_inbound(runtime)
    for campaign_id in runtime.ledger.agenda.reading():
        expand(runtime, campaign_id)
    feed(runtime, lambda campaign_id, number: _send(runtime, campaign_id, number))


def answered(simulator: SimulatorHandle) -> list[str]:
    """The texts that went to somebody."""
    return [message["message"] for message in simulator.received().messages if message["to"] == [SOMEBODY]]


def test_one_confirmation_follows_a_stop(runtime: Runtime, simulator: SimulatorHandle) -> None:
    for _ in range(2):
        comes_in(runtime, simulator, "STOP")
    work(runtime)
    work(runtime)
    assert answered(simulator) == [STOPPED]
    assert runtime.ledger.optouts.is_out(SOMEBODY)


def test_a_forged_stop_suppresses_but_sends_nobody_anything(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    comes_in(runtime, simulator, "hello", message="STOP", **{"from": SOMEBODY})
    work(runtime)
    assert answered(simulator) == []
    assert runtime.ledger.optouts.is_out(SOMEBODY)
    assert runtime.ledger.redis.hget("mms:alarms", "inbound_not_at_carrierx") == b"1"


def test_without_a_text_no_confirmation_is_sent(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(stop_answer="")
    comes_in(runtime, simulator, "STOP")
    work(runtime)
    assert answered(simulator) == []


def test_start_ends_an_opt_out_only_where_that_is_allowed(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(stop_answer="")
    comes_in(runtime, simulator, "STOP")
    comes_in(runtime, simulator, "START")
    work(runtime)
    assert runtime.ledger.optouts.is_out(SOMEBODY)
    allowing = make_runtime(stop_answer="", start_allowed=True)
    comes_in(allowing, simulator, "START")
    work(allowing)
    assert not runtime.ledger.optouts.is_out(SOMEBODY)
    assert len(answered(simulator)) == 1


@pytest.mark.parametrize("lie", [{"from": "15165550199"}, {"to": "15162065574"}, {"message_sid": "nobody"}])
def test_a_forged_start_changes_nothing(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, lie: dict[str, str]
) -> None:
    runtime = make_runtime(stop_answer="", start_allowed=True)
    comes_in(runtime, simulator, "STOP")
    comes_in(runtime, simulator, "START", **lie)
    work(runtime)
    assert runtime.ledger.optouts.is_out(SOMEBODY)
    assert not runtime.ledger.optouts.is_out("15165550199")


def test_help_is_answered_once_an_hour(make_runtime: MakeRuntime, simulator: SimulatorHandle) -> None:
    runtime = make_runtime(help_answer="Shop, 555-0100. Reply STOP to end.")
    for _ in range(3):
        comes_in(runtime, simulator, "HELP")
    work(runtime)
    assert answered(simulator) == ["Shop, 555-0100. Reply STOP to end."]


def test_the_sender_of_an_mms_is_told_that_it_arrived(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(auto_answer="The MMS status is: {{status}}")
    for _ in range(2):
        comes_in(runtime, simulator, "look at this")
    work(runtime)
    assert answered(simulator) == ["The MMS status is: received"]


def test_nobody_who_opted_out_gets_an_automatic_answer(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(auto_answer="Thanks, {{from}}", stop_answer="")
    comes_in(runtime, simulator, "STOP")
    comes_in(runtime, simulator, "hello")
    work(runtime)
    assert answered(simulator) == []


def test_one_of_our_own_numbers_is_never_answered(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(auto_answer="Thanks")
    runtime.ledger.inbound.learn_ours([SOMEBODY])
    comes_in(runtime, simulator, "hello")
    work(runtime)
    assert answered(simulator) == []


def test_a_message_that_carrierx_does_not_show_yet_is_asked_for_again(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime(auto_answer="Thanks")
    monkeypatch.setattr(retry_policy, "PROOF_AGAIN_MS", 0)
    monkeypatch.setattr(auto_replies, "TURN_MS", 1)
    comes_in(runtime, simulator, "hello", message_sid="not-yet")
    work(runtime)
    assert runtime.ledger.inbound.todo(runtime.ledger.agenda.now_ms(), 10) == ["not-yet"]
    monkeypatch.setattr(retry_policy, "PROOF_PATIENCE_MS", 0)
    work(runtime)
    assert runtime.ledger.inbound.todo(runtime.ledger.agenda.now_ms(), 10) == []


def test_answers_are_not_among_the_campaigns_of_people(runtime: Runtime, simulator: SimulatorHandle) -> None:
    comes_in(runtime, simulator, "STOP")
    work(runtime)
    assert runtime.ledger.campaigns.list() == []
    assert len(runtime.ledger.campaigns.ids()) == 1


def _send(runtime: Runtime, campaign_id: str, number: int) -> None:
    send_batch(runtime, campaign_id, number)


def test_each_message_says_what_followed_from_it_or_why_nothing_did(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(help_answer="Call us.")
    stop, help_ = comes_in(runtime, simulator, "STOP"), comes_in(runtime, simulator, "HELP")
    again, forged = comes_in(runtime, simulator, "HELP"), comes_in(runtime, simulator, "hi", message="STOP")
    work(runtime)
    said = {message.sid: message.outcome for message in runtime.ledger.inbound.newest(9)}
    assert (said[stop], said[forged]) == ("answered", "not at CarrierX")
    assert {said[help_], said[again]} == {"answered", "answered within the hour"}


def test_what_became_of_a_message_does_not_bring_back_an_erased_one(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    sid = comes_in(runtime, simulator, "STOP")
    [message] = runtime.ledger.inbound.read([sid])
    runtime.ledger.inbound.forget([sid])
    runtime.ledger.inbound.finished(message, "answered")
    assert runtime.ledger.inbound.read([sid]) == []
