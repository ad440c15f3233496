"""Once a second: start what is due, feed, hint at whatever was forgotten. Harmless twice, harmless late."""

from __future__ import annotations

import random
from dataclasses import dataclass

from dispatcher.ledger.batches.agenda import DueLists
from dispatcher.ledger.store import keys
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.campaigns.media_check import release_media
from dispatcher.pipeline.consent.retention import retain
from dispatcher.pipeline.estimates.pace import AT_WORK_MS, sample_paces
from dispatcher.pipeline.limits.charges import refresh_caps
from dispatcher.pipeline.polls import HINTED
from dispatcher.pipeline.recovery.recover import continue_quarantine
from dispatcher.pipeline.recovery.restore_detection import MEND, count_tick
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.occurrences import LEAD_MS, occur
from dispatcher.pipeline.sending.feed import Publish, feed
from dispatcher.pipeline.upgrade.upgrade import go_on

LATCH_MS = 900
#: Of each kind of question to CarrierX one hint is on its way at a time; one that was lost is given again after this.
POLLS_LATCH_MS = 60_000
#: Files that nobody reads yet and that are hinted at in one tick: hints shall not pile up when a thousand came at once.
READING_A_TICK = 50
#: More callbacks than these are hinted at although a drain is under way: another worker may help.
MANY_CALLBACKS = 5_000
#: One such hint in so long: they pile up where there is no other worker.
HELP_LATCH_MS = 10_000
HELP_HINTED = "mms:turn:hinted:help"
#: How often what nobody needs any more is looked through: stored media, names of dead readers of callbacks.
TIDY_LATCH_MS = 3_600_000
#: How often somebody is hinted at failures that have no reason yet; the asking itself is once a minute.
EXPLAIN_LATCH_MS = 10_000

#: Where what is done about one list may put something into another.
_MAKES_WORK = frozenset(
    {keys.QUARANTINE, keys.CAPS_DUE, keys.EXPIRING, keys.SWEEPING, keys.SCHEDULE_DUE, keys.STARTS}
)


@dataclass(frozen=True)
class Hints:
    """How the verbs tell the workers: each publishes one Celery message."""

    send: Publish
    look: Publish
    expand: Publish
    ingest: Publish
    search: Publish = lambda _, __: None
    answer: Publish = lambda _, __: None
    explain: Publish = lambda _, __: None


def tick(runtime: Runtime, hints: Hints) -> str:
    """One look at the agenda. A second tick within the second returns at once."""
    restored = count_tick(runtime.ledger, runtime.settings, once_in_ms=LATCH_MS)
    if restored is None:
        return "ticked already"
    if restored:
        _go_on_reading(runtime, hints)
        go_on(runtime.ledger)
        return f"restored: {MEND}"
    due = _due_lists(runtime)
    if not due.waiting.isdisjoint(_MAKES_WORK):
        _make_work(runtime, due.now_ms)
        due = _due_lists(runtime)
    if not due.waiting.isdisjoint({keys.READING, keys.CALLBACKS}):
        _go_on_reading(runtime, hints)
    offered = 0
    if keys.DUE in due.waiting:
        offered = feed(runtime, hints.send)
        sample_paces(runtime.ledger, due.now_ms)
    if keys.SETTLE in due.waiting:
        for campaign_id in runtime.ledger.agenda.settling(due.now_ms, 100):
            runtime.ledger.campaigns.settle(campaign_id)
    _tidy(runtime, due)
    _hint_at_polls(runtime, due, hints)
    return f"{offered} offered"


def _due_lists(runtime: Runtime) -> DueLists:
    return runtime.ledger.agenda.due_lists(schedules_ahead_ms=LEAD_MS, batches_ahead_ms=AT_WORK_MS)


def _make_work(runtime: Runtime, now_ms: int) -> None:
    """What other steps of the tick then find."""
    agenda = runtime.ledger.agenda
    continue_quarantine(runtime)
    refresh_caps(runtime.ledger, now_ms)
    for campaign_id in agenda.expiring(now_ms, 100):
        runtime.ledger.campaigns.expire(campaign_id)
    for campaign_id in agenda.sweeping():
        sweep(runtime, campaign_id)
    occur(runtime, now_ms)
    agenda.start_due()


def _go_on_reading(runtime: Runtime, hints: Hints) -> None:
    """Files and callbacks are read at all times."""
    reading = runtime.ledger.agenda.reading()
    for campaign_id in random.sample(reading, min(len(reading), READING_A_TICK)):
        if not runtime.ledger.agenda.is_read_by_someone(campaign_id):
            hints.expand(campaign_id, 0)
    agenda, waiting = runtime.ledger.agenda, runtime.ledger.callback_stream.waiting()
    alone = waiting > 0 and agenda.latch(keys.INGEST_HINTED, LATCH_MS)
    if alone or (waiting > MANY_CALLBACKS and agenda.latch(HELP_HINTED, HELP_LATCH_MS)):
        hints.ingest("", 0)


def _tidy(runtime: Runtime, due: DueLists) -> None:
    if keys.TURN_TIDY in due.waiting and runtime.ledger.agenda.latch(keys.TURN_TIDY, TIDY_LATCH_MS):
        release_media(runtime.ledger)
        runtime.ledger.callback_stream.forget_consumers(TIDY_LATCH_MS)
    if keys.TURN_RETENTION in due.waiting:
        retain(runtime, due.now_ms)
    if keys.UPGRADE in due.waiting:
        go_on(runtime.ledger)


def _hint_at_polls(runtime: Runtime, due: DueLists, hints: Hints) -> None:
    """What CarrierX is asked for, one hint of each kind at a time: none waits behind another kind, none piles up."""
    agenda = runtime.ledger.agenda
    by_list = {keys.SEARCH: hints.search, keys.INBOUND_UNANSWERED: hints.answer, keys.CARE: hints.look}
    for key, hint in by_list.items():
        if key in due.waiting and agenda.latch(HINTED + key, POLLS_LATCH_MS):
            hint("", 0)
    if keys.EXPLAIN in due.waiting and agenda.latch(HINTED + keys.EXPLAIN, EXPLAIN_LATCH_MS):
        hints.explain("", 0)
