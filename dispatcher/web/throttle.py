"""Guessing a token is made slow: wrong ones are counted by address and in all, over five minutes."""

from __future__ import annotations

import redis

from dispatcher.errors import MmsError
from dispatcher.ledger.connect import translated

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
    """Counts wrong tokens in Redis, so that all web processes know."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def check(self, address: str, *, also_all: bool) -> None:
        """Let a try pass.

        `also_all` looks at the sum over all addresses too: right for a person's login, wrong for an API whose
        users would be locked out by a stranger.

        Raises:
            TooManyTriesError: the limit is reached; the token must not even be looked at.
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            by_address, in_all = self._redis.mget(_key(address), _key(ALL))
        if int(by_address or 0) >= WRONG_PER_ADDRESS:
            raise TooManyTriesError(self._left(address))
        if also_all and int(in_all or 0) >= WRONG_IN_ALL:
            raise TooManyTriesError(self._left(ALL))

    def wrong(self, address: str) -> None:
        """Count a wrong token.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            for who in (address, ALL):
                pipeline.incr(_key(who))
                pipeline.expire(_key(who), WINDOW_SECONDS, nx=True)
            pipeline.execute()

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
    return f"mms:wrong-tokens:{who}"
