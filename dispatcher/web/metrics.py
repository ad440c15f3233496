"""`/metrics` for Prometheus. No label holds a number, a name or anything else without an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse

from dispatcher.ledger.overview import Overview
from dispatcher.web.access import bearer
from dispatcher.web.site import Site, site_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter(include_in_schema=False, dependencies=[Depends(bearer)])


class Metric(NamedTuple):
    """One metric: its values by the value of its one label, or a single value without one."""

    name: str
    kind: str
    help: str
    label: str
    values: Mapping[Any, float]


@router.get("/metrics")
def metrics(request: Request) -> PlainTextResponse:
    """The ledger in numbers; needs a token, a viewer's will do."""
    text = "".join(line for metric in gather(site_of(request)) for line in _lines(metric))
    return PlainTextResponse(text, media_type=CONTENT_TYPE)


def gather(site: Site) -> Iterator[Metric]:
    """All metrics as they are now."""
    agenda, overview = site.ledger.agenda, Overview(site.redis)
    now_ms, totals = agenda.now_ms(), overview.totals()
    by_queue = Counter(queue for facts in agenda.workers().values() for queue in facts["queues"])
    yield Metric("mms_recipients", "gauge", "Rows of all campaigns by state.", "state", totals.recipients)
    yield Metric("mms_campaigns", "gauge", "Campaigns by state.", "state", totals.campaigns)
    yield _one("mms_callbacks_waiting", "Callbacks stored and not applied yet.", site.ledger.inbox.waiting())
    yield _one(
        "mms_oldest_due_batch_seconds",
        "How long the oldest due batch waits.",
        overview.overdue_seconds(now_ms),
    )
    yield _one("mms_batches_offered", "Batches on offer or in work.", overview.offered(now_ms))
    queues = {queue: by_queue[queue] for queue in ("send", "expand", "ingest", "control")}
    yield Metric("mms_workers", "gauge", "Living workers by queue.", "queue", queues)
    yield _one("mms_brake", "1: nothing goes with the token in use.", float(overview.brake() is not None))
    yield _one("mms_holds", "Scopes held because CarrierX asked for patience.", len(overview.holds(now_ms)))
    yield _one("mms_doors_draining", "Callback doors not known to be clear.", len(agenda.doors_draining()))
    alarms = overview.alarms()
    yield Metric("mms_alarms_total", "counter", "Things that must not happen.", "what", alarms)


def _one(name: str, help: str, value: float) -> Metric:
    return Metric(name, "gauge", help, "", {"": value})


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
    for value, number in metric.values.items():
        label = f'{{{metric.label}="{value}"}}' if metric.label else ""
        yield f"{metric.name}{label} {number:g}\n"
