"""Guessing a token is made slow: wrong ones are counted by address and in all, over five minutes."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import redis

from dispatcher.errors import MmsError
from dispatcher.ledger.store.connection import translated

WINDOW_SECONDS = 300
WRONG_PER_ADDRESS = 10
WRONG_IN_ALL = 100
ALL = "all"


class TooManyTriesError(MmsError):
    """Too many wrong tokens; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many wrong tokens came lately.", hint=f"wait {retry_after} seconds")
        self.retry_after = retry_after


class Throttle:
    """Counts wrong tokens in Redis, so that all web processes know. A right one is never asked about: it passes."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def wrong(self, address: str, *, also_all: bool) -> None:
        """Count a wrong token.

        `also_all` looks at the sum over all addresses too: right for a person's login, not for an API.

        Raises:
            TooManyTriesError: so many came that this one is not even said to be wrong.
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            for key in (_key(address), _key(ALL)):
                pipeline.incr(key)
                pipeline.expire(key, WINDOW_SECONDS, nx=True)
            by_address, _, in_all, _ = pipeline.execute()
        if int(by_address) > WRONG_PER_ADDRESS:
            raise TooManyTriesError(self._left(address))
        if also_all and int(in_all) > WRONG_IN_ALL:
            raise TooManyTriesError(self._left(ALL))

    def right(self, address: str) -> None:
        """Forget this address's wrong tokens: its user knows the right one.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            self._redis.delete(_key(address))

    def _left(self, who: str) -> int:
        with translated():
            return max(1, int(self._redis.ttl(_key(who))))


def _key(who: str) -> str:
    return f"mms:wrong-tokens:{who if who == ALL else _whose(who)}"


def _whose(address: str) -> str:
    """The address; of IPv6 the network, which one person has the whole of. Whatever is none stands for one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ip_network((int(found), 64), strict=False))
