"""`mms token …`: who may look at the console and the API, who may act there; and the token for CarrierX."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line, say
from dispatcher.cli.shell.tables import out
from dispatcher.errors import ConfigError, InputError, StoreUnavailable
from dispatcher.host.private_files import private_folder, write_private
from dispatcher.ledger.installation.api_tokens import ApiTokens, Role
from dispatcher.pipeline.runtime.credentials import token_file, token_of
from dispatcher.settings import settings

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
