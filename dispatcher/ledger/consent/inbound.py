"""Inbound messages: kept, the newest 10,000 of them; those that need a person; those that something follows from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dispatcher.errors import InputError
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts

KEPT_MAX = 10_000
TEXT_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message that somebody sent to one of our numbers. `meaning` is a word of `rules.keywords`.

    It is not verified until CarrierX was asked: callbacks are not signed. `outcome` says what followed from it:
    `answered`, or why nothing was; empty while nothing has, or where nothing could.
    """

    sid: str
    at_ms: int
    sender: str = field(repr=False)
    to: str = field(repr=False)
    text: str = field(repr=False)
    media: tuple[str, ...] = field(repr=False)
    meaning: str
    status: str = "received"
    outcome: str = ""


class InboundMessages:
    """All that is kept of what came in."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def keep(self, entry: bytes, message: Inbound, *, needs_review: bool, follows: bool) -> bool:
        """Keep one and acknowledge its stream entry; False: it was known. `follows`: `todo` names it from now on."""
        packed = _packed(message)
        answer = self._scripts.run(
            "consent/store_inbound",
            entry,
            message.sid,
            message.at_ms,
            packed,
            KEPT_MAX,
            int(needs_review),
            int(follows),
        )
        return bool(answer == b"new")

    def newest(self, most: int, offset: int = 0) -> list[Inbound]:
        """The newest first."""
        with translated():
            sids = self._redis.zrevrange(keys.INBOUND_ORDER, offset, offset + most - 1)
        return self.read([text_of(sid) for sid in sids])

    def after(self, sid: str, most: int) -> list[Inbound]:
        """Those that came before this one, the newest first.

        Raises:
            InputError: it is not kept any more.
        """
        with translated():
            rank: Any = self._redis.zrevrank(keys.INBOUND_ORDER, sid)
        if rank is None:
            raise InputError("the cursor is not one of this list", hint="begin again without it")
        return self.newest(most, offset=rank + 1)

    def waiting(self, sids: Sequence[str]) -> frozenset[str]:
        """Those of these that a person should look at."""
        if not sids:
            return frozenset()
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for sid in sids:
                pipeline.zscore(keys.NEEDS_REVIEW, sid)
            scores = pipeline.execute()
        return frozenset(sid for sid, score in zip(sids, scores, strict=True) if score is not None)

    def needing_review(self, most: int) -> list[Inbound]:
        """What waits for a person, the oldest first."""
        with translated():
            sids = self._redis.zrange(keys.NEEDS_REVIEW, 0, most - 1)
        return self.read([text_of(sid) for sid in sids])

    def review_count(self) -> int:
        """How many wait for a person."""
        with translated():
            return int(self._redis.zcard(keys.NEEDS_REVIEW))

    def decided(self, sid: str) -> bool:
        """A person has looked at it; False: it did not wait."""
        with translated():
            return bool(self._redis.zrem(keys.NEEDS_REVIEW, sid))

    def todo(self, now_ms: int, most: int) -> list[str]:
        """Sids of messages that something follows from, now."""
        with translated():
            sids = self._redis.zrangebyscore(keys.INBOUND_UNANSWERED, "-inf", now_ms, start=0, num=most)
        return [text_of(sid) for sid in sids]

    def later(self, sid: str, at_ms: int) -> None:
        """Look at it again then."""
        with translated():
            self._redis.zadd(keys.INBOUND_UNANSWERED, {sid: at_ms}, xx=True)

    def done(self, sid: str) -> None:
        """Nothing more follows from it."""
        with translated():
            self._redis.zrem(keys.INBOUND_UNANSWERED, sid)

    def finished(self, message: Inbound, outcome: str) -> None:
        """Nothing more follows from it, and this is what did."""
        after = _packed(replace(message, outcome=outcome))
        self._scripts.run("consent/close_inbound", message.sid, _packed(message), after)

    def read(self, sids: Sequence[str]) -> list[Inbound]:
        """Those of these that are kept."""
        if not sids:
            return []
        with translated():
            found = self._redis.hmget(keys.INBOUND_MESSAGES, list(sids))
        return [_inbound(value) for value in found if value]

    def learn_ours(self, numbers: Iterable[str]) -> None:
        """These numbers are our own: an answer to one of them would be an answer to ourselves."""
        known = [number for number in numbers if number]
        if known:
            with translated():
                self._redis.sadd(keys.OWN, *known)

    def is_ours(self, number: str) -> bool:
        """Whether this number is known to be ours."""
        with translated():
            return bool(self._redis.sismember(keys.OWN, number))

    def of_number(self, number: str) -> list[Inbound]:
        """Everything kept that this number sent."""
        return [message for message in self._all() if message.sender == number]

    def forget(self, sids: Iterable[str]) -> None:
        """Erase these messages."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            for sid in sids:
                pipeline.hdel(keys.INBOUND_MESSAGES, sid)
                for key in (keys.INBOUND_ORDER, keys.NEEDS_REVIEW, keys.INBOUND_UNANSWERED):
                    pipeline.zrem(key, sid)
            pipeline.execute()

    def before(self, at_ms: int) -> list[str]:
        """Sids of messages that came before then, also of those that are not among the newest any more."""
        with translated():
            found = [text_of(sid) for sid in self._redis.zrangebyscore(keys.INBOUND_ORDER, "-inf", at_ms)]
            kept = int(self._redis.hlen(keys.INBOUND_MESSAGES))
            if kept == int(self._redis.zcard(keys.INBOUND_ORDER)):
                return found
        return list(dict.fromkeys([*found, *(each.sid for each in self._all() if each.at_ms < at_ms)]))

    def _all(self) -> list[Inbound]:
        with translated():
            return [_inbound(value) for value in self._redis.hvals(keys.INBOUND_MESSAGES)]


def _packed(message: Inbound) -> str:
    return json.dumps({**asdict(message), "text": message.text[:TEXT_MAX]})


def _inbound(value: bytes | str) -> Inbound:
    fields = json.loads(value)
    return Inbound(**{**fields, "media": tuple(fields["media"])})
