"""Puts a copy into an empty place. What is there afterwards waits for `mms recover`: nothing is claimed in it.

The mark that says so is set before the place can be used: in the embedded Valkey's folder before it has its name, in
another Redis before the first key.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import redis

from dispatcher.errors import Conflict, InputError
from dispatcher.host.private_files import private_folder
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import translated
from dispatcher.ledger.store.key_copy import copy_keys
from dispatcher.pipeline.backup._ledger_facts import counts_of, facts_of
from dispatcher.pipeline.backup._throwaway import scratch_folder, throwaway_server, told_of_disk
from dispatcher.pipeline.backup.archive import DATA, Manifest, extract, read_manifest

_FILES = "appendonlydir"
_BASE = "appendonly.aof.1.base.rdb"
#: What the server reads first: our data are the base that its append-only file goes on from.
_INDEX = f"file {_BASE} seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"
_LOOK_SECONDS = 0.05


def restore_embedded(file: Path, data_dir: Path, *, replace: bool = False) -> tuple[Manifest, Path | None]:
    """Make the embedded Valkey's folder out of a backup; what is in it, and where the folder is that was there before.

    The caller holds the data folder, and nothing runs in it.

    Raises:
        InputError: the file is no whole backup, or something is there and `replace` was not said.
        ConfigError: there is no embedded Valkey for this machine.
    """
    manifest, folder = read_manifest(file), private_folder(data_dir.absolute() / "valkey")
    place = folder / _FILES
    if place.exists() and not replace:
        raise InputError(
            f"{folder} holds a ledger already",
            hint="--replace puts it aside, and the copy in its place; nothing is deleted",
        )
    with scratch_folder(folder) as scratch, told_of_disk(folder):
        made = scratch / _FILES
        made.mkdir(mode=0o700)
        extract(file, manifest, made / _BASE)
        (made / "appendonly.aof.1.incr.aof").touch(mode=0o600)
        (made / "appendonly.aof.manifest").write_text(_INDEX, "ascii")
        options = {"appendonly": "yes", "appendfsync": "always", "auto-aof-rewrite-percentage": "0"}
        with throwaway_server(scratch, 0, **options) as server:
            _move_to_first(server, manifest.database)
            _require_whole(server, manifest, file)
            Ledger(server).recovery.mark("put back")
            _rewrite(server)
        _sync(made)
        before = _put_aside(place)
        os.rename(made, place)
        _sync(folder)
    return manifest, before


def restore_into(file: Path, target: redis.Redis, scratch_in: Path) -> Manifest:
    """Write a backup into a Redis that has no key; what is in it.

    Raises:
        InputError: the file is no whole backup, or something is in that Redis.
        StoreUnavailable: Redis does not answer.
        Conflict: what was written is not what was read.
    """
    manifest, recovery = read_manifest(file), Ledger(target).recovery
    with translated():
        there: Any = target.dbsize()
    if there:
        raise InputError(
            f"that Redis is not empty: {there} keys are in it",
            hint="end every process that uses it, and give it an empty one (another database will do), or empty it",
        )
    with scratch_folder(scratch_in) as scratch, told_of_disk(scratch_in):
        extract(file, manifest, scratch / DATA)
        with throwaway_server(scratch, manifest.database, dbfilename=DATA, appendonly="no") as copy:
            _require_whole(copy, manifest, file)
            already = Ledger(copy).recovery.restored()
            ticked_ms = facts_of(copy).ticked_ms or 0
            since_ms = min(ticked_ms, already.since_ms) if already else ticked_ms
            recovery.begin_restore(since_ms)
            copy_keys(copy, target)
    _require_whole(target, manifest, file)
    recovery.end_restore()
    return manifest


def _require_whole(server: redis.Redis, manifest: Manifest, file: Path) -> None:
    """What is there is what the manifest counted."""
    facts, counts = facts_of(server), counts_of(server)
    if (facts.ledger, facts.mode, counts) != (manifest.ledger, manifest.mode, manifest.counts):
        raise Conflict(
            f"what was read from {file} is not what its manifest counts: {counts} instead of {manifest.counts}",
            hint="take another",
        )


def _move_to_first(server: redis.Redis, database: int) -> None:
    """The embedded Valkey's ledger is in its first database, and nothing is in any other."""
    with translated():
        if database:
            server.swapdb(0, database)
        for name in server.info("keyspace"):
            if name != "db0":
                _flush(server, int(name.removeprefix("db")))


def _flush(server: redis.Redis, database: int) -> None:
    pipeline: Any = server.pipeline(transaction=True)
    pipeline.execute_command("SELECT", database)
    pipeline.flushdb()
    pipeline.execute_command("SELECT", 0)
    pipeline.execute()


def _rewrite(server: redis.Redis) -> None:
    """Have it written in this server's own form, on the disk."""
    with translated():
        server.bgrewriteaof()
        while (told := server.info("persistence"))["aof_rewrite_in_progress"] or told[
            "aof_rewrite_scheduled"
        ]:
            time.sleep(_LOOK_SECONDS)
    if told["aof_last_bgrewrite_status"] != "ok":
        raise InputError("the copy cannot be written", hint="is the disk full?")


def _put_aside(place: Path) -> Path | None:
    if not place.exists():
        return None
    aside = place.with_name(f"{_FILES}.before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    os.rename(place, aside)
    return aside


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
