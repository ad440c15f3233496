"""The secret and the callback key: one in use, and earlier ones that still count for a while.

While the machines of an installation get another value one by one, some processes have the old setting and some the
new. All of them know both; each writes with its own. Whoever starts with the old one changes nothing.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Literal, NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.script_text import script_text

#: A secret or callback key that was replaced still counts for this long.
EARLIER_SECONDS = 30 * 24 * 3600

Which = Literal["secret", "callback_key"]
#: `earlier` is older than the other, and had no need to say of what.
_EARLIER: dict[Which, str] = {"secret": "earlier", "callback_key": "earlier_callback_keys"}


class KeyInUse(NamedTuple):
    """The values of a key, and until when (seconds since 1970) each of the earlier ones counts."""

    current: str
    earlier: tuple[tuple[str, float], ...]

    @property
    def all(self) -> tuple[str, ...]:
        """All that count, the one in use first."""
        return (self.current, *(value for value, _ in self.earlier))

    def __repr__(self) -> str:
        return f"KeyInUse({len(self.earlier)} earlier)"


def keep_key(client: redis.Redis, which: Which, given: str | None) -> KeyInUse:
    """What the ledger has, brought up to date with the setting of this process; made where there is none.

    With a setting that is an earlier value by now, that one comes first: this process uses it.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    arguments = (which, _EARLIER[which], given or "", secrets.token_urlsafe(24), EARLIER_SECONDS)
    with translated():
        current, earlier = client.eval(script_text("installation/keep_key"), 0, *arguments)
    found = _read(current, earlier)
    if given is None or given == found.current:
        return found
    others = tuple((value, until) for value, until in found.earlier if value != given)
    return KeyInUse(given, ((found.current, time.time() + EARLIER_SECONDS), *others))


def read_key(client: redis.Redis, which: Which) -> KeyInUse | None:
    """What the ledger has; None where none was made yet.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        current, earlier = client.hmget(keys.INSTALL, (which, _EARLIER[which]))
    return _read(current, earlier) if current else None


def rotate_key(client: redis.Redis, which: Which, *, at_once: bool = False) -> KeyInUse:
    """Make another one. The one that was in use counts for a while still; `at_once`: neither it nor any other does.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    found = keep_key(client, which, secrets.token_urlsafe(24))
    if not at_once:
        return found
    with translated():
        client.hset(keys.INSTALL, _EARLIER[which], "[]")
    return KeyInUse(found.current, ())


def _read(current: bytes | str, earlier: bytes | str | None) -> KeyInUse:
    ends = [(value, since + EARLIER_SECONDS) for value, since in json.loads(earlier or b"[]")]
    return KeyInUse(text_of(current), tuple(end for end in ends if end[1] > time.time()))
