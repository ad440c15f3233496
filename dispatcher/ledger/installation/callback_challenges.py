"""Questions that only a callback door of this ledger can answer: so one finds out whether an address leads to us."""

from __future__ import annotations

import secrets
from typing import NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated

LIFE_SECONDS = 30


class Question(NamedTuple):
    """What is asked, and the answer that proves a door of this ledger; both random."""

    text: str
    answer: str


def put_question(client: redis.Redis) -> Question:
    """A question that the doors of this ledger can answer for half a minute.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    question = Question(secrets.token_hex(16), secrets.token_hex(16))
    with translated():
        client.set(keys.QUESTION + question.text, question.answer, ex=LIFE_SECONDS)
    return question
