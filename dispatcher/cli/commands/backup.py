"""`mms backup` and `mms restore`: a copy of the ledger in one file, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import redis
import typer

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import counted, print_json, print_line, say
from dispatcher.errors import InputError, StoreRefused, StoreUnavailable
from dispatcher.ledger.installation.last_backup import note_backup
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import connect
from dispatcher.ledger.store.embedded import is_answering
from dispatcher.pipeline.backup.archive import Manifest
from dispatcher.pipeline.backup.backup import back_up
from dispatcher.pipeline.backup.restore import restore_embedded, restore_into
from dispatcher.settings import settings
from dispatcher.stack.run_directory import only_one

_SENSITIVE = (
    "it holds numbers, texts, the callback key and the secret: keep it as you keep the ledger.\n"
    "      Not in it: admin-token, carrierx-token, callbacks that are spooled, and witness/, which must not be kept"
)


def backup_command(
    target: Annotated[
        Path,
        typer.Argument(metavar="FILE|FOLDER", help="A new file, or a folder: it gets a name with the time."),
    ],
    as_json: AsJson = False,
) -> None:
    """Copy the ledger into one file while everything runs, and prove the copy by loading it.

    The copy is of one moment. Sending goes on, and no claim waits for it. Needs as much memory and twice as much disk
    as the ledger. Exit status 1: the file is written and whole, and the audit of it found something.

    Example: mms backup /var/backups/mms
    """
    opened = open_ledger()
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}", hint="make it, for its owner only")
    file = target / _name(opened.config.mode) if target.is_dir() else target
    manifest = back_up(opened.ledger.redis, file)
    _note(opened.ledger, manifest)
    if as_json:
        print_json({"file": str(file), **manifest.model_dump(mode="json")})
    else:
        _print(file, manifest)
        say(f"note: {_SENSITIVE}")
    for finding in manifest.findings:
        say(f"off: {finding}")
    if manifest.findings:
        raise typer.Exit(1)


def _name(mode: str) -> str:
    return f"mms-{mode}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"


def _note(ledger: Ledger, manifest: Manifest) -> None:
    taken_ms = int(datetime.fromisoformat(manifest.taken_at).timestamp() * 1000)
    try:
        note_backup(ledger.redis, taken_ms, manifest.counts.rows)
        noted(ledger, f"took a copy of the ledger: {counted(manifest.counts.rows, 'row')}")
    except (StoreUnavailable, StoreRefused) as error:  # a replica was copied, or the user may only read
        say(f"note: that there is a copy could not be written down: {error.message}")


def _print(file: Path, manifest: Manifest) -> None:
    counts, verdict = manifest.counts, "counted" if manifest.findings else "found right"
    print_line(
        f"{file}: {counted(counts.rows, 'row')} of {counted(counts.campaigns, 'campaign')}, "
        f"{counted(counts.opt_outs, 'opt-out')}, {manifest.bytes:,} bytes; the {manifest.mode} ledger "
        f"{manifest.ledger} as of {manifest.taken_at}, read back and {verdict}"
    )


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `mms backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the embedded Valkey's ledger aside that is there now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a copy of the ledger back: into the data folder, or into the empty Redis of MMS_REDIS_URL.

    Nothing may run meanwhile. Afterwards everything can be started, and nothing is sent until `mms recover` has looked
    for what was sent since the copy was made.

    Example: mms restore /var/backups/mms/mms-live-20261128T020000Z.zip
    """
    config, aside = settings(), None
    with only_one(config.data_dir):
        if config.redis_url:
            if replace:
                raise InputError(
                    "--replace is for the embedded Valkey", hint="a Redis of your own is emptied by you"
                )
            manifest = restore_into(file, _connected(), config.data_dir)
        else:
            if is_answering(config.data_dir):
                raise InputError(
                    f"a Valkey still runs in {config.data_dir}",
                    hint="start `mms up` once and end it: it ends that",
                )
            manifest, aside = restore_embedded(file, config.data_dir, replace=replace)
    if as_json:
        print_json({"aside": aside and str(aside), **manifest.model_dump(mode="json")})
        return
    _print(file, manifest)
    _print_what_next(manifest, aside)


def _connected() -> redis.Redis:
    return connect(settings(), socket_timeout=None)


def _print_what_next(manifest: Manifest, aside: Path | None) -> None:
    if aside is not None:
        print_line(f"what was there before is in {aside}")
    print_line("nothing is sent from it yet. Start everything, then say `mms recover`")
    if manifest.replicas:
        say(
            f"note: this ledger expects {counted(manifest.replicas, 'replica')}. If there are fewer now, say how many "
            "before anything can be sent: `mms replicas expect N`"
        )
    say(
        "note: it names people who were erased since. `mms recover` erases those again whom this data folder knows of"
    )
