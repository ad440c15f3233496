"""`mms campaign …`: the group of all commands on campaigns."""

from __future__ import annotations

import typer

from dispatcher.cli.shell.deferred import DeferredGroup

_HERE = "dispatcher.cli.campaign"


class CampaignGroup(DeferredGroup):
    """Every command on campaigns, in the order of the help."""

    deferred = (
        (
            "audit",
            f"{_HERE}._audit:audit_command",
            "Prove from the ledger that every row is in one state and that all counts agree, or say what is off.",
        ),
        ("check", f"{_HERE}.check:check_command", "Say what a submit would do; needs nothing running."),
        (
            "submit",
            f"{_HERE}._submit:submit_command",
            "Send a campaign file: good rows go, bad ones are recorded. Prints the campaign's id.",
        ),
        ("list", f"{_HERE}._list:list_command", "Show campaigns, the newest first."),
        ("show", f"{_HERE}._show:show_command", "Show one campaign: state, times, recipients by state."),
        (
            "watch",
            f"{_HERE}._watch:watch_command",
            "Follow a campaign live until everything is sent: rows done, delivered, failed (or rejected), pace, "
            "time left.",
        ),
        (
            "report",
            f"{_HERE}._report:report_command",
            "Write one line per row of the file, in its order, as CSV.",
        ),
        (
            "pause",
            f"{_HERE}._actions:pause_command",
            "Claim nothing more of this campaign until it is resumed.",
        ),
        (
            "resume",
            f"{_HERE}._actions:resume_command",
            "Let a paused campaign go on. --rate sets its limit first, also while it runs.",
        ),
        ("cancel", f"{_HERE}._actions:cancel_command", "End a campaign: what is not sent yet will not be."),
        (
            "test",
            f"{_HERE}._test_message:try_command",
            "Send what one row of a file would get to your own number, and nothing else. Prints the id of that "
            "small campaign.",
        ),
        (
            "retry",
            f"{_HERE}._actions:retry_command",
            "Send failed and rejected rows again, as a new attempt; never unconfirmed ones or who opted out.",
        ),
        (
            "resolve",
            f"{_HERE}._actions:resolve_command",
            "Decide an unconfirmed message, all members of a group at once. Not sent: it is sent again.",
        ),
        (
            "erase",
            f"{_HERE}._erase:erase_command",
            "Erase a settled campaign's numbers, texts and columns; counts and times stay. `MMS_RETENTION` does "
            "it in time.",
        ),
    )


app = typer.Typer(cls=CampaignGroup, no_args_is_help=True, help="Check, send and follow campaigns.")
