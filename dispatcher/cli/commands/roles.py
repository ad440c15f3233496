"""`mms work`, `mms web`, `mms control`: a part of what `mms up` runs, on a host beside others."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dispatcher.cli.commands.up import PORT, WHERE_TO_SEND
from dispatcher.cli.shell.output import print_line
from dispatcher.errors import InputError
from dispatcher.pipeline.limits.defaults import require_limits
from dispatcher.pipeline.runtime.credentials import token_of
from dispatcher.settings import load_settings
from dispatcher.stack.roles import CONTROL, WEB, WORK_QUEUES, Role, require_shared_ledger, work_role
from dispatcher.stack.stack import run_role

BY_DEFAULT = ",".join(WORK_QUEUES)

Processes = Annotated[
    int | None, typer.Option(min=1, max=256, help="Send worker processes.", show_default="2")
]
Queues = Annotated[str, typer.Option(metavar="NAMES", help="Which queues to work on, with commas between.")]
WebPort = Annotated[
    int | None, typer.Option(**PORT, help="Port of console and callback receiver.", show_default="8080")
]
Host = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Where they listen.", show_default="127.0.0.1")
]
FlowerPort = Annotated[int | None, typer.Option(**PORT, help="Port of Flower.", show_default="5555")]


def work(*, queues: Queues = BY_DEFAULT, processes: Processes = None) -> None:
    """On a further host: send, and take in what callbacks say.

    Needs MMS_REDIS_URL, the ledger that all hosts share. SIGTERM or Ctrl-C ends it when what is in flight is
    answered. State and logs are in MMS_DATA_DIR (.mms).

    Example: MMS_REDIS_URL=redis://ledger.internal/0 mms work --queues send --processes 4
    """
    _run(work_role(queues.split(",")), workers=processes)


def web(*, web_port: WebPort = None, host: Host = None) -> None:
    """On a further host: the console, the API and the callback receiver.

    Needs MMS_REDIS_URL, the ledger that all hosts share. While it is away, callbacks are taken and kept in
    MMS_DATA_DIR (.mms), which has to last.

    Example: MMS_REDIS_URL=redis://ledger.internal/0 mms web --host 10.0.0.7
    """
    _run(WEB, web_port=web_port, web_host=host)


def control(*, flower_port: FlowerPort = None) -> None:
    """On a further host: start what is due, read files, ask CarrierX; and Flower.

    Needs MMS_REDIS_URL, the ledger that all hosts share. A second one does no harm: it goes on when the first is lost.

    Example: MMS_REDIS_URL=redis://ledger.internal/0 mms control
    """
    _run(CONTROL, flower_port=flower_port)


def _run(role: Role, **given: Any) -> None:
    chosen = load_settings(**{name: value for name, value in given.items() if value is not None})
    require_shared_ledger(role, chosen)
    if token_of(chosen) is None:
        raise InputError("this host has no CarrierX token, and every host needs it", hint=WHERE_TO_SEND)
    require_limits(chosen)
    run_role(
        role, chosen, print_line, when_ready=lambda _: print_line("\nready; Ctrl-C stops this host's part")
    )
    print_line("stopped; other hosts go on")
