"""`python -m tests.chaos.sender URL FOLDER API TOKEN PLANT`: sends what is due in one ledger and ticks, until killed.

All that a send and a control worker do to a store, without Celery between: one stands beside any server in a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from dispatcher.errors import MmsError
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import replicas
from dispatcher.ledger.store._claim_memory import ClaimMemory, Counted
from dispatcher.ledger.store.connection import client
from dispatcher.pipeline.recovery.restore_detection import count_tick
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.settings import Settings
from tests.factories import CAMPAIGN


def _forget_replicas() -> None:
    """A primary that counts no replicas never had any."""

    def look(record: Any) -> replicas.ReplicaCount:
        attached = replicas.serving(record._redis.execute_command("ROLE"))
        return replicas.ReplicaCount(attached, attached, 0)

    replicas.Replicas.look = look  # type: ignore[method-assign, assignment]


def _forget_claims() -> None:
    """Nobody remembers how many claims there were."""
    ClaimMemory.known = lambda *_: Counted()  # type: ignore[method-assign]


#: A mend taken out, to prove that the trials of the store miss it.
STORE_PLANTS: dict[str, Callable[[], None]] = {"replicas": _forget_replicas, "memory": _forget_claims}


def runtime_of(url: str, folder: Path, api: str, token: str) -> Runtime:
    """A sender's runtime with short times."""
    settings = Settings(
        simulate=True,
        redis_url=url,
        data_dir=folder,
        carrierx_url=api,
        carrierx_token=SecretStr(token),
        in_flight=4,
        lease_seconds=1,
        unconfirmed_wait=1,
        poll_rate="100/s",
    )
    ledger = Ledger.of(client(url, socket_timeout=5), settings)
    pool = ThreadPoolExecutor(settings.in_flight)
    return Runtime(ledger, settings, prepare(ledger.redis, settings), api=make_client(settings), pool=pool)


def main() -> None:
    """Send until killed."""
    url, folder, api, token, plant = sys.argv[1:]
    STORE_PLANTS.get(plant, lambda: None)()
    runtime = runtime_of(url, Path(folder), api, token)
    while True:
        try:
            count_tick(runtime.ledger, runtime.settings)
            for number in runtime.ledger.campaigns.batch_numbers(CAMPAIGN):
                send_batch(runtime, CAMPAIGN, number)
        except MmsError:
            pass
        time.sleep(0.1)


if __name__ == "__main__":
    main()
