"""`GET /callbacks/carrierx/?question=…`: a door proves that it is one of this ledger's, without telling its key."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dispatcher.ledger.store import keys

_QUESTION = re.compile(r"[0-9a-f]{32}")


class Questions:
    """Answers what `dispatcher.ledger.installation.callback_challenges` put there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def answer(self, query: bytes) -> bytes | None:
        """The answer to the question in a query string; None: there is none, or it is not known."""
        asked = parse_qs(query.decode("ascii", "replace")).get("question", [""])[0]
        if not _QUESTION.fullmatch(asked):
            return None
        try:
            found = await self._redis.get(keys.QUESTION + asked)
        except (RedisError, OSError):
            return None
        return found if isinstance(found, bytes) else None
