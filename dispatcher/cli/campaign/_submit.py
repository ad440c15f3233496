"""`mms campaign submit`: a file is looked at, what it means is asked, and it is sent."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from dispatcher.cli.campaign._after_submit import Submitted
from dispatcher.cli.campaign._campaign_options import CampaignOptions, campaign_options
from dispatcher.cli.campaign._check_output import waiting_lines
from dispatcher.cli.campaign._questions import with_answers
from dispatcher.cli.campaign.check import look_at
from dispatcher.cli.commands.schedules import make_recurring
from dispatcher.cli.shell.chosen import Chosen
from dispatcher.cli.shell.context import hint_expansion, noted, open_ledger
from dispatcher.cli.shell.media_files import store_media
from dispatcher.cli.shell.mended_files import noting_mends, open_mended, say_mended
from dispatcher.cli.shell.options import AsJson, File
from dispatcher.cli.shell.output import print_line, say
from dispatcher.cli.shell.piped_files import nobody_can_answer
from dispatcher.cli.shell.wait import Until
from dispatcher.errors import FileRefused, InputError
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.preflight.result import CheckResult

Wait = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="[=settled]", help="Wait until everything is sent; =settled: until all is final."
    ),
]


@campaign_options
def submit_command(
    context: typer.Context,
    file: File,
    given: CampaignOptions,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Wait = None,
    wait_timeout: Annotated[
        float | None, typer.Option("--wait-timeout", metavar="SECONDS", help="Stop waiting after this.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a campaign file: good rows go, bad ones are recorded. Prints the campaign's id.

    With --wait exit status 1 when it did not come to its end, or more than half of it was invalid, rejected or failed.

    Example: mms campaign submit spring.csv --from 15162065575 --message 'Hi {{first_name}}' --wait
    """
    until = _until(wait)
    ledger, config = open_ledger()
    chosen = given.choose(file, config)
    if chosen.every and until is not None:
        raise InputError(
            "--wait waits for one campaign, and --every makes many", hint="leave one of the two out"
        )
    result, chosen = with_answers(lambda known: look_at(file, known, config), chosen)
    if column := result.column_chosen_before:
        chosen = chosen._replace(settings=chosen.settings.model_copy(update={"to": column}))
    say_mended(file, result.mended)
    for sentence in waiting_lines(result, chosen.settings):
        say(f"note: {sentence}")
    _refuse(result, chosen)
    say(result.tally.in_words)
    _ask(context, result, chosen, ledger_is_live=not config.simulate, yes=yes)
    if chosen.every:
        make_recurring(file, chosen, ledger, config, result.media, as_json=as_json)
        return
    with open_mended(file) as source:
        campaign_id = submit(
            ledger,
            source,
            filename=file.name,
            settings=chosen.settings,
            fixed=chosen.fixed,
            config=config,
            media=result.media,
            media_files=store_media(ledger, chosen.media_files),
        )
    noted(ledger, noting_mends("sent", file), campaign_id)
    hint_expansion(campaign_id)
    submitted = Submitted(ledger, config, campaign_id, result.tally)
    if not as_json:
        print_line(campaign_id)
    elif until is None:
        submitted.print_json()
    if until is not None:
        submitted.wait(until, wait_timeout, as_json=as_json)


def _refuse(result: CheckResult, chosen: Chosen) -> None:
    """No campaign without anybody to send to, nor, with --strict, with an invalid row."""
    if not result.sendable:
        why = f"the first: {result.errors[0].message}" if result.errors else result.tally.in_words
        raise FileRefused("nothing_sendable", f"no row can be sent; {why}", hint="mms campaign check FILE")
    if chosen.settings.strict and result.errors_total:
        raise FileRefused(
            "bad_rows",
            f"{result.errors_total} rows cannot be sent, and --strict was asked for; nothing was sent",
            line=result.errors[0].line,
            hint="mms campaign check FILE --errors bad.csv lists them",
        )


def _ask(
    context: typer.Context, result: CheckResult, chosen: Chosen, *, ledger_is_live: bool, yes: bool
) -> None:
    """A live campaign is confirmed on a terminal; a live group campaign, and one from standard input, always."""
    if yes or not ledger_is_live:
        return
    if nobody_can_answer(context):
        raise InputError(
            "the file comes on standard input, so that nobody can be asked whether to send it",
            hint="say --yes to send it",
        )
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not terminal:
        if result.groups:
            raise InputError(
                f"{result.groups} groups whose members will see each other's numbers",
                hint="say --yes to send them",
            )
        return
    senders = len(chosen.settings.senders) or "the file's own"
    counts = "segment or leg" if result.segments == 1 else "segments and legs"
    say(f"from {senders} sending number{'' if senders == 1 else 's'}, {result.segments} {counts}")
    say(f"cost: {'unknown' if result.cost_low is None else f'${result.cost_low} to ${result.cost_high}'}")
    say(f"finished by about {result.finish_at}")
    say("; ".join(f"warning {warning.code}" for warning in result.warnings) or "no warnings")
    if not typer.confirm("Send?", err=True):
        raise typer.Exit(1)


def _until(wait: str | None) -> Until | None:
    known: dict[str, Literal["completed", "settled"]] = {"completed": "completed", "settled": "settled"}
    if wait is None:
        return None
    if wait not in known:
        raise InputError(f"--wait={wait} is not known", hint="say --wait or --wait=settled")
    return known[wait]
