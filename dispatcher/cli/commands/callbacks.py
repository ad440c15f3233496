"""`mms callbacks …`: where CarrierX calls back, on its three levels: DID, DID group, partner."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from dispatcher.carrierx.account import (
    Did,
    Level,
    callback_in_force,
    callback_url,
    find_did,
    set_callback_url,
)
from dispatcher.carrierx.client import CarrierX
from dispatcher.carrierx.damaged_callbacks import decoded
from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line
from dispatcher.cli.shell.provider import reach_carrierx
from dispatcher.cli.shell.tables import out
from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.installation.installation import prepare
from dispatcher.logs import mask
from dispatcher.model.timestamps import utc_text
from dispatcher.roster.numbers import read_number
from dispatcher.settings import Settings
from dispatcher.stack.addresses import addresses

app = typer.Typer(no_args_is_help=True, help="Where CarrierX calls back.")

Partner = Annotated[str | None, typer.Option("--partner", metavar="SID", help="The account.")]
DidOption = Annotated[str | None, typer.Option("--did", metavar="NUMBER or SID", help="One of your numbers.")]
Group = Annotated[str | None, typer.Option("--did-group", metavar="SID", help="A group of your numbers.")]


class Target(NamedTuple):
    """The object that an option names; `did` when it was named by its number."""

    level: Level
    sid: str
    did: Did | None


@app.command("show")
def show_command(
    partner: Partner = None, did: DidOption = None, did_group: Group = None, as_json: AsJson = False
) -> None:
    """Show what is set; for a number, all three levels and the one in force: the first that is set.

    Example: mms callbacks show --did 15162065575
    """
    client, _ = reach_carrierx()
    target = _target(client, partner, did, did_group)
    rows = _levels(client, target)
    in_force = callback_in_force(client, target.did) if target.did else None
    if as_json:
        levels = [{"level": level, "sid": sid, "url": _shown(url)} for level, sid, url in rows]
        print_json({"levels": levels, "in_force": in_force and in_force[0]})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("level", "sid", "callback URL", ""):
        table.add_column(heading, overflow="fold")
    for level, sid, url in rows:
        table.add_row(
            level.replace("_", " "),
            sid,
            _shown(url) or "not set",
            "in force" if in_force and in_force[0] == level else "",
        )
    out().print(table)
    if target.did and in_force is None:
        out().print("no callback is in force for this number: states come by polling")


@app.command("set")
def set_command(
    partner: Partner = None,
    did: DidOption = None,
    did_group: Group = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where to call; default: this installation's own receiver.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the URL away.")] = False,
) -> None:
    """Set the callback URL on one object. It is read, merged and written back: other callbacks stay.

    Example: mms callbacks set --partner 66352290-bd20-4ed0-a403-8c00792f15b8
    """
    if none and url:
        raise InputError("--url and --none exclude each other", hint="give one of the two")
    client, config = reach_carrierx()
    target = _target(client, partner, did, did_group)
    wanted = None if none else _checked(url) if url else _own_receiver(config)
    set_callback_url(client, target.level, target.sid, wanted)
    print_line(f"{target.level.replace('_', ' ')} {target.sid}: {_shown(wanted) or 'not set'}")


@app.command("unread")
def unread_command(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show callbacks in which nothing could be read, the newest first. A STOP among them is yours to honour.

    Example: mms callbacks unread --limit 5
    """
    ledger, _ = open_ledger()
    letters = [(utc_text(one.at_ms), decoded(one.raw)) for one in ledger.dead_letters.newest(limit)]
    if as_json:
        print_json([{"received_at": at, "body": body} for at, body in letters])
        return
    if not letters:
        out().print("every callback could be read")
    for at, body in letters:
        out().print(f"{at}  {body[:2000]}", highlight=False)


def _target(client: CarrierX, partner: str | None, did: str | None, did_group: str | None) -> Target:
    named = [name for name in (partner, did, did_group) if name]
    if len(named) != 1:
        raise InputError("name one object", hint="--partner SID, --did NUMBER or --did-group SID")
    if partner:
        return Target("partner", partner, None)
    if did_group:
        return Target("did_group", did_group, None)
    assert did
    if not any(char.isdigit() for char in did) or did.count("-") == 4:
        return Target("did", did, None)
    found = find_did(client, read_number(did))
    if found is None:
        raise NotFound(
            "this number is not in the account", hint="is it the right token? mms doctor --from NUMBER"
        )
    return Target("did", found.sid, found)


def _levels(client: CarrierX, target: Target) -> list[tuple[Level, str, str | None]]:
    if target.did is None:
        return [(target.level, target.sid, callback_url(client, target.level, target.sid))]
    did = target.did
    rows: list[tuple[Level, str, str | None]] = [("did", did.sid, did.callback_url)]
    if did.group_sid:
        rows.append(("did_group", did.group_sid, callback_url(client, "did_group", did.group_sid)))
    if did.partner_sid:
        rows.append(("partner", did.partner_sid, callback_url(client, "partner", did.partner_sid)))
    return rows


def _checked(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise InputError("a callback URL begins with https://", hint="write the whole address")
    return url


def _own_receiver(config: Settings) -> str:
    if config.public_url is None and not config.simulate:
        raise InputError(
            "MMS_PUBLIC_URL is not set, so the address of our own receiver is not known",
            hint="set it, or give --url",
        )
    ledger, opened = open_ledger()
    return addresses(opened, prepare(ledger.redis, opened)).callback


def _shown(url: str | None) -> str | None:
    """The URL without the secret at the end of ours."""
    return mask(url) if url else None
