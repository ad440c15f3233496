"""Logins of the console: a random id in a cookie, the session in Redis under the id's hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import redis

from dispatcher.ledger.connect import translated

LIFE_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in. `csrf` must come back with every form."""

    role: str
    csrf: str

    def __repr__(self) -> str:
        return f"Session(role={self.role!r})"


class Sessions:
    """Opens, finds and closes sessions. Who reads Redis learns no id that a browser would be believed with."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def open(self, role: str) -> str:
        """A new session's id; it ends after twelve hours.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        session_id = secrets.token_urlsafe(32)
        key = _key(session_id)
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(key, mapping={"role": role, "csrf": secrets.token_urlsafe(32)})
            pipeline.expire(key, LIFE_SECONDS)
            pipeline.execute()
        return session_id

    def find(self, session_id: str | None) -> Session | None:
        """The session with this id, if it is one of ours and has not ended.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        if not session_id:
            return None
        with translated():
            found = self._redis.hmget(_key(session_id), ["role", "csrf"])
        role, csrf = (value.decode() if isinstance(value, bytes) else None for value in found)
        return Session(role, csrf) if role and csrf else None

    def close(self, session_id: str) -> None:
        """End a session at once.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            self._redis.delete(_key(session_id))


def _key(session_id: str) -> str:
    return f"mms:session:{hashlib.sha256(session_id.encode()).hexdigest()}"
