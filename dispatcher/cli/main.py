"""`mms`, the command: its groups, and how errors reach a person."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from dispatcher.cli.shell.error_messages import Edge, of_redis
from dispatcher.cli.shell.output import print_line, say
from dispatcher.errors import FileRefused, MmsError

_COMMANDS = "dispatcher.cli.commands"


class Mms(Edge):
    """Every command and group of commands, in the order of the help."""

    deferred = (
        (
            "up",
            f"{_COMMANDS}.up:up",
            "Start everything on this machine and look after it until Ctrl-C.",
        ),
        ("work", f"{_COMMANDS}.roles:work", "On a further host: send, and take in what callbacks say."),
        (
            "web",
            f"{_COMMANDS}.roles:web",
            "On a further host: the console, the API and the callback receiver.",
        ),
        (
            "control",
            f"{_COMMANDS}.roles:control",
            "On a further host: start what is due, read files, ask CarrierX; and Flower.",
        ),
        (
            "demo",
            "dispatcher.cli.demo.demo:demo",
            "Send example campaigns to a simulated CarrierX and show what becomes of every row.",
        ),
        (
            "find",
            f"{_COMMANDS}.person:find_command",
            "Show everything that is known of one number: messages, opt-out, what they wrote.",
        ),
        (
            "forget",
            f"{_COMMANDS}.person:forget_command",
            "Erase one person everywhere; an opt-out stays known.",
        ),
        (
            "doctor",
            f"{_COMMANDS}.doctor:doctor",
            "Look at everything that has to work, and say how to mend what does not.",
        ),
        (
            "recover",
            f"{_COMMANDS}.recover:recover_command",
            "After a restore from an older copy: look for what was sent since.",
        ),
        (
            "backup",
            f"{_COMMANDS}.backup:backup_command",
            "Copy the ledger into one file while everything runs, and prove the copy by loading it.",
        ),
        (
            "restore",
            f"{_COMMANDS}.backup:restore_command",
            "Put a copy of the ledger back: into the data folder, or into the empty Redis of MMS_REDIS_URL.",
        ),
        (
            "simulator",
            f"{_COMMANDS}.simulator:simulator",
            "Run a simulated CarrierX until Ctrl-C; its address is the first line printed.",
        ),
        ("campaign", "dispatcher.cli.campaign.group:app", "Check, send and follow campaigns."),
        ("message", f"{_COMMANDS}.message:app", "One message by hand, and one message's status."),
        ("schedule", f"{_COMMANDS}.schedules:app", "Recurring broadcasts, and what is still to start."),
        ("callbacks", f"{_COMMANDS}.callbacks:app", "Where CarrierX calls back."),
        ("limits", f"{_COMMANDS}.limits:app", "Show and change limits; running campaigns obey at once."),
        ("optout", f"{_COMMANDS}.optouts:app", "Who wants no messages. Every send looks here first."),
        ("inbound", f"{_COMMANDS}.inbound:app", "What people sent to our numbers."),
        (
            "token",
            f"{_COMMANDS}.token:app",
            "Logins for the console and the API; the token for CarrierX.",
        ),
        (
            "replicas",
            f"{_COMMANDS}.replicas:app",
            "Replicas of the store: how many there should be, and must confirm a claim.",
        ),
    )


app = typer.Typer(
    name="mms",
    cls=Mms,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Bulk and group MMS over CarrierX. Start with `mms demo`.",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - reads as mail what nobody else asks for

        print_line(f"mms-dispatcher {version('mms-dispatcher')}")
        raise typer.Exit


@app.callback()
def _main(
    asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Bulk and group MMS over CarrierX. Start with `mms demo`."""


def run() -> None:
    """The entry point: every error ends as a sentence and an exit status, never as a traceback."""
    # `--wait` alone means `--wait=completed`.
    arguments = ["--wait=completed" if argument == "--wait" else argument for argument in sys.argv[1:]]
    try:
        app(arguments, prog_name="mms")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        sys.exit(_said(error))
    finally:
        gc.freeze()  # the process ends: nothing of it need be looked through once more


def _said(error: Exception) -> int:
    """Say what happened; answers the exit status."""
    known = error if isinstance(error, MmsError) else of_redis(error)
    if known is None:
        what = f"this should not have happened ({type(error).__name__})"
        say(f"mms: {what}; the details are in {_keep_details()}")
        return 1
    say(f"mms: {sentence(known)}")
    return known.exit_status


def sentence(error: MmsError) -> str:
    """What happened, where, and what to do."""
    where = ""
    if isinstance(error, FileRefused):
        places = [
            f"line {error.line}" if error.line else "",
            f"column {error.column!r}" if error.column else "",
        ]
        where = ", ".join(filter(None, places))
    said = not where or error.message.startswith("line ")  # a refusal by the reader names its line itself
    text = error.message if said else f"{where}: {error.message}"
    return "\n     ".join([text, *error.hint.splitlines()]) if error.hint else text


def _keep_details() -> Path:
    handle, name = tempfile.mkstemp(prefix="mms-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return Path(name)
