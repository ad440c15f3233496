"""CarrierX's words: in any order, as often as they like, before or after the POST's own answer, the same end."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.batches.claims import Hold, TakenBatch
from dispatcher.ledger.batches.rows import RowState, pack_sid, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import BatchReceipts, Receipt, _in_steps
from dispatcher.ledger.store.connection import text_of
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    LOOK_MS,
    POLL_MS,
    SID,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    recount,
    snapshot,
    states,
    take,
    token_of,
)
from tests.valkey import set_clock

QUEUED, SENT = RecipientState.QUEUED, RecipientState.SENT
FAILED, DELIVERED = RecipientState.FAILED, RecipientState.DELIVERED


def own(word: RecipientState, *, row: int = 0, attempt: int = 1, sid: str | None = SID) -> Receipt:
    """A word about this very row."""
    return Receipt(0, row, attempt, word, "own", sid)


def shared(word: RecipientState, *, row: int = 0, attempt: int = 1, sid: str | None = SID) -> Receipt:
    """A word that a group member inherits."""
    return Receipt(0, row, attempt, word, "shared", sid)


def apply(ledger: Ledger, *receipts: Receipt, grace_ms: int = 0) -> int:
    """Apply receipts to the first batch."""
    return ledger.receipts.apply(CAMPAIGN, 0, receipts, [], grace_ms=grace_ms)


def rows(ledger: Ledger) -> list[RowState]:
    """The rows of the first batch."""
    return ledger.batches.read(CAMPAIGN, [0])[0][1]


def alarms(ledger: Ledger) -> dict[str, int]:
    """What should not happen and did."""
    return {text_of(name): int(count) for name, count in ledger.redis.hgetall("mms:alarms").items()}


def claimed(ledger: Ledger, *sizes: int) -> None:
    """A campaign of one batch whose first message is claimed, not recorded."""
    ledger.redis.flushall()
    set_clock(ledger.redis, START_MS)
    add_campaign(ledger, make_batch(*sizes or (1,)))
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)


def answered(ledger: Ledger, outcome: str = "accepted", word: RecipientState = QUEUED) -> None:
    """The POST's own answer is recorded, whatever has become of the lease or the campaign."""
    batch = ledger.batches.content(CAMPAIGN, 0)
    assert batch is not None
    taken = TakenBatch(Hold(CAMPAIGN, 0, token_of("a"), 1), batch, [])
    record(ledger, taken.hold, make_record(make_claim(taken), outcome, word=word))


@pytest.mark.parametrize("order", list(permutations(["answer", QUEUED, SENT, FAILED, DELIVERED])))
def test_every_order_of_words_and_answer_ends_in_the_highest(
    ledger_at_start: Ledger, order: tuple[str, ...]
) -> None:
    claimed(ledger_at_start)
    for step in order:
        if step == "answer":
            answered(ledger_at_start)
        else:
            apply(ledger_at_start, own(RecipientState(step)))
    assert states(ledger_at_start) == ["delivered"]
    assert sid_text(rows(ledger_at_start)[0], {}, 0, 0) == SID
    recount(ledger_at_start)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.sampled_from([QUEUED, SENT, FAILED, DELIVERED]), min_size=1, max_size=6),
    outcome=st.sampled_from(["accepted", "unknown", "none"]),
    at=st.integers(0, 6),
)
def test_any_repetition_of_words_ends_in_the_highest(
    ledger_at_start: Ledger, words: list[RecipientState], outcome: str, at: int
) -> None:
    claimed(ledger_at_start)
    for index, word in enumerate(words):
        if index == at and outcome != "none":
            answered(ledger_at_start, outcome)
        apply(ledger_at_start, own(word))
    order = [QUEUED, SENT, FAILED, DELIVERED]
    assert states(ledger_at_start) == [max(words, key=order.index).value]
    recount(ledger_at_start)


@pytest.mark.parametrize("heard", list(permutations([SENT, FAILED])))
@pytest.mark.parametrize("inherited", [QUEUED, SENT, DELIVERED])
@pytest.mark.parametrize("when", [0, 1, 2])
def test_a_members_own_words_outrank_what_it_inherits_in_every_order(
    ledger_at_start: Ledger, heard: tuple[RecipientState, ...], inherited: RecipientState, when: int
) -> None:
    claimed(ledger_at_start, 2)
    answered(ledger_at_start)
    steps = [own(word) for word in heard]
    steps.insert(when, shared(inherited))
    for step in steps:
        apply(ledger_at_start, step)
    assert states(ledger_at_start)[0] == "failed"
    assert rows(ledger_at_start)[0].final_ms
    recount(ledger_at_start)


def test_failed_is_never_inherited(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start, 2)
    answered(ledger_at_start)
    apply(ledger_at_start, own(FAILED), shared(FAILED, row=1))
    assert states(ledger_at_start) == ["failed", "queued"]


@pytest.mark.parametrize(("first", "second"), list(product([SENT, DELIVERED], [SENT, FAILED, DELIVERED])))
def test_members_words_stay_their_own(
    ledger_at_start: Ledger, first: RecipientState, second: RecipientState
) -> None:
    claimed(ledger_at_start, 2)
    apply(ledger_at_start, own(first), shared(QUEUED, row=1))
    apply(ledger_at_start, own(second, row=1), shared(QUEUED))
    answered(ledger_at_start)
    assert states(ledger_at_start) == [first.value, second.value]


def test_a_receipt_repeated_changes_nothing(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start, 3)
    receipts = [own(SENT), shared(QUEUED, row=1), shared(QUEUED, row=2)]
    assert apply(ledger_at_start, *receipts, grace_ms=600_000) == 3
    before = snapshot(ledger_at_start)
    assert apply(ledger_at_start, *receipts, grace_ms=600_000) == 0
    assert snapshot(ledger_at_start) == before


@pytest.mark.parametrize("outcome", ["refused", "unknown"])
def test_a_believable_receipt_beats_what_the_answer_seemed_to_say(
    ledger_at_start: Ledger, outcome: str
) -> None:
    claimed(ledger_at_start)
    answered(ledger_at_start, outcome)
    apply(ledger_at_start, own(SENT))
    assert states(ledger_at_start) == ["sent"]
    assert rows(ledger_at_start)[0].reason == 0


def test_a_receipt_for_a_pending_row_means_a_forgotten_claim(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1, 1))
    apply(ledger_at_start, own(SENT))
    taken = take(ledger_at_start)
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS).word == "done"
    assert alarms(ledger_at_start) == {"forgotten_claim": 1}


def test_words_of_an_older_attempt_change_nothing(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    answered(ledger_at_start, "later")
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken, name="second"), now_ms=START_MS)
    before = rows(ledger_at_start)
    apply(ledger_at_start, own(DELIVERED, attempt=1))
    assert rows(ledger_at_start) == before
    assert alarms(ledger_at_start) == {"older_attempt": 1}


def test_a_sid_of_an_older_attempt_changes_nothing(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    answered(ledger_at_start)
    before = rows(ledger_at_start)
    apply(ledger_at_start, own(DELIVERED, attempt=0, sid="00000000-0000-4000-8000-000000000000"))
    assert rows(ledger_at_start) == before
    assert alarms(ledger_at_start) == {"older_attempt": 1}


def test_the_known_sid_moves_the_row_without_an_attempt(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    answered(ledger_at_start)
    apply(ledger_at_start, own(DELIVERED, attempt=0))
    assert states(ledger_at_start) == ["delivered"]


def test_an_end_of_all_rows_settles_the_campaign(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    answered(ledger_at_start)
    hold = take(ledger_at_start).hold
    ledger_at_start.batches.give_back(hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    apply(ledger_at_start, own(DELIVERED))
    campaign = ledger_at_start.campaign(CAMPAIGN)
    assert campaign.state is CampaignState.COMPLETED
    assert campaign.settled_at is not None
    assert ledger_at_start.agenda.settling(START_MS + 10**9, 10) == []


def test_carrier_and_price_are_kept_and_bad_ones_are_not(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    apply(ledger_at_start, Receipt(0, 0, 1, SENT, "own", SID, mcc="310", mnc="260", price="0.0150"))
    apply(ledger_at_start, Receipt(0, 0, 1, SENT, "own", SID, mcc="x", mnc="1234567", price=None))
    row = rows(ledger_at_start)[0]
    assert (row.mcc, row.mnc, row.price) == (310, 260, "0.0150")


def test_a_long_price_is_cut_to_keep_the_row_small(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    apply(ledger_at_start, Receipt(0, 0, 1, SENT, "own", SID, price="9:" * 500))
    assert rows(ledger_at_start)[0].price == "9:" * 10


@pytest.mark.parametrize(
    "sid", [SID.upper(), "SM" + "x" * 5000, f"{{{SID}}}", "ü\0'{};", SID.replace("-", "")]
)
def test_a_sid_of_any_form_is_found_and_shown_as_it_was(ledger_at_start: Ledger, sid: str) -> None:
    claimed(ledger_at_start)
    taken = take(ledger_at_start)
    record(ledger_at_start, taken.hold, make_record(make_claim(taken), sid=sid))
    assert ledger_at_start.receipts.find([sid, SID + "0"]) == [(CAMPAIGN, 0, 0), None]
    assert sid_text(rows(ledger_at_start)[0], ledger_at_start.campaigns.long_sids(CAMPAIGN), 0, 0) == sid
    apply(ledger_at_start, own(DELIVERED, attempt=0, sid=sid))
    assert states(ledger_at_start) == ["delivered"]


def test_orphans_come_back_when_their_message_is_known(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    ledger_at_start.callback_stream.store(b'{"early": true}', START_MS)
    (entry,) = ledger_at_start.callback_stream.take("a", 10)
    ledger_at_start.callback_stream.keep_early_receipt(entry, pack_sid(SID).hashed)
    assert ledger_at_start.callback_stream.waiting() == 0
    answered(ledger_at_start)
    assert [entry.raw for entry in ledger_at_start.callback_stream.take("a", 10)] == [b'{"early": true}']
    assert ledger_at_start.redis.keys("mms:orphan:*") == []


def test_thousands_of_receipts_of_one_batch_are_applied_in_one_step(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start, 9, *[9] * 10)
    many = [own(SENT, row=row % 9) for row in range(9 * 500)]
    assert apply(ledger_at_start, *many) == 9
    recount(ledger_at_start)


def test_entries_are_acknowledged_in_the_step_that_applies_them(ledger_at_start: Ledger) -> None:
    claimed(ledger_at_start)
    ledger_at_start.callback_stream.store(b"{}", START_MS)
    (entry,) = ledger_at_start.callback_stream.take("a", 10)
    ledger_at_start.receipts.apply(CAMPAIGN, 0, [own(SENT)], [entry.id], grace_ms=0)
    assert ledger_at_start.callback_stream.waiting() == 0
    assert ledger_at_start.redis.xpending("mms:callbacks", "ingest")["pending"] == 0


def test_receipts_of_an_erased_campaign_are_acknowledged_and_leave_nothing(ledger_at_start: Ledger) -> None:
    ledger_at_start.callback_stream.store(b"{}", START_MS)
    (entry,) = ledger_at_start.callback_stream.take("a", 10)
    assert ledger_at_start.receipts.apply("erased-abc234", 0, [own(SENT)], [entry.id], grace_ms=5) == 0
    assert ledger_at_start.callback_stream.waiting() == 0
    assert ledger_at_start.redis.keys("mms:c:*") == []


@pytest.mark.parametrize("outcome", ["none", "unknown", "refused"])
def test_a_claims_token_is_never_taken_for_a_sid(ledger_at_start: Ledger, outcome: str) -> None:
    claimed(ledger_at_start)
    if outcome != "none":
        answered(ledger_at_start, outcome)
    apply(ledger_at_start, own(SENT, sid=None))
    assert states(ledger_at_start) == ["sent"]
    assert sid_text(rows(ledger_at_start)[0], {}, 0, 0) == ""
    apply(ledger_at_start, own(DELIVERED))
    assert sid_text(rows(ledger_at_start)[0], {}, 0, 0) == SID


@pytest.mark.parametrize("outcome", ["none", "unknown", "refused"])
def test_a_claims_token_does_not_go_stale_as_a_sid_does(ledger_at_start: Ledger, outcome: str) -> None:
    claimed(ledger_at_start)
    if outcome != "none":
        answered(ledger_at_start, outcome)
    apply(ledger_at_start, own(SENT))
    assert sid_text(rows(ledger_at_start)[0], {}, 0, 0) == SID
    assert not ledger_at_start.redis.exists(f"mms:c:{CAMPAIGN}:stale")


def test_of_an_unknown_message_the_newest_hundred_receipts_wait_for_a_day(ledger_at_start: Ledger) -> None:
    for number in range(101):
        ledger_at_start.callback_stream.store(b"receipt %d" % number, START_MS)
        (entry,) = ledger_at_start.callback_stream.take("a", 1)
        assert ledger_at_start.callback_stream.keep_early_receipt(entry, pack_sid(SID).hashed)
    (key,) = ledger_at_start.redis.keys("mms:orphan:*")
    kept = ledger_at_start.redis.lrange(key, 0, -1)
    assert (len(kept), kept[0], kept[-1]) == (100, b"receipt 1", b"receipt 100")
    assert 86_395_000 < int(ledger_at_start.redis.pttl(key)) <= 86_400_000


def test_a_failure_is_asked_for_its_reason_five_seconds_later_and_not_later_for_the_next(
    ledger_at_start: Ledger,
) -> None:
    claimed(ledger_at_start, 1, 1)
    answered(ledger_at_start)
    apply(ledger_at_start, own(FAILED))
    assert ledger_at_start.redis.zscore("mms:explain", f"{CAMPAIGN}:0") == START_MS + 5_000
    set_clock(ledger_at_start.redis, START_MS + 3_000)
    apply(ledger_at_start, Receipt(1, 1, 1, FAILED, "own", "another sid"))
    assert ledger_at_start.redis.zscore("mms:explain", f"{CAMPAIGN}:0") == START_MS + 5_000


def test_receipts_of_several_campaigns_in_one_step_keep_apart_what_belongs_to_each(
    ledger_at_start: Ledger,
) -> None:
    ledger, spoken = ledger_at_start, list[BatchReceipts]()
    for serial, campaign in enumerate((CAMPAIGN, "other-abc234", "third-abc234"), 1):
        add_campaign(ledger, make_batch(1, 1), id=campaign)
        taken = take(ledger, campaign)
        claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
        said = Receipt(
            0, 0, 1, DELIVERED, "own", f"{serial:08x}{SID[8:]}", mcc="310", mnc=str(serial), price=f"0.0{serial}",
            sender=f"1516206557{serial}",
        )  # fmt: skip
        spoken.append(BatchReceipts(campaign, 0, [said], [], 0))
    assert ledger.receipts.apply_many(spoken) == 3
    for serial, one in enumerate(spoken, 1):
        fields = ledger.redis.hgetall(f"mms:c:{one.campaign}")
        heard = ledger.redis.hgetall(f"mms:c:{one.campaign}:heard")
        assert fields[b"cost"] == b"%d" % (serial * 10_000)
        assert heard == {b"sender:1516206557%d:d" % serial: b"1", b"carrier:310-%d:d" % serial: b"1"}
        assert recount(ledger, one.campaign)[DELIVERED] == 1
        assert ledger.receipts.find([one.receipts[0].sid or ""]) == [(one.campaign, 0, 0)]


def test_a_step_is_no_longer_than_it_may_be_and_divides_no_batch(
    ledger_at_start: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.ledger.receipts.receipts.STEP", 6)
    claimed(ledger_at_start, 1, 1, 1, 1)
    for name in ("other-abc234", "third-abc234"):
        add_campaign(ledger_at_start, make_batch(1, 1), id=name)
    four = [Receipt(row, row, 1, SENT) for row in range(4)]
    two = [Receipt(row, row, 1, SENT) for row in range(2)]
    many = [("other-abc234", two), (CAMPAIGN, four), ("third-abc234", two[:1])]
    spoken = [BatchReceipts(name, 0, receipts, [], 0) for name, receipts in many]
    assert ledger_at_start.receipts.apply_many(spoken) == 7
    assert [recount(ledger_at_start, name)[SENT] for name, _ in many] == [2, 4, 1]
    assert [len(step) for step in _in_steps(spoken)] == [2, 1]
