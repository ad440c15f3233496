"""No claim before the callback receivers have drained what they took while Redis was away."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from dispatcher.ledger.batches.claims import ClaimAnswer, Hold
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import drain_gate, keys
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.scripts import Scripts
from tests.factories import add_campaign, claim, make_batch, make_claim, make_record, number_of, states, take


@pytest.fixture
def restarted(ledger: Ledger) -> Ledger:
    """A Redis as after a restart: it knows no script, and the one receiver's status is of an earlier run."""
    ledger.redis.script_flush()
    say(ledger.redis, "clear:an-earlier-run")
    return ledger


def say(redis: Redis, text: str, receiver: str = "a") -> None:
    redis.sadd(keys.RECEIVERS, receiver)
    redis.set(keys.RECEIVER + receiver, text, ex=300)


def run_of(redis: Redis) -> str:
    return str(redis.info("server")["run_id"])


def ask(ledger: Ledger, name: str = "claim") -> tuple[Hold, ClaimAnswer]:
    """Take the batch and ask for its first message."""
    taken = take(ledger)
    asked = make_claim(taken, name=name, numbers=(number_of(1),))
    return taken.hold, claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms())


def test_after_a_restart_claims_wait_for_the_receivers_and_go_once_all_are_clear(restarted: Ledger) -> None:
    add_campaign(restarted)
    say(restarted.redis, "draining", "b")
    for _ in range(3):
        _, answer = ask(restarted)
        assert (answer.word, answer.detail) == ("wait", "receivers")
    assert 0 < answer.wait_ms <= 500
    say(restarted.redis, f"clear:{run_of(restarted.redis)}")
    assert ask(restarted)[1].word == "wait"
    say(restarted.redis, f"clear:{run_of(restarted.redis)}", "b")
    assert ask(restarted)[1].word == "go"


def test_a_stop_that_a_receiver_drains_is_in_force_for_the_first_claim(restarted: Ledger) -> None:
    add_campaign(restarted, make_batch(1, 1))
    assert ask(restarted)[1].word == "wait"
    restarted.optouts.receive(b"{}", restarted.agenda.now_ms(), number_of(1), "reply")
    say(restarted.redis, f"clear:{run_of(restarted.redis)}")
    assert ask(restarted)[1].word == "skip"
    assert states(restarted) == ["skipped", "pending"]


def test_what_came_back_is_recorded_while_claims_wait(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    sent, next_one = make_claim(taken), make_claim(taken, 1)
    now_ms = ledger.agenda.now_ms()
    assert claim(ledger, taken.hold, sent, now_ms=now_ms).word == "go"
    ledger.redis.script_flush()
    say(ledger.redis, "draining")
    recorded, answers = ledger.batches.record_and_claim(
        taken.hold, [make_record(sent)], [next_one], caller_ms=now_ms, fingerprint="fp"
    )
    assert (recorded, [(answer.word, answer.detail) for answer in answers]) == (
        ["ok"],
        [("wait", "receivers")],
    )
    assert states(ledger)[:2] == ["queued", "pending"]


def test_receivers_that_do_not_become_clear_are_waited_for_ten_seconds(restarted: Ledger) -> None:
    add_campaign(restarted)
    assert ask(restarted)[1].word == "wait"
    awaited = keys.RECEIVERS_AWAITED + run_of(restarted.redis)
    waited_ms = 60_000 - restarted.redis.pttl(awaited)
    assert 0 <= waited_ms < drain_gate.PATIENCE_MS
    restarted.redis.pexpire(awaited, 50_500)
    assert ask(restarted)[1].word == "wait"
    restarted.redis.pexpire(awaited, 50_000)
    assert ask(restarted)[1].word == "go"


def test_without_receivers_nothing_waits_and_nothing_is_kept(ledger: Ledger) -> None:
    add_campaign(ledger)
    ledger.redis.script_flush()
    assert ask(ledger)[1].word == "go"
    assert not ledger.redis.exists(keys.RECEIVERS_AWAITED + run_of(ledger.redis))


def test_once_the_receivers_were_clear_no_claim_asks_them_again(restarted: Ledger) -> None:
    add_campaign(restarted)
    say(restarted.redis, f"clear:{run_of(restarted.redis)}")
    hold, answer = ask(restarted)
    assert answer.word == "go"
    say(restarted.redis, "draining")
    taken = take(restarted)
    following = make_claim(taken, 1)
    assert claim(restarted, hold, following, now_ms=restarted.agenda.now_ms()).word == "go"


def test_of_two_ledgers_in_one_server_neither_opens_the_gate_of_the_other(
    restarted: Ledger, valkey_url: str
) -> None:
    other = Ledger(client(valkey_url.removesuffix("/0") + "/1"))
    for ledger in (restarted, other):
        add_campaign(ledger)
    assert ask(other)[1].word == "go"  # it has no receivers
    assert (ask(restarted)[1].word, ask(restarted)[1].detail) == ("wait", "receivers")
    say(restarted.redis, f"clear:{run_of(restarted.redis)}")
    assert ask(restarted)[1].word == "go"


def test_a_receiver_that_comes_up_during_the_look_is_looked_at_too(restarted: Ledger) -> None:
    redis = restarted.redis
    say(redis, f"clear:{run_of(redis)}")
    text, digest = Scripts(redis).source("batches/claim")

    class Meanwhile(Redis):
        """A client whose look is overtaken by another receiver's first word."""

        def pipeline(self, *_: Any, **__: Any) -> Any:
            """One that another receiver's word comes before the last step of."""
            pipeline: Any = super().pipeline()
            commit = pipeline.execute

            def overtaken(*arguments: Any, **options: Any) -> Any:
                say(redis, "draining", "late")
                return commit(*arguments, **options)

            pipeline.execute = overtaken
            return pipeline

    overtaken = Meanwhile(connection_pool=redis.connection_pool)
    assert not drain_gate.load_when_clear(overtaken, text)
    assert redis.script_exists(digest) == [False]
