"""`mms campaign …`: the group of all commands on campaigns."""

from __future__ import annotations

import typer

from dispatcher.cli.campaign._actions import (
    cancel_command,
    pause_command,
    resolve_command,
    resume_command,
    retry_command,
)
from dispatcher.cli.campaign._audit import audit_command, erase_command
from dispatcher.cli.campaign._show import list_command, report_command, show_command, watch_command
from dispatcher.cli.campaign._submit import submit_command
from dispatcher.cli.campaign._test_message import try_command
from dispatcher.cli.campaign.check import check_command

app = typer.Typer(no_args_is_help=True, help="Check, send and follow campaigns.")
app.command("audit")(audit_command)
app.command("check")(check_command)
app.command("submit")(submit_command)
app.command("list")(list_command)
app.command("show")(show_command)
app.command("watch")(watch_command)
app.command("report")(report_command)
app.command("pause")(pause_command)
app.command("resume")(resume_command)
app.command("cancel")(cancel_command)
app.command("test")(try_command)
app.command("retry")(retry_command)
app.command("resolve")(resolve_command)
app.command("erase")(erase_command)
