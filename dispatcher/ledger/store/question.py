"""A few questions to Redis by a process that lives for nothing else: a socket and the standard library.

A health check runs every few seconds in each container; loading the client costs it ten times what it asks. Addresses
mean here what they mean to the client.
"""

from __future__ import annotations

from dispatcher.ledger.store._wire import Wire
from dispatcher.ledger.store.sentinel_address import asked_sentinels, names_sentinels
from dispatcher.ledger.store.sentinels import primary_of

#: For connecting, and for each answer.
SECONDS = 5.0


class Inquiry(Wire):
    """A connection to the ledger over which one thing is asked after the other."""

    def __init__(self, url: str) -> None:
        """Connect; Sentinels are asked for the server first.

        Raises:
            ConfigError: it is no address of a Redis.
            StoreUnavailable: nobody answers, or nobody lets us in.
        """
        super().__init__(_of_server(url), SECONDS)


def _of_server(url: str) -> str:
    if not names_sentinels(url):
        return url
    asked = asked_sentinels(url)
    return asked.of_server(primary_of(asked))
