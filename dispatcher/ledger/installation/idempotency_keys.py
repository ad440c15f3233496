"""Answers given once: a call with an Idempotency-Key is done the first time, and answered the same ever after."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from typing import Any, NamedTuple

import redis

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated

LIFE_SECONDS = 24 * 3600
#: Whoever is at work for longer has died half-way, and nobody knows what was done.
AT_WORK_SECONDS = 600


class OtherBodyError(InputError):
    """The key was used before, with another body."""


class AtWorkError(Conflict):
    """The first call with this key is not answered yet."""


class UnfinishedError(Conflict):
    """The first call with this key was never answered: it may have been done, so nobody does it again."""


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
            OtherBodyError, AtWorkError, UnfinishedError: the key stands for another call, for one that is at work, or
                for one that somebody was at work on for too long.
        """
        name = _name(who, key)
        with translated():
            at_work = json.dumps({"digest": body_digest, "began": time.time()})
            if self._redis.set(name, at_work, nx=True, ex=LIFE_SECONDS):
                return None
            found: Any = self._redis.get(name)
        if found is None:
            return self.begin(who, key, body_digest)
        known = json.loads(found)
        if known["digest"] != body_digest:
            raise OtherBodyError(
                "this Idempotency-Key was used with another body", hint="choose a new key for a new campaign"
            )
        if "answer" not in known and time.time() - known.get("began", time.time()) > AT_WORK_SECONDS:
            raise UnfinishedError(
                "the first call with this Idempotency-Key was not answered, and it is not known what it did",
                hint="look whether it is in the list; if it is not, send it with another key",
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
