"""`mms demo`: the whole line once, on a stack of its own, against the simulator."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dispatcher.cli.demo._background import BackgroundWork
from dispatcher.cli.demo._campaigns import (
    DemoCampaign,
    demo_files,
    follow,
    looked_at,
    prove_sums,
    submit_all,
    write_reports,
)
from dispatcher.cli.demo._progress import progress_of_campaigns
from dispatcher.cli.shell.output import mms, print_line
from dispatcher.cli.shell.tables import counts_table, out
from dispatcher.errors import InputError, MmsError
from dispatcher.host.ports import free_port
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings, settings
from dispatcher.stack.environment import without_our_variables
from dispatcher.stack.process_registry import end_leftovers
from dispatcher.stack.run_directory import only_one
from dispatcher.stack.stack import run_stack

FOLDER = ".mms-demo"

#: Impatient where CarrierX is given time: a callback that got lost is asked for within seconds.
DEMO_SETTINGS = {
    "MMS_SIMULATE": "true",
    "MMS_POLL_FIRST": "3",
    "MMS_POLL_RATE": "50/s",
    "MMS_GROUP_GRACE": "5",
    "MMS_SETTLE_WINDOW": "40",
    "MMS_LEASE_SECONDS": "10",
    "MMS_ONE_CLOCK": "true",
}


def demo(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A campaign file; default: the two examples that come along."),
    ] = None,
    *,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep everything running afterwards, to look around.")
    ] = False,
) -> None:
    """Send example campaigns to a simulated CarrierX and show what becomes of every row.

    Nothing leaves this machine. Everything is in ./.mms-demo, made anew each time, on free ports; MMS_…
    variables and mms.toml are ignored.

    Example: mms demo --stay
    """
    start, files = Path.cwd(), demo_files(file)
    folder = start / FOLDER
    make_fresh(folder)
    config = settings_of_its_own(folder)
    campaigns = [looked_at(each, config) for each in files]
    print_line(f"a dispatcher of its own, with a simulated CarrierX, in {FOLDER}:\n")
    work = BackgroundWork(lambda: _send(campaigns, config, folder, start, stay=stay), stay=stay)
    try:
        run_stack(config, _indented, when_ready=work.start)
        work.raise_error()
    except InputError:
        raise
    except MmsError as error:
        hint = f"the logs are in {folder / 'logs'}"
        raise MmsError(error.message, hint=f"{error.hint}; {hint}" if error.hint else hint) from None
    if not work.done:
        raise MmsError("the demo was stopped before it was done", hint="mms demo starts it afresh")


def make_fresh(folder: Path) -> None:
    """Remove what an earlier demo left, its processes too.

    Raises:
        InputError: one still runs here, or the folder cannot be removed.
    """
    with only_one(folder) as run:
        end_leftovers(run)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise InputError(f"{folder} cannot be removed: {error.strerror}", hint="remove it") from None
    folder.mkdir(mode=0o700)


def settings_of_its_own(folder: Path) -> Settings:
    """Settings for this process and its children that owe nothing to the caller's variables or mms.toml."""
    ours = without_our_variables()
    os.environ.clear()
    os.environ.update(ours)
    os.environ.update(DEMO_SETTINGS)
    os.environ["MMS_DATA_DIR"] = str(folder)
    os.environ["MMS_WEB_PORT"] = str(free_port())
    os.environ["MMS_FLOWER_PORT"] = str(free_port())
    os.chdir(folder)
    settings.cache_clear()
    return settings()


def _send(
    campaigns: Sequence[DemoCampaign], config: Settings, folder: Path, start: Path, *, stay: bool
) -> None:
    ledger = Ledger.open(config)
    print_line("\nsending:")
    ids = submit_all(ledger, campaigns, config)
    with progress_of_campaigns() as progress:
        ended = follow(ledger, ids, progress.show)
    prove_sums(ended)
    reports = write_reports(ledger, ids, folder / "reports")
    for campaign in ended:
        out().print()
        out().print(counts_table(campaign))
    print_line("\nreports, one line per row of the file:")
    for report in reports:
        print_line(f"  {report.relative_to(start)}")
    print_line(_next(ids, campaigns[0], start, stay=stay))


def _next(ids: Sequence[str], first: DemoCampaign, start: Path, *, stay: bool) -> str:
    seen = first.file.relative_to(start) if first.file.is_relative_to(start) else first.file
    file = shlex.quote(str(seen))
    command = mms(start)
    if stay:
        return (
            "\neverything stays up until Ctrl-C: console and Flower at the addresses above,"
            " and in a second terminal, in this folder:\n"
            f"  MMS_DATA_DIR={FOLDER} {command} campaign show {ids[0]}\n"
            f"  MMS_DATA_DIR={FOLDER} {command} campaign submit {file} {first.as_typed}"
        )
    return (
        "\nnext:\n"
        f"  {command} campaign check --simulate {file}    what a file would do, before it does it\n"
        f"  {command} demo --stay    the same, and console and Flower stay open\n"
        f"  {command} up --simulate    a dispatcher to try your own files with; nothing leaves this machine\n"
        f"  MMS_CARRIERX_TOKEN=… {command} up    for real; README.md has the way there"
    )


def _indented(line: str) -> None:
    print_line(f"  {line}" if line else "")
