"""What an installation is: its stamp, its secrets, its callback key, and whether its Redis can keep our promises."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from dispatcher.errors import ConfigError, StoreUnsafe
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.durability import durability_problem, version_told
from dispatcher.ledger.store.permissions import MissingPermissions, missing_permissions
from dispatcher.ledger.store.redis_errors import NEEDED
from dispatcher.ledger.store.schema import PROGRAM, SCHEMA, require_let_in, schema_in
from dispatcher.settings import Settings

#: A secret that was replaced still verifies for this long.
EARLIER_SECRETS_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything that was made once for this ledger."""

    callback_key: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    admin_token: str = field(repr=False)
    admin_token_is_new: bool
    mode: str


def prepare(client: redis.Redis, settings: Settings) -> Installation:
    """Stamp a new ledger, or prove that this one is ours; make what is missing. Safe to call from every process.

    Raises:
        ConfigError: the ledger belongs to another mode or another API.
        LedgerNewer: it lets in newer programs only.
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        _stamp(client, settings)
        callback_key = settings.callback_key.get_secret_value() if settings.callback_key else ""
        if not callback_key:
            callback_key = _made_once(client, "callback_key")
        all_secrets = _secrets(client, settings)
    admin_token, is_new = _admin_token(settings)
    return Installation(callback_key, all_secrets, admin_token, is_new, settings.mode)


def read_secrets(client: redis.Redis) -> tuple[bytes, ...]:
    """The ledger's secrets as they are now, the one in use first; another process may have brought a new one.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        current, earlier = client.hmget(keys.INSTALL, ("secret", "earlier"))
    return (text_of(current).encode(), *_unexpired(earlier)) if current else ()


def read_mode(client: redis.Redis) -> str | None:
    """`live` or `simulate`, as the ledger was made; None if this Redis holds no ledger.

    Raises:
        LedgerNewer: it lets in newer programs only.
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        found = _read_stamp(client)
    require_let_in(schema_in(found))
    return found.get("mode")


def callback_key_of(client: redis.Redis, settings: Settings) -> str | None:
    """The last part of our callback URL; None where none was made yet.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    if settings.callback_key is not None:
        return settings.callback_key.get_secret_value()
    with translated():
        made = client.hget(keys.INSTALL, "callback_key")
    return text_of(made) if made else None


def _stamp(client: redis.Redis, settings: Settings) -> None:
    """A ledger that is new is of this program's schema; one without a number is of the first."""
    require_let_in(schema_in(_read_stamp(client)))
    ours = {"mode": settings.mode, "api": "simulator" if settings.simulate else settings.carrierx_url}
    if client.hsetnx(keys.STAMP, "made_at", int(time.time())):
        client.hset(keys.STAMP, "schema", SCHEMA)
    for name, value in ours.items():
        client.hsetnx(keys.STAMP, name, value)
    found = _read_stamp(client)
    if (found["mode"], found["api"]) != (ours["mode"], ours["api"]):
        raise ConfigError(
            f"this ledger was made {found['mode']} for {found['api']}, and is now asked to be "
            f"{ours['mode']} for {ours['api']}",
            hint="use another MMS_DATA_DIR (or MMS_REDIS_URL) for the other, or put the setting back",
        )
    if found.get("program") != PROGRAM:
        client.hset(keys.STAMP, "program", PROGRAM)


def _read_stamp(client: redis.Redis) -> dict[str, str]:
    return {text_of(name): text_of(value) for name, value in client.hgetall(keys.STAMP).items()}


def _made_once(client: redis.Redis, name: str) -> str:
    client.hsetnx(keys.INSTALL, name, secrets.token_urlsafe(24))
    made = client.hget(keys.INSTALL, name)
    assert made is not None
    return text_of(made)


def _secrets(client: redis.Redis, settings: Settings) -> tuple[bytes, ...]:
    current = _made_once(client, "secret")
    if settings.secret is not None and settings.secret.get_secret_value() != current:
        earlier = [[current, time.time()], *json.loads(client.hget(keys.INSTALL, "earlier") or b"[]")]
        current = settings.secret.get_secret_value()
        client.hset(keys.INSTALL, mapping={"secret": current, "earlier": json.dumps(earlier)})
    return (current.encode(), *_unexpired(client.hget(keys.INSTALL, "earlier")))


def _unexpired(earlier: bytes | str | None) -> tuple[bytes, ...]:
    oldest = time.time() - EARLIER_SECRETS_SECONDS
    return tuple(secret.encode() for secret, until in json.loads(earlier or b"[]") if until > oldest)


def _admin_token(settings: Settings) -> tuple[str, bool]:
    if settings.admin_token is not None:
        return settings.admin_token.get_secret_value(), False
    path = settings.data_dir / "admin-token"
    if path.exists():
        return path.read_text("ascii").strip(), False
    return _write_token(path), True


def _write_token(path: Path) -> str:
    token = secrets.token_urlsafe(24)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    except OSError as error:
        raise ConfigError(
            f"the admin token cannot be written to {path}: {error.strerror}",
            hint="set MMS_DATA_DIR or MMS_ADMIN_TOKEN",
        ) from None
    with os.fdopen(descriptor, "w") as out:
        out.write(token + "\n")
    return token


def prove_durable(client: redis.Redis, settings: Settings) -> None:
    """Refuse a Redis that lacks what is needed, or may forget a claim that it confirmed.

    Raises:
        StoreUnsafe: too old, cluster, no append-only file, not synced at every write, evicting, or unreadable; or it
            does not know or allow a command, a key or a channel.
        StoreUnavailable: Redis does not answer.
    """
    if settings.unsafe_redis:
        return
    lacking = missing_permissions(client, hints=settings.broker_url is None)
    told_next = MissingPermissions((), ("CONFIG GET",), (), ())  # and better
    if lacking is not None and lacking != told_next:
        old = version_told(client)
        raise StoreUnsafe(
            f"this Redis does not allow what is needed: {f'{old}; ' if old else ''}{lacking}", hint=NEEDED
        )
    problem = durability_problem(client)
    if problem is not None:
        raise StoreUnsafe(
            f"this Redis cannot keep a claim safe: {problem}",
            hint="set `appendonly yes`, `appendfsync always`, `maxmemory-policy noeviction`; "
            "--unsafe-redis goes on without the promise that no message is sent twice",
        )
