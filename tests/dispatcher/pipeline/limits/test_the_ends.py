"""Expiry, new attempts, a person's word, and senders taken out of use."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import pytest

from dispatcher.errors import Conflict, NotFound
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.campaigns.retry import RETRIABLE, resolve, retry
from dispatcher.pipeline.limits.changes import reset_limit, set_limit, use_sender
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.reports.audit import audit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.factories import (
    CAMPAIGN,
    POLL_MS,
    add_campaign,
    make_batch,
    make_record,
    number_of,
    record,
    recount,
    snapshot,
    states,
)
from tests.stack import until

HOUR_MS = 3_600_000
POOL = ("15162065575", "15162065576", "15162065577")
FROM: dict[str, Any] = {"from": POOL}


def ended(desk: Desk, *outcomes: str) -> None:
    """A campaign whose messages end like this, its batch given back."""
    desk.campaign(*[1] * len(outcomes))
    for message, what in enumerate(outcomes):
        desk.ask(message)
        became = make_record(
            desk.asked(message), what, sid=f"sid {message}" if what == "accepted" else None, text=what
        )
        record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
    desk.ledger.batches.give_back(desk.taken[CAMPAIGN].hold, wait_ms=0, poll_ms=POLL_MS, look_ms=POLL_MS)


def test_nothing_is_claimed_once_the_time_is_over_and_the_rest_expires(
    desk: Desk, make_runtime: MakeRuntime
) -> None:
    desk.campaign(1, 1, 1, expires_after="6h")
    assert desk.ask(0).word == "go"
    desk.later(6 * HOUR_MS)
    assert desk.ask(1) == ("halt", 0, 0, "expired", ())
    assert desk.ledger.agenda.expiring(desk.now_ms, 10) == [CAMPAIGN]
    assert [desk.ledger.campaigns.expire(CAMPAIGN) for _ in range(2)] == [True, True]
    runtime = make_runtime(parts={"ledger": desk.ledger})
    assert sweep(runtime, CAMPAIGN) == 2
    assert states(desk.ledger) == ["sending", "expired", "expired"]
    record(desk.ledger, desk.taken[CAMPAIGN].hold, make_record(desk.asked(0)))
    desk.ledger.batches.give_back(desk.taken[CAMPAIGN].hold, wait_ms=0, poll_ms=POLL_MS, look_ms=POLL_MS)
    sweep(runtime, CAMPAIGN)
    assert desk.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    assert CAMPAIGN not in desk.ledger.agenda.sweeping()
    recount(desk.ledger)


def test_a_paused_campaign_expires_too(desk: Desk, make_runtime: MakeRuntime) -> None:
    add_campaign(desk.ledger, expires_after="1h")
    desk.ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    desk.later(HOUR_MS)
    desk.ledger.campaigns.expire(CAMPAIGN)
    sweep(make_runtime(parts={"ledger": desk.ledger}), CAMPAIGN)
    assert desk.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    assert recount(desk.ledger)[RecipientState.EXPIRED] == 3
    assert audit(desk.ledger, CAMPAIGN).clean


def test_a_claim_given_back_after_the_end_expires(desk: Desk) -> None:
    desk.campaign(1, expires_after="1h")
    desk.ask(0)
    desk.later(HOUR_MS)
    record(desk.ledger, desk.taken[CAMPAIGN].hold, make_record(desk.asked(0), "later", wait_ms=1000))
    assert states(desk.ledger) == ["expired"]


def test_a_retry_makes_a_new_attempt_for_the_chosen_rows_only(desk: Desk) -> None:
    ended(desk, "refused", "accepted", "refused")
    assert desk.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    assert retry(desk.ledger, CAMPAIGN, {RecipientState.FAILED}) == 0
    assert retry(desk.ledger, CAMPAIGN, RETRIABLE, "REFUSE") == 2
    before = snapshot(desk.ledger)
    assert retry(desk.ledger, CAMPAIGN, RETRIABLE) == 0
    assert snapshot(desk.ledger) == before
    assert states(desk.ledger) == ["pending", "queued", "pending"]
    assert desk.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING
    assert audit(desk.ledger, CAMPAIGN).clean


def test_a_retried_message_goes_out_as_a_second_attempt(runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.set_faults(refuse_suffixes=("01",))
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    send_batch(runtime, CAMPAIGN, 0)
    simulator.set_faults(refuse_suffixes=())
    assert retry(runtime.ledger, CAMPAIGN, RETRIABLE) == 1
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued"
    received = simulator.received()
    assert (received.taken, received.repeated) == (3, [])
    assert runtime.ledger.batches.read(CAMPAIGN, [0])[0][1][0].attempt == 2
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED


def test_who_opted_out_and_what_is_unconfirmed_is_never_retried(desk: Desk) -> None:
    ended(desk, "refused", "unknown", "refused")
    desk.ledger.optouts.put([OptOut(number_of(1), "out", desk.now_ms, "test")])
    assert retry(desk.ledger, CAMPAIGN, RETRIABLE) == 1
    assert states(desk.ledger) == ["rejected", "unconfirmed", "pending"]


def test_a_cancelled_campaign_is_not_retried(desk: Desk) -> None:
    desk.campaign(1, 1)
    desk.ask(0)
    record(desk.ledger, desk.taken[CAMPAIGN].hold, make_record(desk.asked(0), "refused"))
    desk.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    with pytest.raises(Conflict, match="is cancelling"):
        retry(desk.ledger, CAMPAIGN, RETRIABLE)


@pytest.mark.parametrize(("sent", "state"), [(True, "sent"), (False, "pending")])
def test_a_person_decides_what_is_unconfirmed(desk: Desk, sent: bool, state: str) -> None:
    ended(desk, "unknown", "accepted")
    assert resolve(desk.ledger, CAMPAIGN, 1, sent=sent) == 1
    assert states(desk.ledger) == [state, "queued"]
    assert audit(desk.ledger, CAMPAIGN).clean
    with pytest.raises(Conflict, match="not unconfirmed"):
        resolve(desk.ledger, CAMPAIGN, 1, sent=sent)
    with pytest.raises(NotFound):
        resolve(desk.ledger, CAMPAIGN, 99, sent=sent)


def test_what_was_not_sent_in_a_cancelled_campaign_is_cancelled(desk: Desk) -> None:
    ended(desk, "unknown")
    desk.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    resolve(desk.ledger, CAMPAIGN, 1, sent=False)
    assert states(desk.ledger) == ["cancelled"]


def pooled_batch() -> Batch:
    """Ninety singles whose sender is chosen when they are sent."""
    batch = make_batch(*[1] * 90)
    return Batch(batch.rows, tuple(message._replace(sender="") for message in batch.messages))


def test_a_disabled_senders_share_moves_and_the_others_keep_theirs(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    for id in ("before", "after"):
        if id == "after":
            use_sender(runtime.ledger, POOL[1], enabled=False)
        add_campaign(runtime.ledger, pooled_batch(), id=id, **FROM)
        assert send_batch(runtime, id, 0) == "90 queued"
    by_campaign: dict[str, dict[str, str]] = {"before": {}, "after": {}}
    for message in simulator.received().messages:
        by_campaign[message["user_data"].partition(".")[0]][message["to"][0]] = message["from"]
    assert set(by_campaign["before"].values()) == set(POOL)
    assert set(by_campaign["after"].values()) == {POOL[0], POOL[2]}
    moved = {to for to, sender in by_campaign["before"].items() if by_campaign["after"][to] != sender}
    assert moved == {to for to, sender in by_campaign["before"].items() if sender == POOL[1]}


def test_nothing_goes_from_a_disabled_number_of_ones_own_until_it_is_enabled(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    add_campaign(runtime.ledger, make_batch(1))
    use_sender(runtime.ledger, POOL[0], enabled=False)
    assert send_batch(runtime, CAMPAIGN, 0) == "waits for the limit of sender"
    assert simulator.received().taken == 0
    use_sender(runtime.ledger, POOL[0], enabled=True)
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued"


@pytest.mark.slow
def test_a_limit_raised_by_hand_wakes_what_rests_and_outlives_a_restart(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(*[1] * 20))
    set_limit(runtime.ledger, ACCOUNT, rate="1/h")
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued, waits for the limit of account"
    assert "waits for the limit of the account" in (runtime.ledger.campaign(CAMPAIGN).reason or "")
    assert send_batch(runtime, CAMPAIGN, 0).startswith("later ")
    set_limit(runtime.ledger, ACCOUNT, rate="500/s", burst=5)
    put_rates_in_force(runtime.ledger, runtime.settings)
    in_force = runtime.ledger.limits.in_force().rates[ACCOUNT]
    assert (round(in_force.per_second), round(in_force.burst), in_force.by_operator) == (500, 5, True)
    assert send_batch(runtime, CAMPAIGN, 0) == "19 queued"
    reset_limit(runtime.ledger, ACCOUNT, runtime.settings)
    assert not runtime.ledger.limits.in_force().rates[ACCOUNT].by_operator


def test_a_limit_raised_during_a_pause_is_obeyed_as_soon_as_the_campaign_goes_on(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    set_limit(runtime.ledger, EACH_SENDER, per_day=1)
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued, waits for the daily cap of sender"
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    set_limit(runtime.ledger, EACH_SENDER, per_day=9)
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued"


def test_a_reset_from_a_shell_without_prices_leaves_the_workers_prices_alone(
    make_runtime: MakeRuntime,
) -> None:
    runtime = make_runtime(price_mms=0.015)
    put_rates_in_force(runtime.ledger, runtime.settings)
    reset_limit(runtime.ledger, ACCOUNT, make_runtime().settings)
    assert runtime.ledger.redis.hget("mms:policy", "price_legs") == b"15000"


def test_senders_of_a_pool_do_not_wait_for_each_other(runtime: Runtime, simulator: SimulatorHandle) -> None:
    set_limit(runtime.ledger, LimitScope.sender(POOL[0]), rate="1/h")
    add_campaign(runtime.ledger, pooled_batch(), **FROM)
    send_batch(runtime, CAMPAIGN, 0)
    senders = Counter(message["from"] for message in simulator.received().messages)
    assert senders[POOL[0]] == 1
    assert sum(senders.values()) > 45


@pytest.mark.slow
def test_a_sender_that_waits_long_lets_the_rest_of_the_campaign_go_on(runtime: Runtime) -> None:
    """The batch waits for the sender; the campaign does not rest, though its own limit said no in the same breath."""
    set_limit(runtime.ledger, LimitScope.sender(POOL[0]), rate="1/h")
    add_campaign(runtime.ledger, pooled_batch(), **FROM)
    set_limit(runtime.ledger, LimitScope.campaign(CAMPAIGN), rate="200/s", burst=1)
    assert send_batch(runtime, CAMPAIGN, 0).endswith("waits for the limit of sender")
    assert runtime.ledger.redis.hget(f"mms:c:{CAMPAIGN}", "rest") is None


@pytest.mark.slow
def test_a_batch_under_way_whose_sender_is_disabled_is_due_again_at_once_with_the_others(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    add_campaign(runtime.ledger, pooled_batch(), **FROM)
    simulator.set_faults(latency_ms=20)
    set_limit(runtime.ledger, LimitScope.campaign(CAMPAIGN), rate="100/s", burst=1)
    thread = threading.Thread(target=send_batch, args=(runtime, CAMPAIGN, 0))
    thread.start()
    until(lambda: simulator.received(messages=False).taken >= 10)
    use_sender(runtime.ledger, POOL[1], enabled=False)
    thread.join()
    deadline = time.monotonic() + 60
    while runtime.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING:
        assert time.monotonic() < deadline
        send_batch(runtime, CAMPAIGN, 0)
    received = simulator.received()
    assert (received.taken, received.repeated) == (90, [])
