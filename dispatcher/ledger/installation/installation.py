"""What an installation is: its stamp, its secrets, its callback key, and whether its Redis can keep our promises."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import redis
from pydantic import SecretStr

from dispatcher.errors import ConfigError, StoreUnsafe
from dispatcher.ledger.installation.rotating_keys import KeyInUse, keep_key, read_key
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.cluster import require_no_cluster
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.durability import durability_problem, version_told
from dispatcher.ledger.store.permissions import MissingPermissions, missing_permissions
from dispatcher.ledger.store.redis_errors import NEEDED
from dispatcher.ledger.store.schema import PROGRAM, SCHEMA, require_let_in, schema_in
from dispatcher.settings import Settings


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything that was made once for this ledger. `admin_token` is empty where it is not known on this machine, and
    `admin_token_made_on` says on which it was made; of one in the settings nothing."""

    callback_key: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    admin_token: str = field(repr=False)
    admin_token_is_new: bool
    mode: str
    admin_token_made_on: str = ""


def prepare(client: redis.Redis, settings: Settings, *, lets_people_in: bool = False) -> Installation:
    """Stamp a new ledger, or prove that this one is ours; make what is missing. Safe to call from every process.

    `lets_people_in`: this process has a console, or says how to come in, so there must be an admin token.

    Raises:
        ConfigError: the ledger belongs to another mode or another API.
        LedgerNewer: it lets in newer programs only.
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        _stamp(client, settings)
    callback_key = keep_key(client, "callback_key", _given(settings.callback_key)).current
    all_secrets = _encoded(keep_key(client, "secret", _given(settings.secret)))
    made = Installation(callback_key, all_secrets, _given(settings.admin_token) or "", False, settings.mode)
    return _with_admin_token(client, settings, made) if lets_people_in and not made.admin_token else made


def _with_admin_token(client: redis.Redis, settings: Settings, made: Installation) -> Installation:
    from dispatcher.ledger.installation.admin_token import make_admin_token  # noqa: PLC0415 - argon2 takes its time

    admin = make_admin_token(client, settings)
    return replace(
        made,
        admin_token=admin.token,
        admin_token_is_new=admin.is_new,
        admin_token_made_on=admin.made_on,
    )


def read_secrets(client: redis.Redis) -> tuple[bytes, ...]:
    """The ledger's secrets as they are now, the one in use first; another process may have brought a new one.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    found = read_key(client, "secret")
    return _encoded(found) if found else ()


def callback_keys(client: redis.Redis, settings: Settings) -> tuple[str, ...]:
    """All callback keys that count now, the one in use first.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    found = read_key(client, "callback_key")
    known = found.all if found else ()
    given = _given(settings.callback_key)
    return known if given is None else (given, *(key for key in known if key != given))


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


def _given(setting: SecretStr | None) -> str | None:
    return setting.get_secret_value() if setting is not None else None


def _encoded(found: KeyInUse) -> tuple[bytes, ...]:
    return tuple(value.encode() for value in found.all)


def prove_durable(client: redis.Redis, settings: Settings) -> None:
    """Refuse a Redis that lacks what is needed, or may forget a claim that it confirmed.

    Raises:
        StoreUnsafe: too old, cluster, no append-only file, not synced at every write, evicting, or unreadable; or it
            does not know or allow a command, a key or a channel.
        StoreUnavailable: Redis does not answer.
    """
    require_no_cluster(client)
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
