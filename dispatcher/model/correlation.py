"""`user_data`: our own reference inside CarrierX's object, so that a receipt needs no index and can be believed.

`{campaign}.{batch}.{message}.{attempt}.{mac}` with the numbers in base 36 and 72 bits of HMAC-SHA256 in URL-safe
base 64: at most 64 characters of `[A-Za-z0-9._-]`. CarrierX does not sign callbacks; the MAC does it for them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

MAC_BYTES = 9
USER_DATA_MAX = 64
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where a message stands in the ledger: `message` is its index within the batch, `attempt` counts from 1."""

    campaign: str
    batch: int
    message: int
    attempt: int


def base36(value: int) -> str:
    """A non-negative integer in base 36, lower case."""
    digits = ""
    while True:
        value, rest = divmod(value, 36)
        digits = _DIGITS[rest] + digits
        if not value:
            return digits


def _mac(secret: bytes, plain: str) -> str:
    digest = hmac.digest(secret, plain.encode("ascii"), hashlib.sha256)[:MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode("ascii")


def write_user_data(ref: MessageRef, secret: bytes) -> str:
    """The `user_data` of one attempt at one message."""
    plain = f"{ref.campaign}.{base36(ref.batch)}.{base36(ref.message)}.{base36(ref.attempt)}"
    return f"{plain}.{_mac(secret, plain)}"


def read_user_data(user_data: str | None, secrets: Sequence[bytes]) -> MessageRef | None:
    """The reference if one of our secrets wrote it, else None. Earlier secrets verify too."""
    if not user_data or len(user_data) > USER_DATA_MAX or not user_data.isascii():
        return None
    plain, dot, mac = user_data.rpartition(".")
    if not dot or not any(hmac.compare_digest(_mac(secret, plain), mac) for secret in secrets):
        return None
    campaign, batch, message, attempt = plain.rsplit(".", 3)
    return MessageRef(campaign, int(batch, 36), int(message, 36), int(attempt, 36))
