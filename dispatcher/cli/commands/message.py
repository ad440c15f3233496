"""`mms message …`: one SMS, MMS or group MMS, and the status of one message."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dispatcher.cli.shell.context import hint_expansion, noted, open_ledger
from dispatcher.cli.shell.media_files import addressed, base_of, store_media
from dispatcher.cli.shell.options import AsJson, Media
from dispatcher.cli.shell.output import print_json, print_line
from dispatcher.cli.shell.provider import reach_carrierx
from dispatcher.cli.shell.tables import facts_table, out
from dispatcher.cli.shell.wait import wait_for
from dispatcher.errors import InputError, NotFound
from dispatcher.media.files import MediaFile
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.campaigns.one_off import OneOffMessage, Outcome, outcome_of, submit_one_off
from dispatcher.pipeline.campaigns.settings_file import resolve_settings
from dispatcher.roster.numbers import read_number

app = typer.Typer(no_args_is_help=True, help="One message by hand, and one message's status.")

_TAKEN = {"queued", "sent", "delivered"}


@app.command("send")
def send_command(
    sender: Annotated[str, typer.Option("--from", metavar="NUMBER", help="Your sending number.")],
    to: Annotated[
        list[str], typer.Option("--to", metavar="NUMBER", help="Who gets it; repeat it for a group MMS.")
    ],
    message: Annotated[str | None, typer.Option("--message", metavar="TEXT", help="The text.")] = None,
    media: Media = None,
    wait_timeout: Annotated[
        float, typer.Option("--wait-timeout", metavar="SECONDS", help="Stop waiting after this.")
    ] = 120,
    as_json: AsJson = False,
) -> None:
    """Send one SMS, MMS or group MMS and wait until CarrierX took it; prints its message_sid.

    It goes through the same ledger, limits and opt-outs as a campaign, without quiet hours. The workers of `mms up`
    must be running. Exit status 1 when CarrierX did not take it for everybody.

    Example: mms message send --from 15162065575 --to 15162065574 --message 'Sent by CarrierX' --media https://…
    """
    ledger, config = open_ledger()
    files: dict[str, MediaFile] = {}
    one_off = _one_off(sender, to, message, addressed(media or [], Path(), base_of(config), files))
    campaign_id = submit_one_off(
        ledger, one_off, config, name="message", media_files=store_media(ledger, files)
    )
    noted(ledger, "sent a message", campaign_id)
    hint_expansion(campaign_id)
    wait_for(ledger, campaign_id, "completed", timeout=wait_timeout)
    outcome = outcome_of(ledger, campaign_id)
    if as_json:
        print_json(
            {"campaign": campaign_id, "message_sid": outcome.sid, "to": [asdict(leg) for leg in outcome.legs]}
        )
    else:
        _print(outcome)
    if not all(leg.state in _TAKEN for leg in outcome.legs):
        raise typer.Exit(1)


@app.command("status")
def status_command(
    sid: Annotated[str, typer.Argument(metavar="SID", help="The message_sid.")], as_json: AsJson = False
) -> None:
    """Ask CarrierX for one message's status.

    Example: mms message status 097b49df-c54e-4eaf-97d0-89cf7d5a655b
    """
    client, _ = reach_carrierx()
    status = client.get_message(sid)
    if status is None:
        raise NotFound(
            "CarrierX knows no such message", hint="is the message_sid whole, and the token the right one?"
        )
    fields = _in_carrierx_words(status)
    if as_json:
        print_json(fields)
    else:
        out().print(facts_table((name, _written(value)) for name, value in fields.items()))


def _one_off(sender: str, to: list[str], message: str | None, media: list[str]) -> OneOffMessage:
    if not message and not media:
        raise InputError("there is nothing to send", hint="give --message, --media or both")
    urls = resolve_settings({"media_urls": media}, {})[0].media_urls if media else ()
    return OneOffMessage(read_number(sender), tuple(map(read_number, to)), message or None, urls)


def _print(outcome: Outcome) -> None:
    print_line(outcome.sid or "not taken")
    for leg in outcome.legs:
        print_line(f"{leg.number} {leg.state}{f': {leg.reason}' if leg.reason else ''}")


def _in_carrierx_words(status: MessageStatus) -> dict[str, Any]:
    names = {"sender": "from", "text": "message", "media": "media_urls", "group": "group_recipients"}
    return {names.get(name, name): value for name, value in asdict(status).items()}


def _written(value: Any) -> str | None:
    if isinstance(value, tuple | list):
        return ", ".join(value) or None
    return value or None
