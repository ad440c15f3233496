"""Looking after batches: inheritance after the grace, polls, and what is unconfirmed — found, or twice not there."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.ledger.batches.claims import Claim, TakenBatch
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.reconcile.reconcile import look_after
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.retry_policy import LOOK_AGAIN_MS
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.receipts.test_ingest import mark
from tests.factories import (
    CAMPAIGN,
    LOOK_MS,
    POLL_MS,
    SENDER,
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
from tests.valkey import set_clock

GRACE_MS = 600_000
MEDIA = ("https://example.com/a.jpg",)


@pytest.fixture
def ledger(ledger_at_start: Ledger) -> Ledger:
    """What the verbs of this file work on."""
    return ledger_at_start


def post(runtime: Runtime, taken: TakenBatch, message: int) -> str:
    """CarrierX takes the message; its sid."""
    rows = taken.batch.messages[message].members
    to = tuple(taken.batch.rows[row].number or "" for row in rows)
    return runtime.carrierx.send(Outgoing(SENDER, to, "Hi", MEDIA, mark(message))).message_sid


def claimed(runtime: Runtime, *sizes: int) -> tuple[TakenBatch, list[Claim]]:
    """A batch, all its messages claimed."""
    add_campaign(runtime.ledger, make_batch(*sizes, media=MEDIA))
    taken = take(runtime.ledger)
    claims = [make_claim(taken, message) for message in range(len(sizes))]
    for asked in claims:
        assert claim(runtime.ledger, taken.hold, asked, now_ms=START_MS).word == "go"
    return taken, claims


def give_back(runtime: Runtime, taken: TakenBatch) -> None:
    """The sender is done."""
    runtime.ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)


def later(runtime: Runtime, ms: int) -> None:
    """Let time pass since the start."""
    set_clock(runtime.ledger.redis, START_MS + ms)


def looks_due(runtime: Runtime) -> list[tuple[str, int]]:
    """Batches that anybody will ever look at."""
    agenda = runtime.ledger.agenda
    return [*agenda.looks("care", START_MS + 10**10, 10), *agenda.looks("search", START_MS + 10**10, 10)]


def hear(runtime: Runtime, **fields: Any) -> None:
    """One callback of the first message."""
    runtime.ledger.callback_stream.store(callback_body(user_data=mark(), **fields), START_MS)
    ingest(runtime, "tester")


def group(runtime: Runtime, simulator: SimulatorHandle) -> None:
    """A group of three that was taken, nobody spoken of yet."""
    simulator.set_faults(undelivered_share=1)
    taken, (asked,) = claimed(runtime, 3)
    record(runtime.ledger, taken.hold, make_record(asked, sid=post(runtime, taken, 0)))
    give_back(runtime, taken)


@pytest.mark.parametrize("word", ["sent", "delivered"])
def test_silent_members_inherit_after_the_grace_and_not_before(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, word: str
) -> None:
    runtime = make_runtime(public_url="https://mms.example.com")
    group(runtime, simulator)
    hear(runtime, to=number_of(2), status=word)
    later(runtime, GRACE_MS - 1)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["queued", word, "queued"]
    later(runtime, GRACE_MS)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == [word] * 3
    recount(runtime.ledger)


def test_failed_is_not_inherited_by_the_silent(make_runtime: MakeRuntime, simulator: SimulatorHandle) -> None:
    runtime = make_runtime(public_url="https://mms.example.com")
    group(runtime, simulator)
    hear(runtime, to=number_of(2), status="failed")
    later(runtime, GRACE_MS)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["queued", "failed", "queued"]


def test_a_late_own_word_outranks_what_was_inherited(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(public_url="https://mms.example.com")
    group(runtime, simulator)
    hear(runtime, to=number_of(2), status="delivered")
    later(runtime, GRACE_MS)
    look_after(runtime, CAMPAIGN, 0)
    hear(runtime, to=number_of(1), status="failed")
    assert states(runtime.ledger) == ["failed", "delivered", "delivered"]
    recount(runtime.ledger)


def test_two_members_heard_teach_that_the_account_reports_by_member(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(public_url="https://mms.example.com")
    group(runtime, simulator)
    hear(runtime, to=number_of(1), status="delivered")
    hear(runtime, to=number_of(2), status="delivered")
    later(runtime, GRACE_MS)
    look_after(runtime, CAMPAIGN, 0)
    assert runtime.ledger.receipts.learned("group_receipts") == "member"
    assert states(runtime.ledger) == ["delivered", "delivered", "queued"]


def test_a_message_whose_callbacks_never_came_is_asked_for(runtime: Runtime) -> None:
    taken, (asked,) = claimed(runtime, 1)
    record(runtime.ledger, taken.hold, make_record(asked, sid=post(runtime, taken, 0)))
    give_back(runtime, taken)
    later(runtime, 29_000)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["queued"]
    later(runtime, 30_000)
    assert look_after(runtime, CAMPAIGN, 0) == "1 rows changed, 0 pending again"
    assert states(runtime.ledger) == ["delivered"]
    assert looks_due(runtime) == []


def test_an_unconfirmed_message_that_carrierx_has_is_found(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(undelivered_share=1)
    taken, (asked,) = claimed(runtime, 1)
    post(runtime, taken, 0)
    record(runtime.ledger, taken.hold, make_record(asked, "unknown"))
    give_back(runtime, taken)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["sent"]
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED


def test_a_list_that_ignores_its_filter_is_compared_item_by_item(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(undelivered_share=1, list_ignores_filter=True)
    taken, claims = claimed(runtime, 1, 1)
    post(runtime, taken, 1)
    for asked in claims:
        record(runtime.ledger, taken.hold, make_record(asked, "unknown"))
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["unconfirmed", "sent"]


def doubtful(runtime: Runtime, *, control: bool = True) -> None:
    """One message that CarrierX never got, one that it took later."""
    taken, claims = claimed(runtime, 1, 1)
    record(runtime.ledger, taken.hold, make_record(claims[0], "unknown"))
    if control:
        later(runtime, 1)
        record(runtime.ledger, taken.hold, make_record(claims[1], sid=post(runtime, taken, 1)))
    else:
        record(runtime.ledger, taken.hold, make_record(claims[1], "refused"))
    give_back(runtime, taken)


def test_twice_not_there_with_a_control_is_sent_again(runtime: Runtime) -> None:
    doubtful(runtime)
    later(runtime, 900_000)
    assert look_after(runtime, CAMPAIGN, 0).endswith("0 pending again")
    later(runtime, 900_000 + LOOK_AGAIN_MS)
    assert look_after(runtime, CAMPAIGN, 0).endswith("1 pending again")
    assert take(runtime.ledger, who="b").states[0].state is RecipientState.PENDING
    recount(runtime.ledger)


def test_not_there_counts_only_after_a_quarter_of_an_hour(runtime: Runtime) -> None:
    doubtful(runtime)
    for ms in (20_000, 100_000, 899_999):
        later(runtime, ms)
        assert look_after(runtime, CAMPAIGN, 0).endswith("0 pending again")
    assert states(runtime.ledger)[0] == "unconfirmed"


def test_without_a_control_not_there_is_no_answer(runtime: Runtime) -> None:
    doubtful(runtime, control=False)
    for look in range(4):
        later(runtime, 900_000 + look * LOOK_AGAIN_MS)
        look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger)[0] == "unconfirmed"
    assert runtime.ledger.agenda.looks("search", START_MS + 10**10, 10) == [(CAMPAIGN, 0)]


@pytest.mark.parametrize("fault", [{"list_lag_ms": 10**7}, {"list_status": 400}, {"list_status": 503}])
def test_a_list_that_lags_or_refuses_is_no_answer(
    runtime: Runtime, simulator: SimulatorHandle, fault: dict[str, Any]
) -> None:
    doubtful(runtime)
    simulator.set_faults(**fault)
    for look in range(4):
        later(runtime, 900_000 + look * LOOK_AGAIN_MS)
        look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger)[0] == "unconfirmed"


def test_unconfirmed_of_a_cancelled_campaign_are_looked_up_and_never_sent_again(runtime: Runtime) -> None:
    doubtful(runtime)
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    assert runtime.ledger.campaigns.swept(CAMPAIGN)
    for look in range(4):
        later(runtime, 900_000 + look * LOOK_AGAIN_MS)
        look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger)[0] == "unconfirmed"


def test_held_ones_wait_for_a_person(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1), on_unconfirmed="hold")
    taken = take(runtime.ledger)
    for message in range(2):
        asked = make_claim(taken, message)
        claim(runtime.ledger, taken.hold, asked, now_ms=START_MS)
        record(runtime.ledger, taken.hold, make_record(asked, "unknown"))
    for look in range(4):
        later(runtime, 900_000 + look * LOOK_AGAIN_MS)
        look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["unconfirmed", "unconfirmed"]


def test_looking_after_what_is_not_there_does_nothing(runtime: Runtime) -> None:
    assert look_after(runtime, "nobody-abc234", 0) == "gone"
    add_campaign(runtime.ledger)
    assert look_after(runtime, CAMPAIGN, 7) == "gone"


def test_an_end_of_the_settle_window_ends_the_polls(runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.set_faults(undelivered_share=1)
    taken, (asked,) = claimed(runtime, 1)
    record(runtime.ledger, taken.hold, make_record(asked, sid=post(runtime, taken, 0)))
    give_back(runtime, taken)
    later(runtime, 3_600_000)
    assert runtime.ledger.campaigns.settle(CAMPAIGN)
    look_after(runtime, CAMPAIGN, 0)
    assert looks_due(runtime) == []


def claimed_at(runtime: Runtime, taken: TakenBatch, message: int, ms: int) -> Claim:
    """A message that is claimed so long after the start."""
    later(runtime, ms)
    asked = make_claim(taken, message)
    assert claim(runtime.ledger, taken.hold, asked, now_ms=START_MS + ms).word == "go"
    return asked


def twice_looked_for(runtime: Runtime, *, one_by_one: bool, number: int = 0) -> list[str]:
    """A batch after two looks at a time when 'not there' may count."""
    if one_by_one:
        runtime.ledger.agenda.latch("mms:turn:no-list", 10**9)
    for look in range(2):
        later(runtime, 1_000_000 + look * LOOK_AGAIN_MS)
        look_after(runtime, CAMPAIGN, number)
    return states(runtime.ledger, number=number)


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize(("claimed_ms", "ends"), [(9, "pending"), (10, "unconfirmed"), (11, "unconfirmed")])
def test_only_a_control_that_was_taken_later_proves_that_a_message_is_not_there(
    runtime: Runtime, claimed_ms: int, ends: str, one_by_one: bool
) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, media=MEDIA))
    taken = take(runtime.ledger)
    in_order: list[tuple[int, Any]] = [(claimed_ms, None), (10, claimed_at(runtime, taken, 1, 0))]
    for ms, control in sorted(in_order, key=lambda each: each[0]):
        later(runtime, ms)
        if control is not None:
            record(runtime.ledger, taken.hold, make_record(control, sid=post(runtime, taken, 1)))
        else:
            lost = claimed_at(runtime, taken, 0, ms)
            record(runtime.ledger, taken.hold, make_record(lost, "unknown"))
    give_back(runtime, taken)
    assert twice_looked_for(runtime, one_by_one=one_by_one)[0] == ends


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_control_speaks_of_those_only_that_were_claimed_before_it(
    runtime: Runtime, one_by_one: bool
) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, 1, 1, media=MEDIA))
    taken = take(runtime.ledger)
    for message, ms in ((0, 0), (1, 9), (2, 10), (3, 10)):
        asked = claimed_at(runtime, taken, message, ms)
        became = make_record(asked, "unknown")
        if message == 2:
            became = make_record(asked, sid=post(runtime, taken, message))
        record(runtime.ledger, taken.hold, became)
    give_back(runtime, taken)
    found = twice_looked_for(runtime, one_by_one=one_by_one)
    assert (found[0], found[1], found[3]) == ("pending", "pending", "unconfirmed")


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize(("taken_ms", "ends"), [(9, "unconfirmed"), (10, "unconfirmed"), (11, "pending")])
def test_a_control_of_a_batch_beside_was_taken_later_too(
    runtime: Runtime, taken_ms: int, ends: str, one_by_one: bool
) -> None:
    add_campaign(runtime.ledger, make_batch(1, media=MEDIA), make_batch(1, media=MEDIA))
    here, beside = (take(runtime.ledger, number=number) for number in (0, 1))
    control = claimed_at(runtime, beside, 0, 0)
    for ms in sorted((taken_ms, 10)):
        later(runtime, ms)
        if ms == taken_ms:
            sent = Outgoing(
                SENDER, (number_of(1),), "Hi", MEDIA, write_user_data(MessageRef(CAMPAIGN, 1, 0, 1), SECRET)
            )
            sid = runtime.carrierx.send(sent).message_sid
            record(runtime.ledger, beside.hold, make_record(control, sid=sid))
        if ms == 10 and states(runtime.ledger) == ["pending"]:
            record(runtime.ledger, here.hold, make_record(claimed_at(runtime, here, 0, 10), "unknown"))
    give_back(runtime, here)
    assert twice_looked_for(runtime, one_by_one=one_by_one) == [ends]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_control_that_was_taken_too_early_does_not_hide_a_later_one_further_away(
    runtime: Runtime, one_by_one: bool
) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, media=MEDIA), *[make_batch(1, media=MEDIA)] * 2)
    holds = [take(runtime.ledger, number=number) for number in range(3)]
    controls = ((0, 1, 10), (1, 0, 10), (2, 0, 11))
    claims = [claimed_at(runtime, holds[batch], message, 0) for batch, message, _ in controls]
    lost = claimed_at(runtime, holds[0], 0, 10)
    record(runtime.ledger, holds[0].hold, make_record(lost, "unknown"))
    for asked, (batch, message, ms) in zip(claims, controls, strict=True):
        later(runtime, ms)
        reference = write_user_data(MessageRef(CAMPAIGN, batch, message, 1), SECRET)
        sid = runtime.carrierx.send(Outgoing(SENDER, (number_of(1),), "Hi", MEDIA, reference)).message_sid
        record(runtime.ledger, holds[batch].hold, make_record(asked, sid=sid))
    give_back(runtime, holds[0])
    assert twice_looked_for(runtime, one_by_one=one_by_one)[0] == "pending"


def due_again(runtime: Runtime, kind: str, ms: int) -> int:
    """When the batch is due for this after now, which is so long after the start; ms."""
    score = runtime.ledger.redis.zscore(f"mms:c:{CAMPAIGN}:{kind}", 0)
    return 0 if score is None else int(score) - START_MS - ms


@pytest.mark.parametrize(
    ("age_ms", "next_ms"), [(0, 20_000), (400_020, 20_001), (900_000, 45_000), (20_000_000, 600_000)]
)
def test_what_is_unknown_is_looked_for_the_more_seldom_the_older_it_is(
    runtime: Runtime, age_ms: int, next_ms: int
) -> None:
    doubtful(runtime, control=False)
    later(runtime, age_ms)
    look_after(runtime, CAMPAIGN, 0)
    assert due_again(runtime, "search", age_ms) == next_ms


@pytest.mark.parametrize(
    ("sizes", "age_ms", "next_ms"),
    [
        ((1,), 10_000, 30_000),
        ((1,), 100_000, 100_000),
        ((1,), 3_600_000, 3_600_000),
        ((1,), 4_000_000, 3_600_000),
        ((2,), 100_000, 100_000),
        ((2,), 700_000, 600_000),
    ],
)
def test_what_settles_is_asked_for_at_doubled_age_up_to_an_hour_and_a_group_up_to_its_grace(
    runtime: Runtime, simulator: SimulatorHandle, sizes: tuple[int, ...], age_ms: int, next_ms: int
) -> None:
    simulator.set_faults(undelivered_share=1)
    taken, (asked,) = claimed(runtime, *sizes)
    record(runtime.ledger, taken.hold, make_record(asked, sid=post(runtime, taken, 0)))
    give_back(runtime, taken)
    later(runtime, age_ms)
    look_after(runtime, CAMPAIGN, 0)
    assert due_again(runtime, "care", age_ms) == next_ms


def test_who_could_not_be_looked_for_at_this_look_is_looked_for_five_seconds_later(runtime: Runtime) -> None:
    taken, claims = claimed(runtime, *[1] * 11)
    for asked in claims:
        record(runtime.ledger, taken.hold, make_record(asked, "unknown"))
    runtime.ledger.agenda.latch("mms:turn:no-list", 10**9)
    look_after(runtime, CAMPAIGN, 0)
    waited_ms = int(float(runtime.ledger.redis.get("test:clock") or 0)) - START_MS  # for turns to ask
    assert due_again(runtime, "search", waited_ms) == 5_000


def filters_asked(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of each list that CarrierX is asked for from now on its filter."""
    asked: list[str] = []
    lists = runtime.carrierx.list_messages

    def list_messages(*, filter: str = "", **options: Any) -> Any:
        asked.append(filter)
        return lists(filter=filter, **options)

    monkeypatch.setattr(runtime.carrierx, "list_messages", list_messages)
    return asked


def test_one_list_tells_of_a_whole_batch_and_nobody_is_looked_for_alone(
    runtime: Runtime, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.set_faults(undelivered_share=1)
    taken, claims = claimed(runtime, 1, 1, 1)
    for message, asked in enumerate(claims):
        post(runtime, taken, message)
        record(runtime.ledger, taken.hold, make_record(asked, "unknown"))
    filters = filters_asked(runtime, monkeypatch)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["sent"] * 3
    assert filters == [f"user_data like {CAMPAIGN}.0.%"]


def test_where_lists_are_no_help_each_is_looked_for_alone_and_found(
    runtime: Runtime, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.set_faults(undelivered_share=1)
    taken, claims = claimed(runtime, 1, 1)
    for message, asked in enumerate(claims):
        post(runtime, taken, message)
        record(runtime.ledger, taken.hold, make_record(asked, "unknown"))
    runtime.ledger.agenda.latch("mms:turn:no-list", 10**9)
    filters = filters_asked(runtime, monkeypatch)
    look_after(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["sent"] * 2
    assert sorted(filters) == sorted(f"user_data eq {mark(message)}" for message in (0, 1))


def test_what_was_not_there_twice_in_a_campaign_whose_time_is_over_expires_now(runtime: Runtime) -> None:
    doubtful(runtime)
    runtime.ledger.redis.hset(f"mms:c:{CAMPAIGN}", "ends_at", START_MS + 1_000)
    assert twice_looked_for(runtime, one_by_one=False)[0] == "expired"
    row = runtime.ledger.batches.read(CAMPAIGN, [0])[0][1][0]
    assert row.final_ms == START_MS + 1_000_000 + LOOK_AGAIN_MS
    assert (row.at_ms, row.reason, row.flags, row.sid) == (0, 0, 0, bytes(16))
