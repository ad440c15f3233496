"""`/metrics` for Prometheus. No label holds a number, a name or anything else without an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse

from dispatcher.ledger.installation.last_backup import last_backup_ms
from dispatcher.ledger.views.overview import Overview
from dispatcher.model.claim_wait import DAY
from dispatcher.model.scope import ScopeKind
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.health.queue_status import ended, queue_statuses
from dispatcher.pipeline.runtime.counters import ENDLESS, SEND_SECONDS, WAIT_SECONDS
from dispatcher.web.site.access import bearer
from dispatcher.web.site.site import Site, site_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter(include_in_schema=False, dependencies=[Depends(bearer)])


class Metric(NamedTuple):
    """One metric: its samples by what follows the name, such as `{state="sent"}`."""

    name: str
    kind: str
    help: str
    samples: Mapping[str, float]


@router.get("/metrics")
def metrics(request: Request) -> PlainTextResponse:
    """The ledger in numbers; needs a token, a viewer's will do."""
    text = "".join(line for metric in gather(site_of(request)) for line in _lines(metric))
    return PlainTextResponse(text, media_type=CONTENT_TYPE)


def gather(site: Site) -> Iterator[Metric]:
    """All metrics as they are now."""
    overview = Overview(site.redis)
    totals = overview.totals()
    yield _by("mms_recipients", "gauge", "Rows of all campaigns by state.", "state", totals.recipients)
    yield _by("mms_campaigns", "gauge", "Campaigns by state.", "state", totals.campaigns)
    unconfirmed = totals.recipients[RecipientState.UNCONFIRMED]
    yield _one("mms_unconfirmed", "Rows whose POST's outcome is unknown.", unconfirmed)
    yield _one("mms_suppressed", "Numbers that nothing may be sent to.", site.ledger.optouts.out_count())
    yield from _now(site, overview)
    yield from _counted(site.ledger.counters.read())
    alarms = overview.alarms()
    yield _by("mms_alarms_total", "counter", "Things that must not happen.", "what", alarms)


def _now(site: Site, overview: Overview) -> Iterator[Metric]:
    """What waits, and who works."""
    agenda = site.ledger.agenda
    now_ms = agenda.now_ms()
    overdue = overview.overdue_seconds(now_ms)
    yield _one(
        "mms_callbacks_waiting",
        "Callbacks stored and not applied yet.",
        site.ledger.callback_stream.waiting(),
    )
    yield _one("mms_oldest_due_batch_seconds", "How long the oldest due batch waits.", overdue)
    yield _one("mms_batches_offered", "Batches on offer or in work.", overview.offered(now_ms))
    yield from _queues(site)
    yield _one("mms_brake", "1: nothing goes with the token in use.", float(overview.brake() is not None))
    yield _one("mms_holds", "Scopes held because CarrierX asked for patience.", len(overview.holds(now_ms)))
    yield _one(
        "mms_receivers_draining",
        "Callback receivers not known to be clear.",
        len(agenda.receivers_draining()),
    )
    copied = {"": (last_backup_ms(site.redis) or 0) / 1000}
    told = "When the ledger was last copied; 0: never."
    yield Metric("mms_last_backup_timestamp_seconds", "gauge", told, copied)
    waiting = site.ledger.inbound.review_count()
    yield _one("mms_inbound_doubtful", "Inbound messages that wait for a person.", waiting)


def _queues(site: Site) -> Iterator[Metric]:
    """How each queue stands, by the signs of life of the workers."""
    queues = queue_statuses(site.ledger)
    living = {each.queue: each.workers for each in queues}
    waiting = {each.queue: each.waiting for each in queues if each.waiting is not None}
    still = {each.queue: each.still_ms / 1000 for each in queues}
    times = dict.fromkeys(living, 0) | {each.queue: each.times for each in ended(site.ledger)}
    yield _by("mms_workers", "gauge", "Living workers by queue.", "queue", living)
    yield _by("mms_queue_waiting", "gauge", "Hints that wait, by queue.", "queue", waiting)
    told = "How long hints have waited in a queue and no worker took one."
    yield _by("mms_queue_still_seconds", "gauge", told, "queue", still)
    told = "Workers that ended themselves because their queue did not move."
    yield _by("mms_workers_ended_total", "counter", told, "queue", times)


def _counted(tallies: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    """What workers counted, since the ledger was made."""
    sends = _from_zero(tallies.get("sends"), "accepted", "refused", "forbidden", "later", "unknown")
    callbacks = _from_zero(tallies.get("callbacks"), "applied", "inbound", "early")
    waits = _from_zero(tallies.get("waits"), *ScopeKind, DAY)
    yield _by("mms_sends_total", "counter", "POSTs to CarrierX by how they ended.", "result", sends)
    yield _histogram("mms_send_seconds", "How long a POST took.", tallies.get("send", {}), SEND_SECONDS)
    yield _by("mms_callbacks_total", "counter", "Callbacks by what became of them.", "outcome", callbacks)
    yield _by("mms_limiter_waits_total", "counter", "Times a limit said wait.", "limit", waits)
    told = "How long a limit said to wait."
    yield _histogram("mms_limiter_wait_seconds", told, tallies.get("wait", {}), WAIT_SECONDS)


def _from_zero(counts: Mapping[str, int] | None, *labels: str) -> dict[str, int]:
    """A counter that begins at 0, not at the first time it counts."""
    return {**dict.fromkeys(labels, 0), **(counts or {})}


def _one(name: str, help: str, value: float) -> Metric:
    return Metric(name, "gauge", help, {"": value})


def _by(name: str, kind: str, help: str, label: str, values: Mapping[Any, float]) -> Metric:
    return Metric(name, kind, help, {f'{{{label}="{value}"}}': number for value, number in values.items()})


def _histogram(name: str, help: str, counts: Mapping[str, int], ends: tuple[float, ...]) -> Metric:
    samples: dict[str, float] = {}
    below = 0
    for end in (*map(str, ends), ENDLESS):
        below += counts.get(end, 0)
        samples[f'_bucket{{le="{end}"}}'] = below
    samples["_sum"] = counts.get("ms", 0) / 1000
    samples["_count"] = below
    return Metric(name, "histogram", help, samples)


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
    for rest, number in metric.samples.items():
        yield f"{metric.name}{rest} {number:.15g}\n"
