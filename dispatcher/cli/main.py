"""`mms`, the command: its groups, and how errors reach a person."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from redis import RedisError

from dispatcher.cli.campaign import group
from dispatcher.cli.commands import callbacks, inbound, limits, message, optouts, replicas, schedules, token
from dispatcher.cli.commands.doctor import doctor
from dispatcher.cli.commands.person import find_command, forget_command
from dispatcher.cli.commands.recover import recover_command
from dispatcher.cli.commands.simulator import simulator
from dispatcher.cli.commands.up import up
from dispatcher.cli.demo.demo import demo
from dispatcher.cli.shell.error_messages import Edge
from dispatcher.cli.shell.output import print_line, say
from dispatcher.errors import FileRefused, MmsError
from dispatcher.ledger.store.redis_errors import ours

app = typer.Typer(
    name="mms",
    cls=Edge,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Bulk and group MMS over CarrierX. Start with `mms demo`.",
)
app.command()(up)
app.command()(demo)
app.add_typer(group.app, name="campaign")
app.add_typer(message.app, name="message")
app.add_typer(schedules.app, name="schedule")
app.add_typer(callbacks.app, name="callbacks")
app.add_typer(limits.app, name="limits")
app.add_typer(optouts.app, name="optout")
app.add_typer(inbound.app, name="inbound")
app.add_typer(token.app, name="token")
app.add_typer(replicas.app, name="replicas")
app.command("find")(find_command)
app.command("forget")(forget_command)
app.command()(doctor)
app.command("recover")(recover_command)
app.command()(simulator)


def _version(asked: bool) -> None:
    if asked:
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
    except MmsError as error:
        say(f"mms: {sentence(error)}")
        sys.exit(error.exit_status)
    except RedisError as error:
        say(f"mms: {sentence(ours(error))}")
        sys.exit(ours(error).exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        say(
            f"mms: this should not have happened ({type(error).__name__}); the details are in {_keep_details()}"
        )
        sys.exit(1)


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
