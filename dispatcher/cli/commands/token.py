"""`mms token …`: who may look at the console and the API, who may act there; and the token for CarrierX."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line, say
from dispatcher.cli.shell.tables import out
from dispatcher.errors import ConfigError, InputError, StoreUnavailable
from dispatcher.host.private_files import private_folder, write_private
from dispatcher.ledger.installation.admin_token import admin_token_file, rotate_admin_token
from dispatcher.ledger.installation.api_tokens import ApiTokens, Role
from dispatcher.ledger.installation.rotating_keys import rotate_key
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.credentials import token_file, token_of
from dispatcher.settings import Settings, settings

app = typer.Typer(no_args_is_help=True, help="Logins for the console and the API; the token for CarrierX.")
_ROLES: dict[str, Role] = {"viewer": "viewer", "admin": "admin"}


@app.command("create")
def create_command(
    name: Annotated[str, typer.Option("--name", help="Whose it is; stands in the audit log.")],
    role: Annotated[str, typer.Option("--role", help="viewer: may look; admin: may act.")] = "viewer",
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, once: the ledger keeps only its hash.

    Example: mms token create --role viewer --name ann
    """
    if role not in _ROLES:
        raise InputError(f"--role {role} is not known", hint="say --role viewer or --role admin")
    ledger = open_ledger().ledger
    token, holder = ApiTokens(ledger.redis).create(name, _ROLES[role])
    noted(ledger, f"made the {role} token {holder.name}")
    if as_json:
        print_json({"id": holder.token_id, "name": holder.name, "role": holder.role, "token": token})
        return
    print_line(token)
    say(f"{holder.name}, {holder.role}: logs in to the console and opens the API; it is not shown again")


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Show whose tokens there are, without the tokens.

    Example: mms token list
    """
    holders = ApiTokens(open_ledger().ledger.redis).list()
    if as_json:
        print_json(
            [
                {"id": one.token_id, "name": one.name, "role": one.role, "made_at": one.made_at}
                for one in holders
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "role", "made", "name"):
        table.add_column(heading, overflow="fold")
    for one in holders:
        table.add_row(one.token_id, one.role, one.made_at, one.name)
    out().print(table if holders else "no tokens besides the admin token that `mms up` prints")


@app.command("remove")
def remove_command(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id; `mms token list` shows it.")],
) -> None:
    """End a token, and every login with it, at once.

    Example: mms token remove k3x7ab2q
    """
    ledger = open_ledger().ledger
    holder = ApiTokens(ledger.redis).remove(token_id)
    noted(ledger, f"removed the {holder.role} token {holder.name}")
    print_line(f"{token_id} removed")


@app.command("rotate")
def rotate_command(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="admin, callback-key or secret.")],
    now: Annotated[bool, typer.Option("--now", help="The one there was ends at once: it leaked.")] = False,
) -> None:
    """Make another of what this installation made for itself; the one there was counts for a while still.

    The admin token for a day, callback key and secret for 30 days. Running processes know of it at once. What the
    settings give (MMS_ADMIN_TOKEN, MMS_CALLBACK_KEY, MMS_SECRET) is changed there: docs/operations.md.

    Example: mms token rotate callback-key
    """
    if what not in _ROTATED:
        raise InputError(f"there is no {what} to rotate", hint=f"there are: {', '.join(sorted(_ROTATED))}")
    ledger, config = open_ledger()
    setting = what.replace("-", "_") + ("_token" if what == "admin" else "")
    if getattr(config, setting) is not None:
        raise InputError(f"MMS_{setting.upper()} is set", hint="change it there, machine by machine")
    if what == "secret" and now:
        raise InputError(
            "receipts of what is under way would not be believed any more",
            hint="`mms token rotate callback-key --now` keeps out who would forge them",
        )
    _ROTATED[what](ledger, config, now)
    noted(ledger, f"rotated the {what}{', the earlier one ended' if now else ''}")


def _rotate_admin(ledger: Ledger, config: Settings, now: bool) -> None:
    print_line(rotate_admin_token(ledger.redis, config, at_once=now).token)
    ends = "the earlier one and logins with it have ended" if now else "the earlier one ends in 24 hours"
    say(f"kept in {admin_token_file(config)}; {ends}; Flower takes it after its next start")


def _rotate_callback_key(ledger: Ledger, _: Settings, now: bool) -> None:
    rotate_key(ledger.redis, "callback_key", at_once=now)
    ends = "refuse every earlier one within ten seconds" if now else "the earlier one for 30 days"
    say(f"receivers take the new key at once, and {ends}")
    say("give CarrierX the new address: `mms callbacks set` with --did, --did-group or --partner")


def _rotate_secret(ledger: Ledger, _: Settings, __: bool) -> None:
    rotate_key(ledger.redis, "secret")
    say(
        "processes write with it after their next start; what was written with the earlier one is believed for 30 days"
    )


_ROTATED: dict[str, Callable[[Ledger, Settings, bool], None]] = {
    "admin": _rotate_admin,
    "callback-key": _rotate_callback_key,
    "secret": _rotate_secret,
}


@app.command("carrierx")
def carrierx_command() -> None:
    """Take a token for CarrierX from standard input or a prompt, and use it from now on, without a restart.

    It is kept in the data folder for its owner only, and goes before MMS_CARRIERX_TOKEN and mms.toml.

    Example: mms token carrierx < new-token.txt
    """
    given = (
        typer.prompt("CarrierX token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read()
    ).strip()
    if not given or not given.isascii() or not given.isprintable() or " " in given:
        raise InputError("this is no token", hint="give the bearer token alone, in one line")
    config = settings()
    same = not config.simulate and token_of(config) == given
    file = token_file(config)
    private_folder(file.parent)
    write_private(file, f"{given}\n")
    say(f"written to {file}; running processes use it within a second or two")
    try:
        ledger = open_ledger().ledger
        noted(ledger, "gave a token for CarrierX")
        if same:  # it was refused, and shall be tried again
            ledger.agenda.release()
    except (ConfigError, StoreUnavailable):
        say("the ledger is not running here: the next start uses it")
