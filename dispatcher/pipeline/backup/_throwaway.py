"""A server of one's own for as long as a copy is looked at: on a socket that nobody else can open, in a folder that
goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis

from dispatcher.errors import InputError, StoreUnavailable
from dispatcher.ledger.store.connection import client as client_of
from dispatcher.ledger.store.embedded import server_binary

#: A copy of another server may be of another version; what cannot be read in it is refused all the same.
_OPTIONS = {
    "port": "0",
    "databases": "1024",
    "unixsocketperm": "700",
    "save": "",
    "rdb-version-check": "relaxed",
    "maxmemory-policy": "noeviction",
    "enable-debug-command": "no",
}
#: So long a server that has loaded everything may take to end.
_END_SECONDS = 60
_LOOK_SECONDS = 0.05
#: It becomes the server, and whoever stays beside it ends it when we are gone without a word.
_WITH_US = """
(while kill -0 "$0" && kill -0 $$; do sleep 1; done; kill -0 "$0" || kill $$) 2>/dev/null &
exec "$@"
"""


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """A folder for its owner only, on the disk of `beside`, gone in the end.

    Raises:
        InputError: it cannot be made there.
    """
    try:
        folder = Path(tempfile.mkdtemp(dir=beside.absolute(), prefix=".mms-copy-"))
    except OSError as error:
        raise InputError(
            f"{beside} takes no folder: {error.strerror}", hint="look at its owner and free space"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def told_of_disk(folder: Path) -> Iterator[None]:
    """What the system says of the disk is said to a person.

    Raises:
        InputError: it is full, or takes nothing.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}",
            hint="look at its owner and free space; nothing was changed",
        ) from None


@contextmanager
def throwaway_server(folder: Path, database: int, **options: str) -> Iterator[redis.Redis]:
    """A client of this database of a server that has read what is in the folder; it ends with everything written.

    Raises:
        ConfigError: there is no embedded Valkey for this machine.
        InputError: what is in the folder cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="mms-") as socket_folder:
        socket = f"{socket_folder}/s"  # a socket's path has 107 characters at most
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  our own server
                _command(folder, socket, options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        client = client_of(f"unix://{socket}?db={database}", socket_timeout=None)
        try:
            _await_loaded(client, process, folder / "log")
            yield client
        finally:
            client.close()
            _end(process)


def _command(folder: Path, socket: str, options: Mapping[str, str]) -> list[str]:
    chosen = {"unixsocket": socket, "dir": str(folder), "logfile": "", **_OPTIONS, **options}
    arguments = [part for name, value in chosen.items() for part in (f"--{name}", value)]
    return ["/bin/sh", "-c", _WITH_US, str(os.getpid()), str(server_binary()), *arguments]


def _await_loaded(client: redis.Redis, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        try:
            client.ping()
        except (redis.ConnectionError, redis.BusyLoadingError):
            time.sleep(_LOOK_SECONDS)
        else:
            return
    raise InputError(f"the copy cannot be loaded: {_last_words(log)}", hint="take another")


def _last_words(log: Path) -> str:
    try:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    telling = [line for line in lines if " # " in line] or lines or ["it left no word"]
    return telling[0].split(" # ")[-1].strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise StoreUnavailable("the server that looked at the copy did not end") from None
