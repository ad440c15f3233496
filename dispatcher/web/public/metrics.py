"""`/metrics` for Prometheus. No label holds a number, a name or anything else without an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse

from dispatcher.ledger.views.overview import ALARMS, Overview
from dispatcher.model.claim_wait import DAY
from dispatcher.model.scope import ScopeKind
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.health.queue_status import ended, queue_statuses
from dispatcher.pipeline.runtime.counters import SEND_SECONDS, WAIT_SECONDS
from dispatcher.web.callbacks.durable_inbox import DurableInbox
from dispatcher.web.public._metric import Metric, by, from_zero, histogram, lines, one
from dispatcher.web.public._store_metrics import store_metrics
from dispatcher.web.site.access import bearer
from dispatcher.web.site.site import Site, site_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter(include_in_schema=False, dependencies=[Depends(bearer)])


@router.get("/metrics")
def metrics(request: Request) -> PlainTextResponse:
    """The ledger in numbers; needs a token, a viewer's will do."""
    site, inbox = site_of(request), request.app.state.durable_inbox
    assert isinstance(inbox, DurableInbox)
    found = (*gather(site), *store_metrics(site.ledger), *_spool(inbox, site.settings.spool_mb))
    text = "".join(line for metric in found for line in lines(metric))
    return PlainTextResponse(text, media_type=CONTENT_TYPE)


def gather(site: Site) -> Iterator[Metric]:
    """All metrics as they are now."""
    overview = Overview(site.redis)
    totals = overview.totals()
    yield by("mms_recipients", "gauge", "Rows of all campaigns by state.", "state", totals.recipients)
    yield by("mms_campaigns", "gauge", "Campaigns by state.", "state", totals.campaigns)
    unconfirmed = totals.recipients[RecipientState.UNCONFIRMED]
    yield one("mms_unconfirmed", "Rows whose POST's outcome is unknown.", unconfirmed)
    yield one("mms_suppressed", "Numbers that nothing may be sent to.", site.ledger.optouts.out_count())
    yield from _now(site, overview)
    yield from _counted(site.ledger.counters.read())
    alarms = from_zero(overview.alarms(), *ALARMS)
    yield by("mms_alarms_total", "counter", "Things that must not happen.", "what", alarms)


def _spool(inbox: DurableInbox, limit_mb: int) -> Iterator[Metric]:
    """This process's own; another one behind the same address has its own."""
    yield one("mms_spool_bytes", "Callbacks on this receiver's disk.", inbox.spooled_bytes)
    yield one("mms_spool_limit_bytes", "Beyond it callbacks are refused.", limit_mb * 1024 * 1024)


def _now(site: Site, overview: Overview) -> Iterator[Metric]:
    """What waits, and who works."""
    agenda = site.ledger.agenda
    now_ms = agenda.now_ms()
    overdue = overview.overdue_seconds(now_ms)
    yield one(
        "mms_callbacks_waiting",
        "Callbacks stored and not applied yet.",
        site.ledger.callback_stream.waiting(),
    )
    yield one("mms_oldest_due_batch_seconds", "How long the oldest due batch waits.", overdue)
    yield one("mms_batches_offered", "Batches on offer or in work.", overview.offered(now_ms))
    yield from _queues(site)
    yield one("mms_brake", "1: nothing goes with the token in use.", float(overview.brake() is not None))
    yield one("mms_holds", "Scopes held because CarrierX asked for patience.", len(overview.holds(now_ms)))
    yield one(
        "mms_doors_draining",
        "Callback receivers not known to be clear.",
        len(agenda.receivers_draining()),
    )
    waiting = site.ledger.inbound.review_count()
    yield one("mms_inbound_doubtful", "Inbound messages that wait for a person.", waiting)


def _queues(site: Site) -> Iterator[Metric]:
    """How each queue stands, by the signs of life of the workers."""
    queues = queue_statuses(site.ledger)
    living = {each.queue: each.workers for each in queues}
    waiting = {each.queue: each.waiting for each in queues if each.waiting is not None}
    still = {each.queue: each.still_ms / 1000 for each in queues}
    times = dict.fromkeys(living, 0) | {each.queue: each.times for each in ended(site.ledger)}
    yield by("mms_workers", "gauge", "Living workers by queue.", "queue", living)
    yield by("mms_queue_waiting", "gauge", "Hints that wait, by queue.", "queue", waiting)
    told = "How long hints have waited in a queue and no worker took one."
    yield by("mms_queue_still_seconds", "gauge", told, "queue", still)
    told = "Workers that ended themselves because their queue did not move."
    yield by("mms_workers_ended_total", "counter", told, "queue", times)


def _counted(tallies: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    """What workers counted, since the ledger was made."""
    sends = from_zero(tallies.get("sends"), "accepted", "refused", "forbidden", "later", "unknown")
    callbacks = from_zero(tallies.get("callbacks"), "applied", "inbound", "early")
    waits = from_zero(tallies.get("waits"), *ScopeKind, DAY)
    yield by("mms_sends_total", "counter", "POSTs to CarrierX by how they ended.", "result", sends)
    yield histogram("mms_send_seconds", "How long a POST took.", tallies.get("send", {}), SEND_SECONDS)
    yield by("mms_callbacks_total", "counter", "Callbacks by what became of them.", "outcome", callbacks)
    yield by("mms_limiter_waits_total", "counter", "Times a limit said wait.", "limit", waits)
    told = "How long a limit said to wait."
    yield histogram("mms_limiter_wait_seconds", told, tallies.get("wait", {}), WAIT_SECONDS)
