"""Why messages failed: CarrierX says it in detail records only, which are asked for in bulk, by date."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from dispatcher.carrierx.detail_records import DetailRecord
from dispatcher.errors import ApiError, NotFound
from dispatcher.ledger.receipts.failure_reasons import Explanation
from dispatcher.model.correlation import MessageRef
from dispatcher.model.state import RecipientState
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.polling.turns import wait_for_turn
from dispatcher.pipeline.reconcile._record_matching import SLACK_MS, Failure, reasons_of
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules import retry_policy

log = logging.getLogger(__name__)

NO_REASON = "no_reason_given"
#: One process asks in this time, over all processes.
TURN = "mms:turn:explain"
LATCH_MS = 60_000
#: Records are asked for by this span of time, with the slack before and after.
SPAN_MS = 1_800_000
#: At most so many batches, spans and pages of each span at one time.
BATCHES, SPANS, PAGES = 400, 4, 25


#: Campaign and batch → what failed in it.
Due = dict[tuple[str, int], list[Failure]]


def explain_failures(runtime: Runtime, now_ms: int) -> str:
    """Give failed rows the reasons that CarrierX has for them; once a minute, by one process. Answers one line."""
    if not runtime.ledger.agenda.latch(TURN, LATCH_MS):
        return "asked already"
    due = _due(runtime, now_ms)
    spans = sorted({_span(failure) for failures in due.values() for failure in failures})
    records, unread = _records(runtime, spans)
    reasons = reasons_of(runtime, [failure for failures in due.values() for failure in failures], records)
    explained = 0
    for (campaign_id, batch), failures in due.items():
        told = [_explanation(failure, reasons, unread, now_ms) for failure in failures]
        youngest = min((now_ms - failure.failed_ms for failure in failures), default=0)
        again_at_ms = now_ms + retry_policy.ask_reason_again_ms(youngest)
        known = [each for each in told if each is not None]
        explained += runtime.ledger.failure_reasons.explain(
            campaign_id, batch, known, again_at_ms=again_at_ms
        )
    return f"{sum(map(len, due.values()))} failures, {explained} explained"


def _span(failure: Failure) -> int:
    """The span of time that its record is asked for in."""
    return failure.sent_ms // SPAN_MS


def _due(runtime: Runtime, now_ms: int) -> Due:
    """The batches to explain now: the longest waiting, as many as few spans of time hold."""
    due: Due = {}
    spans: set[int] = set()
    for campaign_id, batch in runtime.ledger.failure_reasons.due(now_ms, BATCHES):
        failures = list(_failures(runtime, campaign_id, batch))
        spans |= {_span(failure) for failure in failures}
        if due and len(spans) > SPANS:
            break
        due[campaign_id, batch] = failures
    return due


def _failures(runtime: Runtime, campaign_id: str, number: int) -> Iterator[Failure]:
    picture = runtime.ledger.batches.picture(campaign_id, number)
    if picture is None:
        return
    pooled = any(not message.sender for message in picture.batch.messages)
    pool = frozenset(_pool(runtime, campaign_id) if pooled else ())
    for index, message in enumerate(picture.batch.messages):
        senders = frozenset((message.sender,)) if message.sender else pool
        for row in message.members:
            state = picture.states[row]
            if state.state is RecipientState.FAILED and not state.reason:
                ref = MessageRef(campaign_id, number, index, state.attempt)
                to = picture.batch.rows[row].number or ""
                sent_ms = state.claimed_ms or state.at_ms or state.final_ms
                yield Failure(ref, row, to, senders, sent_ms, state.final_ms)


def _pool(runtime: Runtime, campaign_id: str) -> Sequence[str]:
    try:
        return runtime.ledger.campaigns.settings_of(campaign_id).senders
    except NotFound:  # erased meanwhile
        return ()


def _records(runtime: Runtime, spans: Iterable[int]) -> tuple[list[DetailRecord], set[int]]:
    """The failed records of these spans, each once, and the spans that could not be read to their end."""
    found: dict[DetailRecord, None] = {}
    unread: set[int] = set()
    for span in spans:
        begins, ends = span * SPAN_MS - SLACK_MS, (span + 1) * SPAN_MS + SLACK_MS
        try:
            if not _read_span(
                runtime, f"date_start ge {utc_text(begins)} and date_start le {utc_text(ends)}", found
            ):
                unread.add(span)
        except ApiError as error:
            log.info("asking why messages failed: %s", error)
            unread.add(span)
    return list(found), unread


def _read_span(runtime: Runtime, wanted: str, found: dict[DetailRecord, None]) -> bool:
    """Add what a filter finds, page by page in its turn; answers whether that was all."""
    offset = 0
    for _ in range(PAGES):
        wait_for_turn(runtime, "reasons")
        runtime.ledger.agenda.prolong(TURN, LATCH_MS)  # one process asks, however long it takes
        page = runtime.carrierx.list_detail_records(filter=wanted, offset=offset)
        found.update(dict.fromkeys(record for record in page.items if _tells_of_a_failure(record)))
        if not page.has_more:
            return True
        offset = page.next_offset
    return False


def _tells_of_a_failure(record: DetailRecord) -> bool:
    return record.vendor_error_code is not None or record.status == RecipientState.FAILED


def _explanation(
    failure: Failure, reasons: dict[Failure, str], unread: set[int], now_ms: int
) -> Explanation | None:
    """What the row gets now, or None while a reason may still come."""
    patience_ms = (
        retry_policy.REASON_GIVE_UP_MS if _span(failure) in unread else retry_policy.REASON_PATIENCE_MS
    )
    reason = reasons.get(failure)
    if reason is None and now_ms - failure.failed_ms >= patience_ms:
        reason = NO_REASON
    return Explanation(failure.row, failure.ref.attempt, reason) if reason else None
