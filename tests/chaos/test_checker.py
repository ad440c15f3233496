"""The checker on small histories made by hand: silent on a good one, one violation for each broken promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dispatcher.ledger.batches.rows import FLAG_OWN_WORD, UNTOUCHED, Lease, RowState
from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.correlation import MessageRef
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.rules.rates import Rate
from tests.chaos.checker import check
from tests.chaos.history import (
    CampaignEnd,
    Event,
    FileRow,
    Gate,
    History,
    LeaseChange,
    OptOutChange,
    RowChange,
    Standstill,
    StateChange,
    Take,
)
from tests.factories import CAMPAIGN, SENDER, START_MS, make_batch, number_of, token_of

LEASE_MS = 2_000
State = RecipientState


def row(state: RecipientState, *, attempt: int = 1, at_ms: int = 0, **more: Any) -> RowState:
    """A row's state as the ledger writes it; `at_ms` counts from the start."""
    sid = token_of(more.pop("token", attempt)) + bytes(8)
    return UNTOUCHED._replace(state=state, attempt=attempt, claimed_ms=START_MS + at_ms, sid=sid, **more)


def wrote(index: int, state: RecipientState, **more: Any) -> RowChange:
    """The ledger wrote this."""
    return RowChange(CAMPAIGN, 0, index, row(state, **{"token": index, **more}))


def leased(fence: int, *, until_ms: int) -> LeaseChange:
    """A sender has the batch until then."""
    return LeaseChange(CAMPAIGN, 0, Lease(fence, START_MS + until_ms, START_MS, 0, token_of(fence)))


def became(state: CampaignState) -> StateChange:
    """The campaign is in this state."""
    return StateChange(CAMPAIGN, state)


def taken(index: int, *, attempt: int = 1, at_ms: float = 100, word: str = "delivered") -> Take:
    """CarrierX took this row's message."""
    number = number_of(index + 1)
    return Take((number,), MessageRef(CAMPAIGN, 0, index, attempt), START_MS + at_ms, {number: word})


def one_row(index: int, *, at_ms: int) -> list[Event]:
    """A row from its claim to its delivery."""
    return [
        wrote(index, State.SENDING, at_ms=at_ms),
        wrote(index, State.QUEUED, at_ms=at_ms),
        wrote(index, State.DELIVERED, at_ms=at_ms, flags=FLAG_OWN_WORD),
    ]


def make_end(*states: RecipientState, **changes: Any) -> CampaignEnd:
    """The campaign at the end: single messages in these states."""
    batch = make_batch(*[1] * len(states))
    counts = {state: states.count(state) for state in RecipientState}
    campaign = Campaign(
        id=CAMPAIGN,
        name="spring",
        state=changes.pop("state", CampaignState.COMPLETED),
        rows=len(states),
        rows_read=len(states),
        counts=changes.pop("counts", counts),
        created_at="2027-01-15T08:00:00.000Z",
        settings=CampaignSettings(**{"from": (SENDER,)}),
    )
    rows = tuple(FileRow(number_of(index + 1)) for index in range(len(states)))
    ended = [row(state) for state in states]
    made = CampaignEnd(campaign, rows, [batch], [ended], ())
    return replace(made, **changes)


def make_history(**changes: Any) -> History:
    """Two rows, claimed one after the other, both delivered."""
    events: list[Event] = [
        became(CampaignState.RUNNING),
        leased(1, until_ms=2_000),
        *one_row(0, at_ms=10),
        *one_row(1, at_ms=200),
        became(CampaignState.COMPLETED),
    ]
    made = History(
        events=events,
        takes=[taken(0), taken(1, at_ms=300)],
        ends=[make_end(State.DELIVERED, State.DELIVERED)],
        limits={"account": Rate(10, 1)},
        lease_ms=LEASE_MS,
    )
    return replace(made, **changes)


def broken(history: History) -> list[str]:
    """The promises that are broken."""
    return sorted({violation.promise for violation in check(history).violations})


def test_a_good_history_breaks_nothing() -> None:
    assert check(make_history()).violations == []


def test_a_message_taken_twice_breaks_the_first_promise() -> None:
    again = [*one_row(0, at_ms=500)[:1], *make_history().events]
    assert "I1" in broken(make_history(takes=[taken(0), taken(0, at_ms=150), taken(1)]))
    assert "I1" in broken(make_history(events=again, takes=[taken(0), taken(0), taken(1)]))


def test_a_row_that_a_person_resolved_as_not_sent_may_be_taken_again() -> None:
    end = make_end(State.DELIVERED, State.DELIVERED, resolved_by_person=frozenset({1}))
    assert broken(make_history(takes=[taken(0), taken(0), taken(1)], ends=[end])) == []


def test_a_request_written_after_a_standstill_in_the_gap_is_counted_apart() -> None:
    late = [taken(0, at_ms=4_000), taken(0, at_ms=6_000), taken(1)]
    stopped = [Standstill("send", START_MS + 20, START_MS + 3_900)]
    verdict = check(make_history(takes=late, standstills=stopped))
    assert verdict.violations == []
    assert verdict.in_the_gap[CAMPAIGN] == 1
    assert "I1" in broken(make_history(takes=late))
    in_time = [taken(0, at_ms=100), taken(0, at_ms=1_900), taken(1)]
    assert "I1" in broken(make_history(takes=in_time, standstills=stopped))


def test_a_message_that_was_never_claimed_breaks_the_first_promise() -> None:
    assert "I1" in broken(make_history(takes=[taken(0, attempt=2), taken(1)]))
    assert "I1" in broken(make_history(takes=[replace(taken(0), ref=None), taken(1)]))


def test_a_message_to_somebody_else_breaks_the_first_promise() -> None:
    assert "I1" in broken(make_history(takes=[replace(taken(0), numbers=(number_of(50),)), taken(1)]))


def test_a_claim_of_what_is_being_sent_breaks_the_first_promise() -> None:
    events = make_history().events
    twice = [*events[:3], wrote(0, State.SENDING, at_ms=120, attempt=2, token="b"), *events[3:]]
    assert "I1" in broken(make_history(events=twice))


def test_a_row_that_is_not_there_breaks_the_second_promise() -> None:
    end = make_end(State.DELIVERED, State.DELIVERED)
    longer = replace(end, rows=(*end.rows, FileRow(number_of(3))))
    assert "I2" in broken(make_history(ends=[longer]))


def test_states_that_nothing_explains_break_the_second_promise() -> None:
    for first in (State.PENDING, State.SENDING, State.UNCONFIRMED, State.REJECTED, State.SENT):
        end = make_end(first, State.DELIVERED)
        assert broken(make_history(ends=[end])) == ["I2"], first
    for first in (State.PENDING, State.SENDING, State.DELIVERED, State.CANCELLED):
        end = make_end(first, State.DELIVERED)
        assert broken(make_history(ends=[end], takes=[taken(1)])) == ["I2"], first
    for first in (State.REJECTED, State.UNCONFIRMED):
        assert broken(make_history(ends=[make_end(first, State.DELIVERED)], takes=[taken(1)])) == []


def test_what_did_not_come_to_an_end_breaks_the_second_promise() -> None:
    assert broken(make_history(unfinished="two rows are pending")) == ["I2"]


def test_a_claim_while_paused_or_cancelled_breaks_the_third_promise() -> None:
    events = make_history().events
    for state in (CampaignState.PAUSED, CampaignState.CANCELLING, CampaignState.COMPLETED):
        assert broken(make_history(events=[*events[:5], became(state), *events[5:]])) == ["I3"], state


def test_a_claim_after_the_command_returned_breaks_the_third_promise() -> None:
    for gate, expected in (
        (Gate("the pause", START_MS + 100), ["I3"]),
        (Gate("the pause", START_MS + 100, START_MS + 150), []),
        (Gate("the pause", START_MS + 300), []),
    ):
        end = make_end(State.DELIVERED, State.DELIVERED, gates=(gate,))
        assert broken(make_history(ends=[end])) == expected


def test_a_claim_after_a_stop_was_in_the_ledger_breaks_the_third_promise() -> None:
    events = make_history().events
    out, back = OptOutChange(number_of(2), is_out=True), OptOutChange(number_of(2), is_out=False)
    at = events.index(wrote(1, State.SENDING, at_ms=200))
    assert broken(make_history(events=[out, *events])) == ["I3"]
    assert broken(make_history(events=[*events[:at], out, *events[at:]])) == ["I3"]
    assert broken(make_history(events=[*events[: at + 1], out, *events[at + 1 :]])) == []
    assert broken(make_history(events=[out, back, *events])) == []


def test_a_claim_after_the_campaign_expired_breaks_the_third_promise() -> None:
    states = (State.DELIVERED, State.DELIVERED)
    assert broken(make_history(ends=[make_end(*states, ends_ms=START_MS + 201)])) == []
    assert broken(make_history(ends=[make_end(*states, ends_ms=START_MS + 200)])) == ["I3"]


def test_a_stop_that_is_confirmed_twice_breaks_the_first_promise() -> None:
    told = Take((number_of(9),), None, START_MS, {})
    assert broken(make_history(confirmations=[told])) == []
    assert broken(make_history(confirmations=[told, told])) == ["I1"]


def test_claims_that_run_ahead_of_a_limit_break_the_fourth_promise() -> None:
    for scope in ("account", "sender", f"sender:{SENDER}", f"campaign:{CAMPAIGN}"):
        assert broken(make_history(limits={scope: Rate(5, 1)})) == ["I4"], scope
        assert broken(make_history(limits={scope: Rate(5, 2)})) == [], scope


def test_counts_that_disagree_break_the_fifth_promise() -> None:
    wrong = {State.DELIVERED: 1, State.SENT: 1}
    assert broken(make_history(ends=[make_end(State.DELIVERED, State.DELIVERED, counts=wrong)])) == ["I5"]
    found = make_end(State.DELIVERED, State.DELIVERED, findings=("batch 0: it is done and due at once",))
    assert broken(make_history(ends=[found])) == ["I5"]


def test_a_batch_taken_while_its_lease_lives_breaks_the_sixth_promise() -> None:
    events = make_history().events
    early = [*events[:5], leased(2, until_ms=1_900 + LEASE_MS), *events[5:]]
    assert broken(make_history(events=early)) == ["I6"]
    in_time = [*events[:5], leased(2, until_ms=2_000 + LEASE_MS), *events[5:]]
    assert broken(make_history(events=in_time)) == []


def test_a_claim_under_a_dead_lease_breaks_the_sixth_promise() -> None:
    events = make_history().events
    assert broken(make_history(events=[events[0], leased(1, until_ms=100), *events[2:]])) == ["I6"]


def test_a_word_that_goes_back_breaks_the_seventh_promise() -> None:
    events = make_history().events
    for state in (State.SENT, State.PENDING, State.UNCONFIRMED):
        back = [*events[:-1], wrote(0, state, at_ms=10, flags=FLAG_OWN_WORD)]
        assert broken(make_history(events=back)) == ["I7"], state


def test_a_members_first_own_word_may_stand_below_the_inherited_one() -> None:
    events = make_history().events
    inherited = [
        *events[:4],
        wrote(0, State.DELIVERED, at_ms=10),
        wrote(0, State.SENT, at_ms=10, flags=FLAG_OWN_WORD),
        *events[4:],
    ]
    assert broken(make_history(events=inherited)) == []


def test_an_alarm_of_a_forgotten_claim_breaks_the_first_promise() -> None:
    assert broken(make_history(alarms={"forgotten_claim": 1, "older_attempt": 3})) == ["I1"]


def test_a_sender_with_a_wrong_clock_that_sends_breaks_the_third_promise() -> None:
    assert broken(make_history(misled_batches=1)) == ["I3"]


def test_callbacks_that_a_receiver_answered_are_stored_once_and_in_order() -> None:
    good = make_history(probes=["a:0", "b:0", "a:1"], probes_stored=["b:0", "a:0", "a:1"])
    assert check(good).violations == []
    lost = replace(good, probes_stored=["b:0", "a:1"])
    twice = replace(good, probes_stored=["b:0", "a:0", "a:1", "a:1"])
    back = replace(good, probes=["a:0", "a:1"], probes_stored=["a:1", "a:0"])
    for bad in (lost, twice, back):
        assert [violation.promise for violation in check(bad).violations] == ["I9"]
    down = replace(good, receiver_troubles=["a web process started without Valkey took no callback"])
    assert [violation.promise for violation in check(down).violations] == ["I8"]
