"""A reader of campaign files in a process of its own, for tests that kill it.

Arguments: the address of Redis, the campaign. Reads as the expand worker does.
"""

from __future__ import annotations

import sys

import redis

from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.expansion import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.settings import load_settings

#: The least that moves at once, so that there are many places to be killed at.
expand.BATCHES_A_ROUND_TRIP = 1

if __name__ == "__main__":
    ledger = Ledger(redis.Redis.from_url(sys.argv[1]))
    installation = Installation("key", (b"secret",), "admin", False, "simulate")
    print(expand.expand(Runtime(ledger, load_settings(simulate=True), installation), sys.argv[2]))  # noqa: T201
