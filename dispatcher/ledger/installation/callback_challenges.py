"""Challenges that only a callback receiver of this ledger can answer: does an address lead to us?"""

from __future__ import annotations

import secrets
from typing import NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated

LIFE_SECONDS = 30


class Challenge(NamedTuple):
    """What is asked, and the answer that proves a receiver of this ledger; both random."""

    text: str
    answer: str


def put_challenge(client: redis.Redis) -> Challenge:
    """A challenge that the receivers of this ledger can answer for half a minute.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    challenge = Challenge(secrets.token_hex(16), secrets.token_hex(16))
    with translated():
        client.set(keys.CHALLENGE + challenge.text, challenge.answer, ex=LIFE_SECONDS)
    return challenge
