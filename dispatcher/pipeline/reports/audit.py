"""Proves from the ledger alone that what is kept of a campaign is consistent, or says what is off.

Every batch is read in one transaction of its own, so that what is said of one batch is true of one moment, in
mid-run too. Batch and campaign are compared only when nothing moved while they were read; it is tried a few times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from dispatcher.ledger.batches.consistency import BatchFacts, CampaignFacts, Consistency
from dispatcher.ledger.batches.packing import BatchRow
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import UNFINISHED, CampaignState, RecipientState

#: How often the whole is read again because it moved meanwhile.
TRIES = 5
#: Batches in one round trip.
BATCHES_AT_ONCE = 50
#: No lease reaches further than this.
LONGEST_LEASE_MS = 3_600_000

_ENDED = frozenset({CampaignState.CANCELLED, CampaignState.FAILED})


class AuditFinding(BaseModel):
    """Something that is off: a stable code, the batch if it is of one, and a sentence without any number of anybody."""

    model_config = ConfigDict(frozen=True)

    code: str
    batch: int | None = None
    message: str

    def __str__(self) -> str:
        where = f"batch {self.batch}: " if self.batch is not None else ""
        return f"{where}{self.message} ({self.code})"


class AuditResult(BaseModel):
    """What was looked at, and what is off. `totals_compared` is False when rows moved at every look."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    state: CampaignState
    rows: int
    batches: int
    counts: dict[RecipientState, int]
    totals_compared: bool
    findings: tuple[AuditFinding, ...]

    @property
    def clean(self) -> bool:
        """Nothing is off."""
        return not self.findings


def audit(ledger: Ledger, campaign_id: str) -> AuditResult:
    """Look at every row, batch and counter of one campaign. Changes nothing; may be run while it is sent.

    Raises:
        NotFound: there is no such campaign.
        StoreUnavailable: Redis does not answer.
    """
    compared, consistency = False, ledger.consistency
    for _ in range(TRIES):
        before = consistency.campaign(campaign_id)
        in_batches, recount = _read_batches(consistency, campaign_id, before)
        still = consistency.campaign(campaign_id) == before
        in_totals = list(_total_findings(before, recount)) if still else []
        compared = compared or still
        if still and not in_totals:
            break
    return AuditResult(
        campaign=campaign_id,
        state=before.state,
        rows=before.rows_read,
        batches=before.batches,
        counts=before.counts,
        totals_compared=compared,
        findings=(*_campaign_findings(before), *in_totals, *in_batches),
    )


def _read_batches(
    consistency: Consistency, campaign_id: str, campaign: CampaignFacts
) -> tuple[list[AuditFinding], Counter[RecipientState]]:
    findings: list[AuditFinding] = []
    recount: Counter[RecipientState] = Counter()
    for first in range(0, campaign.batches, BATCHES_AT_ONCE):
        numbers = range(first, min(first + BATCHES_AT_ONCE, campaign.batches))
        found = list(consistency.batches(campaign_id, numbers))
        for missing in set(numbers) - {facts.number for facts in found}:
            findings.append(
                AuditFinding(code="batch_missing", batch=missing, message="it is not in the ledger")
            )
        for facts in found:
            findings += _batch_findings(facts, campaign)
            recount.update(facts.recount)
    return findings, recount


def _total_findings(facts: CampaignFacts, recount: Counter[RecipientState]) -> Iterator[AuditFinding]:
    """The campaign's counts against its rows."""
    for state in RecipientState:
        if facts.counts[state] != recount[state]:
            counted = (
                f"the campaign counts {facts.counts[state]} {state.value}, its rows are {recount[state]}"
            )
            yield AuditFinding(code="campaign_count", message=counted)


def _campaign_findings(facts: CampaignFacts) -> Iterator[AuditFinding]:
    """What can be said of the campaign's own keys alone: they were read in one transaction."""
    counted = sum(facts.counts.values())
    if counted != facts.rows_read:
        yield AuditFinding(
            code="rows_lost", message=f"{facts.rows_read} rows were read, the counts make {counted}"
        )
    if facts.rows is not None and facts.rows != facts.rows_read:
        yield AuditFinding(
            code="rows_lost", message=f"the file has {facts.rows} rows, {facts.rows_read} were read"
        )
    unfinished = sum(facts.counts[state] for state in UNFINISHED)
    if facts.state is CampaignState.COMPLETED and unfinished:
        yield AuditFinding(
            code="completed_too_soon", message=f"it is completed and {unfinished} rows are not"
        )
    if facts.state is CampaignState.RUNNING and facts.read and not unfinished and not facts.due_batches:
        yield AuditFinding(code="not_completed", message="nothing is left to do and it is not completed")
    if facts.state is CampaignState.RUNNING and facts.due_batches and not facts.due:
        yield AuditFinding(code="forgotten", message="batches are due and no tick will see it")
    if (facts.care_batches and not facts.care) or (facts.search_batches and not facts.search):
        yield AuditFinding(code="forgotten", message="batches want looking after and no tick will see it")
    if facts.state in _ENDED and facts.counts[RecipientState.PENDING] and not facts.sweeping:
        yield AuditFinding(code="forgotten", message="it has ended, rows are pending, and nobody sweeps")


def _batch_findings(facts: BatchFacts, campaign: CampaignFacts) -> Iterator[AuditFinding]:
    """All that can be off within one batch, as of one moment."""
    for code, message in (*_row_trouble(facts), *_due_trouble(facts, campaign), *_lease_trouble(facts)):
        yield AuditFinding(code=code, batch=facts.number, message=message)


def _row_trouble(facts: BatchFacts) -> Iterator[tuple[str, str]]:
    recount = facts.recount
    for state in RecipientState:
        if facts.counts[state] != recount[state]:
            yield (
                "batch_count",
                f"it counts {facts.counts[state]} {state.value}, its rows are {recount[state]}",
            )
    members = Counter(facts.batch.sendable())
    wanted = {index for index, row in enumerate(facts.batch.rows) if isinstance(row, BatchRow)}
    if set(members) != wanted or any(times > 1 for times in members.values()):
        yield "message_members", "its messages are not to each of its rows once"
    touched = [
        state for row, state in zip(facts.batch.rows, facts.states, strict=True) if _touched(row, state)
    ]
    if touched:
        yield "rejected_row_sent", f"{len(touched)} rows that cannot be sent were"


def _touched(row: BatchRow | InvalidRow, state: RowState) -> bool:
    return isinstance(row, InvalidRow) and state.attempt > 0


def _due_trouble(facts: BatchFacts, campaign: CampaignFacts) -> Iterator[tuple[str, str]]:
    recount, leased = facts.recount, facts.lease.lease_ms > facts.now_ms
    pending = recount[RecipientState.PENDING]
    given_back = not facts.lease.lease_ms
    if pending and facts.due_ms is None and facts.campaign_state not in _ENDED:
        yield "pending_not_due", f"{pending} rows are pending and it is not due"
    if not pending and given_back and facts.due_ms is not None:
        yield "done_and_due", "it is done and due at once"
    if leased and facts.due_ms is None and facts.campaign_state is CampaignState.RUNNING:
        yield "lease_not_due", "it is leased, and nobody comes when the lease is over"
    if recount[RecipientState.UNCONFIRMED] and facts.search_ms is None and not campaign.held:
        yield "unconfirmed_unwatched", "rows are unconfirmed and nobody looks for them"


def _lease_trouble(facts: BatchFacts) -> Iterator[tuple[str, str]]:
    lease = facts.lease
    if bool(lease.lease_ms) != any(lease.token):
        yield "lease_without_holder", "its lease and its holder do not agree"
    if lease.lease_ms > facts.now_ms + LONGEST_LEASE_MS:
        yield "lease_too_long", "its lease reaches further than any should"
    if any(state.attempt for state in facts.states) and not lease.fence:
        yield "never_taken", "rows were tried though nobody ever took it"
    if facts.recount[RecipientState.SENDING] and not lease.lease_ms:
        yield "sending_without_lease", "rows are being sent by nobody"
    unclaimed = [
        state for state in facts.states if state.state is RecipientState.SENDING and not state.claimed_ms
    ]
    if unclaimed:
        yield "sending_without_claim", f"{len(unclaimed)} rows are being sent and were never claimed"
