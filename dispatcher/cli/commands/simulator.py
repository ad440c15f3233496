"""`mms simulator`: a CarrierX to try things against, in the foreground."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from dispatcher.cli.shell.output import print_line
from dispatcher.errors import InputError, MmsError
from dispatcher.roster.numbers import read_number
from dispatcher.simulator.engine import Engine
from dispatcher.simulator.faults import DEMO, Faults
from dispatcher.simulator.launch import serve_until_signal


def simulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    token: Annotated[str, typer.Option(help="The bearer token that it takes.")] = "simulated",  # noqa: S107 - of a simulator
    callback: Annotated[str | None, typer.Option(metavar="URL", help="The account's callback URL.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same messages, same faults.")] = DEMO.seed,
    latency_ms: Annotated[float, typer.Option(help="Every answer waits this long …")] = DEMO.latency_ms,
    jitter_ms: Annotated[float, typer.Option(help="… and up to this much more.")] = DEMO.jitter_ms,
    callback_ms: Annotated[
        float, typer.Option(help="From one word to the next callback …")
    ] = DEMO.callback_ms,
    callback_jitter_ms: Annotated[
        float, typer.Option(help="… and up to this much more.")
    ] = DEMO.callback_jitter_ms,
    fail_share: Annotated[float, typer.Option(help="Messages that end `failed`.")] = DEMO.fail_share,
    refuse_suffix: Annotated[
        list[str] | None, typer.Option(metavar="DIGITS", help="Numbers that end so are refused. Repeatable.")
    ] = None,
    own: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER", help="A number of the account; another `from` is refused. Repeatable."
        ),
    ] = None,
    throttle_share: Annotated[float, typer.Option(help="POSTs answered 429.")] = 0,
    throttle_above: Annotated[float, typer.Option(help="POSTs a second beyond which 429 is said.")] = 0,
    error_before_share: Annotated[float, typer.Option(help="5xx, the message not taken.")] = 0,
    error_after_share: Annotated[float, typer.Option(help="5xx, though the message was taken.")] = 0,
    reset_before_share: Annotated[float, typer.Option(help="Reset, the message not taken.")] = 0,
    reset_after_share: Annotated[float, typer.Option(help="Reset, though the message was taken.")] = 0,
    repeat_share: Annotated[float, typer.Option(help="Callbacks sent twice.")] = 0,
    shuffle_share: Annotated[float, typer.Option(help="Messages whose words come in the wrong order.")] = 0,
    early_share: Annotated[float, typer.Option(help="Callbacks before the POST's own answer.")] = 0,
    lost_share: Annotated[float, typer.Option(help="Callbacks that never come.")] = 0,
    no_user_data_share: Annotated[float, typer.Option(help="Messages called back without user_data.")] = 0,
    group_receipts: Annotated[
        Literal["member", "message"], typer.Option(help="Groups call back by member, or once by message.")
    ] = "member",
    list_lag_ms: Annotated[float, typer.Option(help="Messages show in the list only after this.")] = 0,
    list_ignores_filter: Annotated[bool, typer.Option(help="The list gives everything.")] = False,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Any other fault. Repeatable.")
    ] = None,
) -> None:
    """Run a simulated CarrierX until Ctrl-C; its address is the first line printed.

    Faults can be changed while it runs: GET and PATCH /_simulator/faults.
    What it took: GET /_simulator/received.

    Example: mms simulator --port 9000 --token T --callback http://127.0.0.1:8080/callbacks/carrierx/KEY
    """
    given = {name: value for name, value in locals().items() if name in Faults.model_fields}
    suffixes = DEMO.refuse_suffixes if refuse_suffix is None else tuple(refuse_suffix)
    chosen = {"refuse_suffixes": suffixes, "own_numbers": tuple(map(read_number, own or ()))}
    faults = _checked({**DEMO.model_dump(), **given, **chosen, **_others(fault or [])})

    def started(url: str) -> None:
        print_line(json.dumps({"url": url, "token": token, "callback": callback}) if as_json else url)

    try:
        serve_until_signal(Engine(faults, token, callback), host, port, started)
    except OSError as error:
        raise MmsError(
            f"{host}:{port} cannot be listened on: {error.strerror}", hint="choose another --port"
        ) from None


def _checked(values: dict[str, object]) -> Faults:
    try:
        return Faults.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise InputError(f"--{name}: {first['msg']}", hint="see mms simulator --help") from None


def _others(pairs: list[str]) -> dict[str, object]:
    """`name=value`, the value as JSON where it is JSON, else as text."""
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InputError(
                f"--fault {pair}: must be NAME=VALUE", hint="for instance --fault slow_share=0.1"
            )
        try:
            values[name.replace("-", "_")] = json.loads(text)
        except ValueError:
            values[name.replace("-", "_")] = text
    return values
