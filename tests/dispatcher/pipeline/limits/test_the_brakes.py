"""What stops by itself, says why, and goes on when it is mended; and the pace after a 429."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.store.connection import text_of
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.rules.rates import Rate
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.factories import CAMPAIGN, add_campaign, make_batch, make_record, record, recount, states

FROM: dict[str, Any] = {"from": ("15162065575",)}


@pytest.fixture
def braked(desk: Desk) -> Desk:
    """The brakes of the settings are in force, rates are wide open."""
    wide = load_settings(simulate=True, account_rate="100000/s", sender_rate="100000/s")
    put_rates_in_force(desk.ledger, wide)
    return desk


def outcome(desk: Desk, message: int, what: str, **fields: Any) -> None:
    """One message is claimed and ends like this."""
    assert desk.ask(message).word == "go"
    sid = f"sid {message}" if what == "accepted" else None
    became = make_record(desk.asked(message), what, cost=1, sid=sid, **{"health": "a", **fields})
    record(desk.ledger, desk.taken[CAMPAIGN].hold, became)


def test_a_third_refused_of_fifty_pauses_with_a_reason_and_a_suggestion(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(35):
        outcome(braked, message, "accepted")
    for message in range(35, 49):
        outcome(braked, message, "refused")
    assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING
    outcome(braked, 49, "refused")
    campaign = braked.ledger.campaign(CAMPAIGN)
    assert campaign.state is CampaignState.PAUSED
    assert "15 of the last 50 recipients" in (campaign.reason or "")
    assert "MMS_BRAKE_SHARE=0" in (campaign.reason or "")


def test_after_a_resume_the_window_begins_anew(braked: Desk) -> None:
    test_a_third_refused_of_fifty_pauses_with_a_reason_and_a_suggestion(braked)
    braked.ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    outcome(braked, 50, "refused")
    assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING


def test_failures_that_carriers_report_count_too(braked: Desk) -> None:
    braked.campaign(*[1] * 60)
    for message in range(60):
        outcome(braked, message, "accepted")
    failed = [Receipt(message, message, 1, RecipientState.FAILED) for message in range(20)]
    braked.ledger.receipts.apply(CAMPAIGN, 0, failed, [], grace_ms=0)
    assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.PAUSED


def test_a_message_whose_callback_was_faster_than_its_answer_counts_as_answered_once(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    hold = braked.ask(0) and braked.taken[CAMPAIGN].hold
    for message in range(35):
        braked.ask(message)
        heard = [Receipt(message, message, 1, RecipientState.DELIVERED, sid=f"sid {message}")]
        braked.ledger.receipts.apply(CAMPAIGN, 0, heard, [], grace_ms=0)
        accepted = make_record(braked.asked(message), "accepted", cost=1, sid=f"sid {message}", health="a")
        for _ in range(2):
            assert record(braked.ledger, hold, accepted) == "known"
    for message in range(35, 50):
        assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING
        outcome(braked, message, "refused")
    assert "15 of the last 50 recipients" in (braked.ledger.campaign(CAMPAIGN).reason or "")


def test_outcomes_of_more_than_five_minutes_ago_do_not_count(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(45):
        outcome(braked, message, "refused")
    braked.later(5 * 60_000)
    for message in range(45, 60):
        outcome(braked, message, "refused")
    assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING


@pytest.mark.parametrize(
    ("later_ms", "state"),
    [(299_999, CampaignState.PAUSED), (300_000, CampaignState.RUNNING), (330_000, CampaignState.RUNNING)],
)
def test_outcomes_count_for_five_minutes_in_which_they_came_and_not_longer(
    braked: Desk, later_ms: int, state: CampaignState
) -> None:
    braked.campaign(*[1] * 90)
    for message in range(49):
        outcome(braked, message, "refused" if message < 14 else "accepted")
    braked.later(later_ms)
    outcome(braked, 49, "refused")
    assert braked.ledger.campaign(CAMPAIGN).state is state


def test_outcomes_of_several_half_minutes_are_added_up(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(49):
        outcome(braked, message, "refused" if message % 4 == 0 else "accepted")
        braked.later(2_000)
    assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING
    for message in range(49, 52):
        outcome(braked, message, "refused")
    assert "16 of the last 52 recipients" in (braked.ledger.campaign(CAMPAIGN).reason or "")


def test_what_is_remembered_of_outcomes_ends_five_minutes_after_the_last_that_counts(braked: Desk) -> None:
    braked.campaign()
    outcome(braked, 0, "accepted")
    life_ms = int(braked.ledger.redis.pttl(f"mms:c:{CAMPAIGN}:lately"))
    assert 595_000 < life_ms <= 600_000


def test_three_404_in_a_row_pause_as_set_up_wrongly(braked: Desk) -> None:
    braked.campaign()
    for message, health in enumerate(["m", "m", "a", "m", "m"]):
        outcome(braked, message, "refused", health=health)
    assert braked.ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING
    outcome(braked, 5, "refused", health="m")
    assert "404 or 415 three times" in (braked.ledger.campaign(CAMPAIGN).reason or "")


def test_twenty_straight_failures_hold_everything_and_one_probe_at_a_time_goes(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(20):
        outcome(braked, message, "unknown", health="f")
    assert braked.ask(20)[:4] == ("wait", 0, 5_000, "carrierx")
    assert "20 times in a row" in (braked.ledger.campaign(CAMPAIGN).reason or "")
    braked.later(5_000)
    assert [braked.ask(n).word for n in (20, 21, 22)] == ["go", "wait", "wait"]
    hold = braked.taken[CAMPAIGN].hold
    record(braked.ledger, hold, make_record(braked.asked(20), "unknown", cost=1, health="f"))
    assert braked.ask(21).word == "wait"
    braked.later(5_000)
    assert [braked.ask(n).word for n in (21, 22)] == ["go", "wait"]
    record(braked.ledger, hold, make_record(braked.asked(21), cost=1, health="a"))
    assert [braked.ask(n).word for n in (22, 23, 24)] == ["go", "go", "go"]


def test_a_failure_that_is_recorded_again_since_its_answer_was_lost_counts_once(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    hold = braked.ask(0) and braked.taken[CAMPAIGN].hold
    for message in range(19):
        braked.ask(message)
        failed = make_record(braked.asked(message), "unknown", cost=1, text="HTTP 500", health="f")
        assert [record(braked.ledger, hold, failed) for _ in range(2)] == ["ok", "known"]
    assert braked.ask(19).word == "go"
    recount(braked.ledger)


def test_a_late_failure_counts_although_its_batch_was_given_back_meanwhile(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    hold = braked.ask(0) and braked.taken[CAMPAIGN].hold
    for message in range(20):
        braked.ask(message)
    braked.ledger.batches.give_back(hold, wait_ms=0, poll_ms=1, look_ms=1)
    for message in range(20):
        failed = make_record(braked.asked(message), "unknown", cost=1, text="HTTP 500", health="f")
        assert [record(braked.ledger, hold, failed) for _ in range(2)] == ["ok", "known"]
    assert "20 times in a row" in (braked.ledger.campaign(CAMPAIGN).reason or "")


def test_a_probe_whose_worker_died_is_followed_by_another(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(20):
        outcome(braked, message, "unknown", health="f")
    braked.later(5_000)
    assert [braked.ask(n).word for n in (20, 21)] == ["go", "wait"]
    braked.later(65_000)
    assert braked.ask(21).word == "go"


def test_a_429_lowers_the_pace_once_a_second_and_it_comes_back(desk: Desk) -> None:
    desk.ledger.limits.set_rate(ACCOUNT, Rate(10, 1).interval_us, 0)
    desk.campaign()
    desk.ask(0)
    for _ in range(5):
        desk.ledger.agenda.hold(ACCOUNT, 1_000, slower=True)
    desk.later(1_000)
    assert desk.ask(1).word == "go"
    assert 100 < desk.ask(2).wait_ms <= 143
    desk.ledger.agenda.hold(ACCOUNT, 1_000, slower=True)
    desk.later(1_000)
    desk.ask(2)
    assert 190 < desk.ask(3).wait_ms <= 205
    desk.later(60_000)
    desk.ask(3)
    assert desk.ask(4).wait_ms == 100


def test_a_429_that_names_the_number_holds_that_number_only(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime()
    runtime.ledger.agenda.hold(LimitScope.sender("15162065575"), 60_000, slower=True)
    add_campaign(runtime.ledger, make_batch(1, 1), **FROM)
    assert send_batch(runtime, CAMPAIGN, 0) == "waits for the limit of sender"
    assert simulator.received().taken == 0


def test_a_misconfigured_address_pauses_the_campaign_after_three_answers(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(refuse_share=1, refuse_status=404)
    runtime = make_runtime(in_flight=1)
    put_rates_in_force(runtime.ledger, runtime.settings)
    add_campaign(runtime.ledger, make_batch(*[1] * 30))
    assert send_batch(runtime, CAMPAIGN, 0).endswith("halt paused")
    assert states(runtime.ledger).count("rejected") <= 4
    recount(runtime.ledger)


def test_a_carrierx_that_never_answers_is_probed_and_nothing_is_lost(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(carrierx_url="http://127.0.0.1:1", in_flight=2)
    put_rates_in_force(runtime.ledger, runtime.settings)
    add_campaign(runtime.ledger, make_batch(*[1] * 60))
    assert send_batch(runtime, CAMPAIGN, 0).endswith("waits for CarrierX, which does not answer")
    assert set(states(runtime.ledger)) == {"pending"}
    assert "in a row" in (runtime.ledger.campaign(CAMPAIGN).reason or "")


def test_a_probe_of_the_api_is_waited_for_a_little_longer_than_a_request_may_take(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(20):
        outcome(braked, message, "unknown", health="f")
    assert braked.ask(20).wait_ms == 5_000
    braked.later(4_999)
    assert braked.ask(20)[:4] == ("wait", 0, 1, "carrierx")
    braked.later(1)
    assert braked.ask(20).word == "go"
    assert braked.ask(21).wait_ms == 5_000
    braked.later(64_999)
    assert braked.ask(21)[:4] == ("wait", 0, 1, "carrierx")
    braked.later(1)
    assert braked.ask(21).word == "go"


def test_a_probe_that_was_not_tried_after_all_lets_the_next_one_go_at_once(braked: Desk) -> None:
    braked.campaign(*[1] * 90)
    for message in range(20):
        outcome(braked, message, "unknown", health="f")
    braked.later(5_000)
    outcome(braked, 20, "later", health="")
    assert braked.ask(21).word == "go"


def test_a_429_lowers_the_pace_to_seven_tenths_and_it_grows_by_a_hundredth_each_second(desk: Desk) -> None:
    def pace() -> str:
        return text_of(desk.ledger.redis.hget("mms:pace", "account") or b"")

    begun = desk.now_ms
    desk.ledger.agenda.hold(ACCOUNT, 5_000, slower=True)
    assert pace() == f"0.7000:{begun + 5_000}"
    desk.ledger.agenda.hold(ACCOUNT, 5_000, slower=True)
    assert pace() == f"0.7000:{begun + 5_000}"
    desk.ledger.agenda.hold(ACCOUNT, 6_000, slower=True)
    assert pace() == f"0.7000:{begun + 6_000}"
    desk.later(6_000 + 10_000)
    desk.ledger.agenda.hold(ACCOUNT, 100, slower=True)
    assert pace() == f"0.5600:{desk.now_ms + 1_000}"
    desk.later(999)
    desk.ledger.agenda.hold(ACCOUNT, 1, slower=True)
    assert pace().startswith("0.5600:")
    desk.later(1)
    desk.ledger.agenda.hold(ACCOUNT, 1, slower=True)
    assert pace().startswith("0.3920:")
    desk.later(10**9)
    desk.ledger.agenda.hold(ACCOUNT, 1, slower=True)
    assert pace().startswith("0.7000:")
    for _ in range(20):
        desk.later(1_000)
        desk.ledger.agenda.hold(ACCOUNT, 1, slower=True)
    assert pace().startswith("0.0100:")


@pytest.mark.parametrize(("later_ms", "wait_ms"), [(0, 200), (10_000, 167), (30_000, 125), (60_000, 100)])
def test_a_lowered_pace_is_obeyed_as_it_grows(desk: Desk, later_ms: int, wait_ms: int) -> None:
    desk.limit(ACCOUNT, Rate(10, 1))
    desk.campaign()
    desk.ledger.redis.hset("mms:pace", "account", f"0.5:{desk.now_ms}")
    desk.later(later_ms)
    assert desk.ask(0).word == "go"
    assert desk.ask(1).wait_ms == wait_ms


def test_a_lowered_pace_is_obeyed_by_a_slow_limit_to_the_millisecond(desk: Desk) -> None:
    desk.limit(ACCOUNT, Rate(1 / 3600, 1))
    desk.campaign()
    desk.ledger.redis.hset("mms:pace", "account", f"0.5:{desk.now_ms}")
    assert desk.ask(0).word == "go"
    assert desk.ask(1).wait_ms == 3_600_000 * 2
