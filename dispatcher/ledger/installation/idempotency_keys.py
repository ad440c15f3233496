"""Answers given once: a call with an Idempotency-Key is done the first time, and answered the same ever after."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, NamedTuple

import redis

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated

LIFE_SECONDS = 24 * 3600
#: A call that died half-way blocks its key for so long.
AT_WORK_SECONDS = 600


class OtherBodyError(InputError):
    """The key was used before, with another body."""


class AtWorkError(Conflict):
    """The first call with this key is not answered yet."""


class StoredAnswer(NamedTuple):
    """What the first call was answered."""

    status: int
    body: str
    location: str


class IdempotencyKeys:
    """Remembers answers by who calls and the key they chose."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def begin(self, who: str, key: str, body_digest: str) -> StoredAnswer | None:
        """Become the one call that does it: None; or what the first one was answered.

        Raises:
            OtherBodyError, AtWorkError: the key stands for another call, or for one that is at work.
        """
        name = _name(who, key)
        with translated():
            at_work = json.dumps({"digest": body_digest})
            if self._redis.set(name, at_work, nx=True, ex=AT_WORK_SECONDS):
                return None
            found: Any = self._redis.get(name)
        if found is None:
            return self.begin(who, key, body_digest)
        known = json.loads(found)
        if known["digest"] != body_digest:
            raise OtherBodyError(
                "this Idempotency-Key was used with another body", hint="choose a new key for a new campaign"
            )
        if "answer" not in known:
            raise AtWorkError(
                "the first call with this Idempotency-Key is at work", hint="ask again in a moment"
            )
        return StoredAnswer(*known["answer"])

    def answered(self, who: str, key: str, body_digest: str, answer: StoredAnswer) -> None:
        """It is done: the same answer to everybody who asks with this key and body for a day."""
        with translated():
            self._redis.set(
                _name(who, key), json.dumps({"digest": body_digest, "answer": answer}), ex=LIFE_SECONDS
            )

    def forget(self, who: str, key: str) -> None:
        """Nothing was done; the key may be used again."""
        with translated():
            self._redis.delete(_name(who, key))


def _name(who: str, key: str) -> str:
    return keys.IDEMPOTENCY + sha256(f"{who}\0{key}".encode()).hexdigest()
