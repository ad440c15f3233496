"""Tokens for people and programs: each has a name and a role; the ledger keeps an argon2 hash of its secret part.

A token reads `mms_{id}_{secret}`, so that it is found by its id and needs one hash to be proved. The admin token
that an installation makes for itself (`admin_token`) is one word, and its id a digest's beginning.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import redis
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.model.timestamps import utc_text

Role = Literal["viewer", "admin"]
NAME = re.compile(r"[\w.@ -]{1,60}")
_TOKEN = re.compile(r"mms_([a-z2-7]{8})_([A-Za-z0-9_-]{32})")
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_hasher = PasswordHasher()
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who a token belongs to. `token_id` is empty for the admin token of the settings."""

    token_id: str
    name: str
    role: Role
    made_at: str = ""


class ApiTokens:
    """The tokens of this ledger."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._proved: dict[bytes, str] = {}

    def create(self, name: str, role: Role) -> tuple[str, TokenHolder]:
        """A new token, told only here, and who it belongs to.

        Raises:
            InputError: the name is empty, too long, or in use.
        """
        name = name.strip()
        if not NAME.fullmatch(name):
            raise InputError(
                "a token's name has 1 to 60 letters, digits, spaces or . _ @ -", hint="--name ann"
            )
        if any(holder.name == name for holder in self.list()):
            raise InputError(
                f"there is a token named {name!r}", hint="choose another --name, or remove that one"
            )
        token_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(8))
        secret = secrets.token_urlsafe(24)
        made_at = _now()
        facts = _facts_of(secret, name, role, made_at)
        with translated():
            self._redis.hset(keys.API_TOKENS, token_id, json.dumps(facts))
        return f"mms_{token_id}_{secret}", TokenHolder(token_id, name, role, made_at)

    def find(self, token: str) -> TokenHolder | None:
        """Who this token belongs to, None if it is none of ours. A removed one ends at once."""
        token_id, secret = _parts(token)
        found = self._facts(token_id)
        if found is None or not self._is_right(token, secret, found["hash"], found.get("check", "")):
            return None
        return _holder(token_id, found)

    def is_known(self, token: str) -> bool:
        """The same at a glance, of a token that nobody guesses: one of our own files."""
        token_id, secret = _parts(token)
        found = self._facts(token_id)
        return found is not None and hmac.compare_digest(_check(secret), found.get("check", ""))

    def admin_made_on(self, token_id: str) -> str | None:
        """On which machine the admin token with this id was made; None: there is none any more."""
        found = self._facts(token_id)
        return None if found is None else found.get("made_on", "")

    def end(self, token_id: str, seconds: int) -> None:
        """A token and every login with it end in so many seconds; nothing if there is none."""
        found = self._facts(token_id)
        if found is None:
            return
        with translated():
            if seconds:
                found["until"] = str(time.time() + seconds)
                self._redis.hset(keys.API_TOKENS, token_id, json.dumps(found))
            else:
                self._redis.hdel(keys.API_TOKENS, token_id)

    def holds(self, token_id: str) -> bool:
        """There is a token with this id still."""
        return self._facts(token_id) is not None

    def list(self) -> list[TokenHolder]:
        """All of them, the oldest first."""
        with translated():
            found = self._redis.hgetall(keys.API_TOKENS)
        known = {text_of(token_id): json.loads(facts) for token_id, facts in found.items()}
        if over := [token_id for token_id, facts in known.items() if _is_over(facts)]:
            with translated():
                self._redis.hdel(keys.API_TOKENS, *over)
        holders = [_holder(token_id, facts) for token_id, facts in known.items() if token_id not in over]
        return sorted(holders, key=lambda holder: (holder.made_at, holder.name))

    def remove(self, token_id: str) -> TokenHolder:
        """End a token and every login with it.

        Raises:
            NotFound: there is none of this id.
        """
        found = self._facts(token_id)
        with translated():
            removed = self._redis.hdel(keys.API_TOKENS, token_id)
        if found is None or not removed:
            raise NotFound("there is no such token", hint="`mms token list` shows them")
        return _holder(token_id, found)

    def _facts(self, token_id: str) -> dict[str, str] | None:
        with translated():
            value = self._redis.hget(keys.API_TOKENS, token_id)
        facts: dict[str, str] = json.loads(value) if value else {}
        return facts if facts and not _is_over(facts) else None

    def _is_right(self, token: str, secret: str, hashed: str, check: str) -> bool:
        """Argon2 is slow on purpose; what it proved once is remembered by a digest, in this process.

        Who guesses does not get that far: a guess fails the quick check first. A token from before there was one is
        proved one at a time, so that guesses cost no more than a core.
        """
        digest = sha256(token.encode(errors="replace")).digest()
        if self._proved.get(digest) == hashed:
            return True
        if check and not hmac.compare_digest(_check(secret), check):
            return False
        try:
            with _one_at_a_time:
                _hasher.verify(hashed, secret)
        except (VerificationError, InvalidHashError):
            return False
        if len(self._proved) > 1000:
            self._proved.clear()
        self._proved[digest] = hashed
        return True


def admin_id(token: str) -> str:
    """The id of an admin token that an installation made for itself: such a token has none in it."""
    return f"admin-{sha256(token.encode(errors='replace')).hexdigest()[:8]}"


def admin_facts(token: str, made_on: str) -> str:
    """What the ledger keeps of one, as JSON."""
    return json.dumps({**_facts_of(token, "admin", "admin", _now()), "made_on": made_on})


def _facts_of(secret: str, name: str, role: Role, made_at: str) -> dict[str, str]:
    hashed = _hasher.hash(secret)
    return {"name": name, "role": role, "hash": hashed, "made_at": made_at, "check": _check(secret)}


def _parts(token: str) -> tuple[str, str]:
    """A token's id, and what of it is secret."""
    parts = _TOKEN.fullmatch(token)
    return (parts[1], parts[2]) if parts else (admin_id(token), token)


def _is_over(facts: dict[str, str]) -> bool:
    return "until" in facts and float(facts["until"]) < time.time()


def _now() -> str:
    return utc_text(time.time_ns() // 1_000_000, "seconds")


def _check(secret: str) -> str:
    """64 bits of a digest: of 192 random bits they tell nobody anything."""
    return sha256(secret.encode(errors="replace")).hexdigest()[:16]


def _holder(token_id: str, facts: dict[str, str]) -> TokenHolder:
    return TokenHolder(
        token_id, facts["name"], "admin" if facts["role"] == "admin" else "viewer", facts["made_at"]
    )
