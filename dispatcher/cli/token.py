"""`mms token …`: who may look at the console and the API, and who may act there."""

from __future__ import annotations

from typing import Annotated

import typer

from dispatcher.cli.opening import open_ledger
from dispatcher.cli.options import AsJson
from dispatcher.cli.output import facts_table, out, print_json, print_line, say
from dispatcher.errors import InputError
from dispatcher.ledger.journal import Journal
from dispatcher.ledger.tokens import Role, Tokens

app = typer.Typer(no_args_is_help=True, help="Logins for the console and the API.")
_ROLES: dict[str, Role] = {"viewer": "viewer", "admin": "admin"}


@app.command("create")
def create_command(
    name: Annotated[str, typer.Option("--name", help="Whose it is; stands in the journal.")],
    role: Annotated[str, typer.Option("--role", help="viewer: may look; admin: may act.")] = "viewer",
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, once: the ledger keeps only its hash.

    Example: mms token create --role viewer --name ann
    """
    if role not in _ROLES:
        raise InputError(f"--role {role} is not known", hint="say --role viewer or --role admin")
    client = open_ledger().ledger.redis
    token, holder = Tokens(client).create(name, _ROLES[role])
    Journal(client).note("shell", f"made the {role} token {holder.name}")
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
    holders = Tokens(open_ledger().ledger.redis).list()
    if as_json:
        print_json(
            [
                {"id": one.token_id, "name": one.name, "role": one.role, "made_at": one.made_at}
                for one in holders
            ]
        )
        return
    facts: list[tuple[str, str | None]] = [
        (one.token_id, f"{one.role}  {one.made_at}  {one.name}") for one in holders
    ]
    out().print(facts_table(facts) if facts else "no tokens besides the admin token that `mms up` prints")


@app.command("remove")
def remove_command(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id; `mms token list` shows it.")],
) -> None:
    """End a token, and every login with it, at once.

    Example: mms token remove k3x7ab2q
    """
    client = open_ledger().ledger.redis
    holder = Tokens(client).remove(token_id)
    Journal(client).note("shell", f"removed the {holder.role} token {holder.name}")
    print_line(f"{token_id} removed")
