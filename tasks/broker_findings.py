"""What `mms doctor` and the page *Health* say of the broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from dispatcher.errors import ConfigError, MmsError
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.settings import Settings
from tasks.broker import Broker, broker_url


def look_at_broker(settings: Settings, said: Sequence[HealthFinding] = ()) -> Iterator[HealthFinding]:
    """What there is to say; nothing where it is a Redis that is not known or does not answer, which was `said` then."""
    if settings.broker_url is None and any(one.subject == "Redis" and one.verdict == "bad" for one in said):
        return
    try:
        url = broker_url(settings)
    except ConfigError as error:
        if settings.broker_url is not None:
            yield HealthFinding("broker", "bad", error.message, error.hint or "")
        return
    try:
        with closing(Broker(url)) as broker:
            broker.prove()
            waiting = {name: depth for name, depth in broker.depths().items() if depth}
            older = broker.older_queues()
    except MmsError as error:
        yield HealthFinding("broker", "bad", error.message, error.hint or "")
        return
    where = "MMS_BROKER_URL" if settings.broker_url else "the ledger's Redis"
    told = ", ".join(f"{depth} in {name}" for name, depth in waiting.items())
    yield HealthFinding("broker", "ok", f"{where} answers; hints wait: {told or 'none'}")
    if older:
        yield HealthFinding(
            "broker",
            "note",
            f"queues are used as an earlier version declared them: {', '.join(older)}. They are not at hand while "
            "their machine is away, and have no bounds",
            "once every process runs this version: rabbitmqctl delete_queue NAME -p VHOST, and it is made anew; hints "
            "that are lost are given again",
        )
