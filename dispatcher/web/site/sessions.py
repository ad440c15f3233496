"""Logins of the console: a random id in a cookie, the session in Redis under the id's hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import redis

from dispatcher.ledger.installation.api_tokens import ApiTokens, Role, TokenHolder
from dispatcher.ledger.store.connection import text_of, translated

LIFE_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, and as what. `csrf` must come back with every form."""

    who: str
    role: Role
    csrf: str

    @property
    def may_act(self) -> bool:
        """An admin acts, a viewer looks."""
        return self.role == "admin"

    def __repr__(self) -> str:
        return f"Session(role={self.role!r})"


class Sessions:
    """Opens, finds and closes sessions. Who reads Redis learns no id that a browser would be believed with."""

    def __init__(self, client: redis.Redis, tokens: ApiTokens) -> None:
        self._redis = client
        self._tokens = tokens

    def open(self, holder: TokenHolder) -> str:
        """A new session's id for the one who holds this token; it ends after twelve hours, or with the token.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        session_id = secrets.token_urlsafe(32)
        key = _key(session_id)
        facts = {"who": holder.name, "role": holder.role, "token": holder.token_id}
        facts["csrf"] = secrets.token_urlsafe(32)
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(key, mapping=dict[Any, Any](facts))
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
            found = self._redis.hmget(_key(session_id), ["who", "role", "token", "csrf"])
        if None in found:
            return None
        who, role, token, csrf = map(text_of, found)
        if token and not self._tokens.holds(token):
            return None
        return Session(who, "admin" if role == "admin" else "viewer", csrf)

    def close(self, session_id: str) -> None:
        """End a session at once.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            self._redis.delete(_key(session_id))


def _key(session_id: str) -> str:
    return f"mms:session:{hashlib.sha256(session_id.encode()).hexdigest()}"
