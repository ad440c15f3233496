"""After a restore from an older copy: nothing that may have been sent since is taken for unsent.

While `mms:restored` is there no claim is granted. Each step may be repeated, and the whole after it was killed.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from dispatcher.errors import Conflict, MmsError, NotFound
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.installation.recovery import HistoryReading, Restored
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.model.timestamps import utc_text_or_none
from dispatcher.pipeline.consent.erasure_register import erase_again
from dispatcher.pipeline.recovery._provider_history import apply_history, read_history
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.occurrences import skip_due

REASON = "the ledger was put back from an older copy: it may have been sent since"
#: Batches of quarantined campaigns that one tick goes through.
BATCHES_A_TICK = 500

_UNFINISHED = frozenset({RecipientState.PENDING, RecipientState.SENDING, RecipientState.UNCONFIRMED})


class Recovered(BaseModel):
    """What a recovery did. `done`: messages may be sent again; else `unread` says what is in the way.

    `campaigns`: rows that are unconfirmed now, by campaign; `reading`: those whose files are still read, their rows
    follow; `not_begun`: those that had not begun. `found` rows were sent since the copy. `unknown`: messages of
    campaigns that this ledger does not know, by campaign. `skipped`: occurrences, by schedule. `inbound_listed`:
    CarrierX's list is known to show inbound messages, so that `opt_outs` is whole. `erased`: people whom this data
    folder knows as erased since, and who are erased again.
    """

    model_config = ConfigDict(frozen=True)

    done: bool
    since: str | None
    campaigns: dict[str, int]
    reading: tuple[str, ...]
    not_begun: tuple[str, ...]
    paused: tuple[str, ...]
    listed: int
    found: int
    unknown: dict[str, int]
    opt_outs: int
    inbound_listed: bool
    answers_dropped: int
    erased: int
    skipped: dict[str, int]
    unread: str


def recover(
    runtime: Runtime, restored: Restored, *, who: str, opt_outs_imported: bool = False, pause: bool = False
) -> Recovered:
    """Make everything unfinished unconfirmed, bring in what CarrierX shows, and let sending go on.

    Where CarrierX does not answer now, nothing is sent until it does, or a person says that the opt-outs since are
    here.
    With `pause` the campaigns wait for a person, too.
    """
    ledger, recovery = runtime.ledger, runtime.ledger.recovery
    began_ms = recovery.begin(ledger.agenda.now_ms())
    read_at_ms, history = ledger.agenda.now_ms(), read_history(runtime, restored.since_ms)
    opt_outs = ledger.optouts.put(history.stops)
    dropped = _drop_answers(runtime)
    begun_early = {ref.campaign for ref, _ in history.sent}
    states = {
        campaign_id: recovery.quarantine(
            campaign_id, began_ms, early=bool(history.unread) or campaign_id in begun_early
        )
        for campaign_id in ledger.campaigns.ids()
    }
    paused = _paused(runtime, [name for name, state in states.items() if state == "doubt"]) if pause else ()
    quarantined = {name: _quarantine_all(runtime, name) for name in recovery.quarantined()}
    found, unknown = apply_history(runtime, history, began_ms)
    erased = erase_again(ledger, runtime.settings, restored.since_ms)
    skipped = skip_due(ledger, ledger.agenda.now_ms())
    done = not history.again or opt_outs_imported
    result = Recovered(
        done=done,
        since=utc_text_or_none(restored.since_ms),
        campaigns=quarantined,
        reading=tuple(recovery.quarantined()),
        not_begun=tuple(name for name, state in states.items() if state == "later"),
        paused=paused,
        listed=history.seen,
        found=found,
        unknown=unknown,
        opt_outs=opt_outs,
        inbound_listed=history.inbound,
        answers_dropped=dropped,
        erased=erased,
        skipped=skipped,
        unread=history.unread,
    )
    AuditLog(ledger.redis).note(who, _in_a_line(result))
    whole = not history.unread
    recovery.set_history_reading(
        HistoryReading(began_ms, restored.since_ms, read_at_ms if whole else 0, whole)
    )
    if done:
        recovery.recovered(began_ms)
    return result


def continue_quarantine(runtime: Runtime, most: int = BATCHES_A_TICK) -> None:
    """Go on with campaigns whose files were not read to the end when the ledger was recovered."""
    for campaign_id in runtime.ledger.recovery.quarantined():
        _quarantine_some(runtime, campaign_id, most)
        runtime.ledger.recovery.end_quarantine(campaign_id)


def _quarantine_all(runtime: Runtime, campaign_id: str) -> int:
    rows = _quarantine_some(runtime, campaign_id, BATCHES_A_TICK)
    while runtime.ledger.recovery.end_quarantine(campaign_id) == "more":
        rows += _quarantine_some(runtime, campaign_id, BATCHES_A_TICK)
    return rows


def _quarantine_some(runtime: Runtime, campaign_id: str, most: int) -> int:
    """What is unfinished in the next batches is unconfirmed; answers how many rows became so."""
    ledger, count = runtime.ledger, 0
    begin = ledger.recovery.quarantine_cursor(campaign_id)
    look_ms = int(runtime.settings.unconfirmed_wait * 1000)
    for number in ledger.campaigns.batch_numbers(campaign_id)[begin : begin + most]:
        picture = ledger.batches.picture(campaign_id, number)
        rows = picture.batch.sendable() if picture else []
        if picture and not any(picture.states[row].state in _UNFINISHED for row in rows):
            rows = []
        count += max(
            0, ledger.recovery.quarantine_batch(campaign_id, number, rows, look_ms=look_ms, reason=REASON)
        )
    return count


def _drop_answers(runtime: Runtime) -> int:
    """What we would have answered by ourselves was answered then, or is too late now."""
    dropped = runtime.ledger.recovery.drop_answers()
    for campaign_id in runtime.ledger.recovery.answers():
        if runtime.ledger.campaign(campaign_id).state in {CampaignState.COMPLETED, CampaignState.CANCELLED}:
            continue
        try:
            runtime.ledger.campaigns.steer(campaign_id, CampaignState.CANCELLING, REASON)
            dropped += 1
        except (Conflict, NotFound):
            continue
    return dropped


def _paused(runtime: Runtime, campaigns: list[str]) -> tuple[str, ...]:
    paused = []
    for campaign_id in campaigns:
        try:
            runtime.ledger.campaigns.steer(
                campaign_id, CampaignState.PAUSED, "the ledger was put back; resume it by hand"
            )
            paused.append(campaign_id)
        except MmsError:
            continue  # its file is still being read
    return tuple(paused)


def _in_a_line(result: Recovered) -> str:
    return (
        f"recovered the ledger, a copy of {result.since}: {sum(result.campaigns.values())} rows unconfirmed in "
        f"{len(result.campaigns)} campaigns, {result.found} of them found at CarrierX, {result.opt_outs} opt-outs, "
        f"{result.erased} people erased again, {result.answers_dropped} answers dropped, "
        f"{sum(result.skipped.values())} occurrences skipped"
        + ("" if result.done else "; not finished: CarrierX does not answer")
    )


def shows_every_attempt(runtime: Runtime, began_ms: int) -> bool:
    """Whether all that CarrierX took before this recovery is in the ledger; reads the list if it is time to.

    A list that CarrierX refuses even then is not asked for again: a person decides. One without an answer is, at the
    next look.
    """
    recovery, now_ms = runtime.ledger.recovery, runtime.ledger.agenda.now_ms()
    last = recovery.history_reading()
    if last is None or last.began_ms != began_ms:
        return False
    counts_at_ms = began_ms + int(runtime.settings.unconfirmed_wait * 1000)
    if last.at_ms >= counts_at_ms:
        return last.whole
    if now_ms < counts_at_ms:
        return False
    history = read_history(runtime, last.since_ms)
    if history.again:
        return False
    runtime.ledger.optouts.put(history.stops)
    apply_history(runtime, history, began_ms)
    recovery.set_history_reading(HistoryReading(began_ms, last.since_ms, now_ms, not history.unread))
    return not history.unread
