"""`mms up`: everything on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dispatcher.cli.shell.output import mms, print_line
from dispatcher.errors import InputError
from dispatcher.pipeline.limits.defaults import require_limits
from dispatcher.pipeline.runtime.credentials import token_of
from dispatcher.settings import Settings, load_settings
from dispatcher.stack.stack import run_stack

PORT = {"min": 1, "max": 65535}
WHERE_TO_SEND = (
    "set MMS_CARRIERX_TOKEN to a bearer token of your account to send for real\n"
    "(`mms token carrierx` keeps one in the data folder instead)"
)


def up(
    *,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Send to a simulated CarrierX on this machine, nowhere else.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Send worker processes.", show_default="2")
    ] = None,
    web_port: Annotated[
        int | None, typer.Option(**PORT, help="Port of console and callback receiver.", show_default="8080")
    ] = None,
    flower_port: Annotated[
        int | None, typer.Option(**PORT, help="Port of Flower.", show_default="5555")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Where console and callback receiver listen.", show_default="127.0.0.1"
        ),
    ] = None,
    unsafe_redis: Annotated[
        bool,
        typer.Option("--unsafe-redis", help="Work with a Redis that may forget claims; messages may repeat."),
    ] = False,
) -> None:
    """Start everything on this machine and look after it until Ctrl-C.

    Valkey (unless MMS_REDIS_URL names one), the workers, beat, the console with the callback receiver, and Flower.
    A service that dies is started again. State and logs are in MMS_DATA_DIR (.mms).

    Example: MMS_CARRIERX_TOKEN=… mms up --web-port 8090
    """
    given: dict[str, Any] = {
        "simulate": simulate or None,
        "workers": workers,
        "web_port": web_port,
        "flower_port": flower_port,
        "web_host": host,
        "unsafe_redis": unsafe_redis or None,
    }
    chosen = load_settings(**{name: value for name, value in given.items() if value is not None})
    require_somebody_to_send_to(chosen)
    require_limits(chosen)
    run_stack(chosen, print_line, when_ready=lambda _: print_line(_ready()))
    print_line("stopped; the next start goes on where it was")


def _ready() -> str:
    return (
        "\nready; Ctrl-C stops everything. In a second terminal, in this folder:\n"
        f"  {mms()} campaign check FILE.csv\n"
        f"  {mms()} campaign submit FILE.csv --wait\n"
        f"  {mms()} doctor"
    )


def require_somebody_to_send_to(settings: Settings) -> None:
    """Prove that there is a CarrierX token, or that none is needed.

    Raises:
        InputError: naming both ways.
    """
    if settings.simulate or token_of(settings) is not None:
        return
    raise InputError(
        "there is no CarrierX token",
        hint=f"either {WHERE_TO_SEND},\n"
        "or start with `mms up --simulate` to try everything without sending anything",
    )
