"""Reads a history afterwards and says what was broken. One function per promise; none of them changes anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from dispatcher.ledger.batches.packing import Batch, BatchMessage
from dispatcher.model.state import FINAL, WORD_RANK, CampaignState, RecipientState
from dispatcher.pipeline.sending._in_flight import CLAIM_SECONDS
from dispatcher.rules.rates import Rate
from dispatcher.rules.sender_pool import choose_sender
from tests.chaos.history import CampaignEnd, History, Take
from tests.chaos.replay import ClaimedRow, Replay, RowKey, replay

#: Claim times are whole milliseconds, cut off: two of them may be a little further apart than they look.
CLOCK_GRAIN_MS = 2.0
_OVER = frozenset({CampaignState.COMPLETED, CampaignState.CANCELLED})


class Violation(NamedTuple):
    """A broken promise: which, in which campaign (or none), and a sentence without a number."""

    promise: str
    campaign: str
    sentence: str


@dataclass
class Verdict:
    """What the checker found. `in_the_gap`: messages written after a SIGSTOP between the last look and the write;
    `held`: rows that stay unconfirmed because nothing proves that they were not taken; `written_late` counts
    messages that were taken more than 2 s after their claim."""

    violations: list[Violation] = field(default_factory=list)
    in_the_gap: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    written_late: Counter[str] = field(default_factory=Counter)
    replay: Replay = field(default_factory=Replay)


class _Places:
    """Where every row of the history stands, by number and by reference."""

    def __init__(self, history: History) -> None:
        self.of_number: dict[str, RowKey] = {}
        self.members: dict[tuple[str, int, int], tuple[RowKey, ...]] = {}
        self.row: dict[RowKey, int] = {}
        self.number: dict[RowKey, str | None] = {}
        for end in history.ends:
            for number, batch in enumerate(end.batches):
                self._batch(end.id, number, batch.rows, batch.messages)

    def _batch(
        self, campaign: str, number: int, rows: tuple[object, ...], messages: tuple[object, ...]
    ) -> None:
        for index, row in enumerate(rows):
            self.row[RowKey(campaign, number, index)] = row.row  # type: ignore[attr-defined]
            self.number[RowKey(campaign, number, index)] = row.number  # type: ignore[attr-defined]
        for index, message in enumerate(messages):
            keys = tuple(RowKey(campaign, number, member) for member in message.members)  # type: ignore[attr-defined]
            self.members[campaign, number, index] = keys
            for key in keys:
                self.of_number[rows[key.index].number] = key  # type: ignore[attr-defined]

    def name(self, key: RowKey) -> str:
        """A row as a person finds it in the report."""
        return f"row {self.row.get(key, '?')} (batch {key.batch})"


def check(history: History) -> Verdict:
    """Everything that this history proves wrong."""
    verdict = Verdict(replay=replay(history.events, history.lease_ms))
    places = _Places(history)
    claims = {(claim.key, claim.attempt): claim for claim in verdict.replay.claims}
    found = verdict.violations
    found += _taken_once(history, places, claims, verdict)
    found += _claimed_fresh(verdict.replay, places)
    for end in history.ends:
        found += _rows_kept(end)
        found += _states_explained(end, history, verdict)
        found += _counts(end)
        found += _gates(end, verdict.replay)
        found += _expired(end, verdict.replay)
    found += _open_campaigns(verdict.replay)
    found += _opted_out(history, verdict.replay, places)
    found += _limits(history, verdict.replay)
    found += _one_sender(verdict.replay)
    found += _forward(verdict.replay, places)
    found += _receiver(history)
    if history.misled_batches:
        found.append(
            Violation("I3", "", f"a sender with a wrong clock sent of {history.misled_batches} batches")
        )
    for queue in history.unmoved:
        found.append(Violation("I10", "", f"hints wait in {queue} and its worker takes none"))
    if history.unfinished:
        found.append(Violation("I2", "", f"not everything came to an end: {history.unfinished}"))
    for alarm in ("forgotten_claim", "user_data_not_ours"):
        if history.alarms.get(alarm) and not verdict.in_the_gap:
            found.append(Violation("I1", "", f"alarm {alarm} rang {history.alarms[alarm]} times"))
    return verdict


def _taken_once(
    history: History, places: _Places, claims: dict[tuple[RowKey, int], ClaimedRow], verdict: Verdict
) -> Iterator[Violation]:
    """I1: no row's message twice, none without its claim, none to somebody else."""
    takes: defaultdict[RowKey, list[bool]] = defaultdict(list)
    excused = {(end.id, row) for end in history.ends for row in end.resolved_by_person}
    for take in history.takes:
        keys = [places.of_number.get(number) for number in take.numbers]
        ref = take.ref
        if ref is None or places.members.get((ref.campaign, ref.batch, ref.message)) is None:
            yield Violation("I1", "", "a message was taken that carries no reference of ours")
            continue
        members = places.members[ref.campaign, ref.batch, ref.message]
        if not keys or not set(keys) <= set(members):
            yield Violation("I1", ref.campaign, f"message {ref.message} of batch {ref.batch} went to others")
            continue
        for key in keys:
            if key is not None and (key, ref.attempt) not in claims:
                yield Violation("I1", ref.campaign, f"{places.name(key)} was sent without a claim on disk")
        claim = next((claims[key, ref.attempt] for key in keys if key and (key, ref.attempt) in claims), None)
        late = claim is not None and take.at_ms > claim.at_ms + 1000 * CLAIM_SECONDS
        verdict.written_late[ref.campaign] += late
        stood_still = late and claim is not None and _stood_still(history, claim.at_ms, take.at_ms)
        for key in filter(None, keys):
            takes[key].append(stood_still)
    for key, times in takes.items():
        if len(times) < 2 or (key.campaign, places.row[key]) in excused:
            continue
        if any(times):
            verdict.in_the_gap[key.campaign] += 1
        else:
            yield Violation("I1", key.campaign, f"{places.name(key)} was taken {len(times)} times")


def _stood_still(history: History, from_ms: float, to_ms: float) -> bool:
    return any(
        still.part.startswith("send") and still.touches(from_ms, to_ms) for still in history.standstills
    )


def _claimed_fresh(seen: Replay, places: _Places) -> Iterator[Violation]:
    """I1, seen from the ledger: only what was pending is ever claimed."""
    for claim in seen.claims:
        if claim.before is not RecipientState.PENDING:
            yield Violation(
                "I1", claim.key.campaign, f"{places.name(claim.key)} was claimed while {claim.before.value}"
            )


def _rows_kept(end: CampaignEnd) -> Iterator[Violation]:
    """I2: the ledger's rows are those of the file, each once."""
    known = Counter(row.row for batch in end.batches for row in batch.rows)
    if twice := [row for row, times in known.items() if times > 1]:
        yield Violation("I2", end.id, f"{len(twice)} rows stand in the ledger more than once")
    if end.campaign.rows is None:
        if end.campaign.state is not CampaignState.CANCELLED:
            yield Violation("I2", end.id, f"the file was never read to its end ({end.campaign.state.value})")
        return
    if len(known) != len(end.rows) or end.campaign.rows != len(end.rows):
        yield Violation("I2", end.id, f"the file has {len(end.rows)} rows, the ledger {len(known)}")
        return
    for batch in end.batches:
        for row in batch.rows:
            wanted = end.rows[row.row - 1]
            if wanted.sendable and row.number != wanted.number:
                yield Violation("I2", end.id, f"row {row.row} is for somebody else in the ledger")


def _states_explained(end: CampaignEnd, history: History, verdict: Verdict) -> Iterator[Violation]:
    """I2: what was taken is known as taken, with CarrierX's word; what was not says why."""
    takes = {number: take for take in history.takes for number in take.numbers}
    for batch, states in zip(end.batches, end.states, strict=True):
        for row, state in zip(batch.rows, states, strict=True):
            take = takes.get(row.number or "") if end.rows[row.row - 1].sendable else None
            trouble = _unexplained(end, state.state, take, row.number or "", history)
            if trouble:
                yield Violation("I2", end.id, f"row {row.row}: {trouble}")
            verdict.held[end.id] += state.state is RecipientState.UNCONFIRMED and take is None


def _unexplained(
    end: CampaignEnd, state: RecipientState, take: Take | None, number: str, history: History
) -> str:
    if take is None:
        reasons = {
            RecipientState.CANCELLED: end.campaign.state is CampaignState.CANCELLED,
            RecipientState.EXPIRED: end.ends_ms is not None,
            RecipientState.UNCONFIRMED: True,  # nothing proves that it was not taken: a person decides
        }
        if state in WORD_RANK or not reasons.get(state, state in FINAL):
            return f"it was not taken and is {state.value}"
        return ""
    if state not in WORD_RANK:
        return f"it was taken and is {state.value}"
    word = take.words.get(number, "queued")
    exact = not take.grouped or (history.by_member and history.heard_all)
    if exact and state.value != word:
        return f"CarrierX says {word}, the ledger {state.value}"
    return ""


def _counts(end: CampaignEnd) -> Iterator[Violation]:
    """I5: what is counted is what is there."""
    recount = Counter(state.state for states in end.states for state in states)
    counted = {state: count for state, count in end.campaign.counts.items() if count}
    if dict(recount) != counted:
        yield Violation("I5", end.id, f"the rows are {_words(recount)}, the counts say {_words(counted)}")
    if sum(counted.values()) != end.campaign.rows_read:
        yield Violation(
            "I5", end.id, f"{end.campaign.rows_read} rows were read, {sum(counted.values())} counted"
        )
    for finding in end.findings:
        yield Violation("I5", end.id, f"audit: {finding}")


def _words(counts: dict[RecipientState, int] | Counter[RecipientState]) -> str:
    return ", ".join(f"{count} {state.value}" for state, count in sorted(counts.items()))


def _gates(end: CampaignEnd, seen: Replay) -> Iterator[Violation]:
    """I3 by the clock: nothing is claimed after the command that forbids it had returned."""
    for gate in end.gates:
        late = [
            claim
            for claim in seen.claims
            if claim.key.campaign == end.id
            and claim.at_ms > gate.shut_ms
            and (gate.opened_ms is None or claim.at_ms < gate.opened_ms)
        ]
        if late:
            yield Violation("I3", end.id, f"{len(late)} rows were claimed after {gate.why} had returned")


def _open_campaigns(seen: Replay) -> Iterator[Violation]:
    """I3 by the ledger's own order: every claim stands in a running campaign."""
    shut = Counter(
        (claim.key.campaign, claim.campaign_state)
        for claim in seen.claims
        if claim.campaign_state is not CampaignState.RUNNING
    )
    for (campaign, state), count in shut.items():
        yield Violation(
            "I3", campaign, f"{count} rows were claimed while it was {state.value if state else 'new'}"
        )


def _expired(end: CampaignEnd, seen: Replay) -> Iterator[Violation]:
    """I3 by the ledger's clock: nothing is claimed once the campaign's time is over."""
    if end.ends_ms is None:
        return
    late = [claim for claim in seen.claims if claim.key.campaign == end.id and claim.at_ms >= end.ends_ms]
    if late:
        yield Violation("I3", end.id, f"{len(late)} rows were claimed after it had expired")


def _opted_out(history: History, seen: Replay, places: _Places) -> Iterator[Violation]:
    """I3 by the ledger's own order: nothing is claimed for a number on the suppression list, and who went on it is
    told so once."""
    late = Counter(
        claim.key.campaign for claim in seen.claims if places.number.get(claim.key) in claim.opted_out
    )
    for campaign, count in late.items():
        yield Violation("I3", campaign, f"{count} rows were claimed after their STOP was in the ledger")
    told = Counter(number for take in history.confirmations for number in take.numbers)
    if more := sum(times > 1 for times in told.values()):
        yield Violation("I1", "", f"{more} STOPs were confirmed more than once")


def _receiver(history: History) -> Iterator[Violation]:
    """I8: a receiver takes callbacks whether the ledger is there or not; I9: each answered 200 is stored once."""
    for trouble in history.receiver_troubles:
        yield Violation("I8", "", trouble)
    stored = Counter(history.probes_stored)
    if lost := sum(not stored[probe] for probe in history.probes):
        yield Violation(
            "I9", "", f"{lost} of {len(history.probes)} callbacks were answered 200 and not stored"
        )
    if twice := sum(times > 1 for times in stored.values()):
        yield Violation("I9", "", f"{twice} callbacks were stored more than once")
    order = {probe: place for place, probe in enumerate(history.probes_stored)}
    kept = [probe for probe in history.probes if probe in order]
    pairs = [(one, two) for one, two in pairwise(kept) if one.split(":")[0] == two.split(":")[0]]
    if back := sum(order[one] > order[two] for one, two in pairs):
        yield Violation("I9", "", f"{back} callbacks were stored before one that came earlier")


def _limits(history: History, seen: Replay) -> Iterator[Violation]:
    """I4: over the claims of all processes, in each scope."""
    sender_of = {
        RowKey(end.id, number, member): _sender_of(end, batch, message)
        for end in history.ends
        for number, batch in enumerate(end.batches)
        for message in batch.messages
        for member in message.members
    }
    spent: defaultdict[str, Counter[tuple[int, bytes]]] = defaultdict(Counter)
    for claim in seen.claims:
        scopes = ["account", f"campaign:{claim.key.campaign}"]
        if claim.key in sender_of:
            scopes.append(f"sender:{sender_of[claim.key]}")
        for scope in scopes:
            spent[scope][claim.at_ms, claim.token] += 1
    for scope, claims in spent.items():
        limit = history.limits.get(scope) or history.limits.get(scope.partition(":")[0])
        if limit is None:
            continue
        by_ms = _ahead_by_ms([(at, cost) for (at, _), cost in claims.items()], limit)
        if by_ms > CLOCK_GRAIN_MS:
            kind, _, name = scope.partition(":")
            campaign = name if kind == "campaign" else ""
            yield Violation(
                "I4", campaign, f"the limit of {kind} was exceeded: {by_ms:.0f} ms ahead of its time"
            )


def _sender_of(end: CampaignEnd, batch: Batch, message: BatchMessage) -> str:
    """Its own, else the one that the campaign's pool has for its first recipient."""
    first = batch.rows[message.members[0]].number or ""
    return message.sender or choose_sender(first, end.campaign.settings.senders)


def _ahead_by_ms(claims: list[tuple[int, int]], limit: Rate) -> float:
    """By how much the worst claim ran ahead of its limit's time. A message pays its cost when it has passed."""
    paid_until, worst = 0.0, 0.0
    for at_ms, cost in sorted(claims):
        worst = max(worst, paid_until - at_ms - limit.tolerance_us / 1000)
        paid_until = max(paid_until, at_ms) + cost * limit.interval_us / 1000
    return worst


def _one_sender(seen: Replay) -> Iterator[Violation]:
    """I6: a batch is taken when the lease before is over, and claimed under a living lease."""
    for taken in seen.early_takes:
        yield Violation(
            "I6",
            taken.campaign,
            f"batch {taken.batch} was taken {taken.early_ms} ms before its lease was over",
        )
    dead = Counter(claim.key.campaign for claim in seen.claims if claim.lease_ms <= claim.at_ms)
    for campaign, count in dead.items():
        yield Violation("I6", campaign, f"{count} rows were claimed without a living lease")


def _forward(seen: Replay, places: _Places) -> Iterator[Violation]:
    """I7: no word goes back."""
    for back in seen.words_back:
        yield Violation(
            "I7",
            back.key.campaign,
            f"{places.name(back.key)} fell from {back.before.value} to {back.after.value}",
        )
