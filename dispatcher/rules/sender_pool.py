"""Which number a recipient hears from: the same one each time, as long as it is in the pool (rendezvous hashing)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b


def choose_sender(number: str, pool: Sequence[str]) -> str:
    """The pool's sender for this recipient; nothing is stored, and a pool that changes moves only its share."""
    if len(pool) == 1:
        return pool[0]
    return max(pool, key=lambda sender: blake2b(f"{sender}>{number}".encode(), digest_size=8).digest())
