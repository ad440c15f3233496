"""The admin token that an installation makes for itself: once for the ledger, told and kept on one machine.

The ledger has its hash, as of any token, so that it opens every web process; only the machine that made it has it in
its data folder. One of the settings (MMS_ADMIN_TOKEN) takes its place where it is set.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import NamedTuple

import redis

from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.api_tokens import ApiTokens, admin_facts, admin_id
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.script_text import script_text
from dispatcher.settings import Settings

#: One that was replaced still opens everything for this long.
EARLIER_SECONDS = 24 * 3600


class AdminToken(NamedTuple):
    """The token, empty where it is not known on this machine; whether it was made just now; where it was made."""

    token: str
    is_new: bool
    made_on: str

    def __repr__(self) -> str:
        return f"AdminToken(is_new={self.is_new}, made_on={self.made_on!r})"


def admin_token_file(settings: Settings) -> Path:
    """Where the token is kept on the machine that made it."""
    return settings.data_dir / "admin-token"


def make_admin_token(client: redis.Redis, settings: Settings) -> AdminToken:
    """The installation's admin token, made if it has none that counts. Not for who has one in the settings.

    Raises:
        ConfigError: it cannot be written into the data folder.
        StoreUnavailable: Redis does not answer.
    """
    tokens, file = ApiTokens(client), admin_token_file(settings)
    while True:
        seen, written = _seen(client), _read(file)
        if written and tokens.is_known(written):
            return AdminToken(written, False, "")
        if (made_on := tokens.admin_made_on(seen)) is not None:
            return AdminToken("", False, made_on)
        kept = "" if seen else written  # of the time before the ledger knew it, or of a ledger that is lost
        token = kept or secrets.token_urlsafe(24)
        if _put(client, file, token, seen):
            return AdminToken(token, not kept, socket.gethostname())


def rotate_admin_token(client: redis.Redis, settings: Settings, *, at_once: bool = False) -> AdminToken:
    """Make another one, kept on this machine. The one there was counts for a day still; `at_once`: no longer, and
    logins with it end.

    Raises:
        ConfigError, StoreUnavailable: as `make_admin_token`.
    """
    tokens, file, token = ApiTokens(client), admin_token_file(settings), secrets.token_urlsafe(24)
    while not _put(client, file, token, seen := _seen(client)):
        continue
    tokens.end(seen, 0 if at_once else EARLIER_SECONDS)
    return AdminToken(token, True, socket.gethostname())


def _put(client: redis.Redis, file: Path, token: str, seen: str) -> bool:
    """Write it here and there; False: another process made one meanwhile."""
    part = _write_beside(file, token)
    facts = admin_facts(token, socket.gethostname())
    try:
        with translated():
            script = script_text("installation/put_admin_token")
            if not client.eval(script, 0, seen, admin_id(token), facts):
                return False
        part.replace(file)
        return True
    finally:
        part.unlink(missing_ok=True)


def _seen(client: redis.Redis) -> str:
    """The id of the one in use, empty if there never was one."""
    with translated():
        return text_of(client.hget(keys.INSTALL, "admin") or b"")


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write_beside(file: Path, token: str) -> Path:
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the admin token cannot be written to {file}: {error.strerror}",
            hint="set MMS_DATA_DIR or MMS_ADMIN_TOKEN",
        ) from None
    with os.fdopen(descriptor, "w") as out:
        out.write(token + "\n")
    return part
