"""`GET /callbacks/carrierx/?question=…`: a receiver proves that it is one of this ledger's, without telling its key."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dispatcher.ledger.store import keys

_CHALLENGE = re.compile(r"[0-9a-f]{32}")


class Challenges:
    """Answers what `dispatcher.ledger.installation.callback_challenges` put there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def answer(self, query: bytes) -> bytes | None:
        """The answer to the challenge in a query string; None: there is none, or it is not known."""
        asked = parse_qs(query.decode("ascii", "replace")).get("question", [""])[0]
        if not _CHALLENGE.fullmatch(asked):
            return None
        try:
            found = await self._redis.get(keys.CHALLENGE + asked)
        except (RedisError, OSError):
            return None
        return found if isinstance(found, bytes) else None
