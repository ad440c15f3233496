"""`mms campaign …`: check, submit, list, show, watch, report, audit, pause, resume, cancel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from dispatcher.cli import options
from dispatcher.cli.auditing import audit_command
from dispatcher.cli.checking import look_at, print_check, waiting_lines
from dispatcher.cli.hinting import hint_expansion
from dispatcher.cli.media_files import store_media
from dispatcher.cli.noting import noted
from dispatcher.cli.opening import config_of_any_ledger, open_ledger
from dispatcher.cli.options import AsJson, CampaignId, Chosen, File
from dispatcher.cli.output import campaign_json, counts_table, facts_table, out, print_json, print_line, say
from dispatcher.cli.schedule import make_recurring
from dispatcher.cli.waiting import Until, wait_for, why
from dispatcher.cli.watching import done_rows, watch_campaign
from dispatcher.errors import FileRefused, InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.check import CheckResult
from dispatcher.pipeline.estimate import estimated
from dispatcher.pipeline.limiting import set_limit
from dispatcher.pipeline.report import write_report
from dispatcher.pipeline.submit import submit as submit_campaign
from dispatcher.settings import Settings, settings

app = typer.Typer(no_args_is_help=True, help="Check, send and follow campaigns.")
app.command("audit")(audit_command)

Wait = Annotated[
    str | None,
    typer.Option(
        "--wait", metavar="[=settled]", help="Wait until everything is sent; =settled: until all is final."
    ),
]


@app.command("check")
def check_command(
    file: File,
    name: options.Name = None,
    sender: options.From = None,
    message: options.MessageText = None,
    media: options.Media = None,
    group_size: options.GroupSize = None,
    group_by: options.GroupBy = None,
    rate: options.RateOption = None,
    at: options.At = None,
    expires_after: options.ExpiresAfter = None,
    quiet_hours: options.QuietHours = None,
    max_cost: options.MaxCost = None,
    priority: options.Priority = None,
    on_unconfirmed: options.OnUnconfirmed = None,
    no_media_check: options.NoMediaCheck = False,
    strict: options.Strict = False,
    allow_same_file: options.AllowSameFile = False,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", metavar="FILE", help="Write every bad row there, to be mended."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a submit would do; needs nothing running.

    Exit status 0: all sendable; 1: some rows are not, and --strict; 2: nothing can be sent.

    Example: mms campaign check spring.csv --from 15162065575 --message 'Hi {{first_name}}'
    """
    chosen = _choose(file, locals())
    result = _checked(file, chosen, config_of_any_ledger(), errors)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        print_check(result)
    if not result.sendable:
        raise typer.Exit(2)
    if chosen.settings.strict and result.errors_total:
        raise typer.Exit(1)


@app.command("submit")
def submit_command(
    file: File,
    name: options.Name = None,
    sender: options.From = None,
    message: options.MessageText = None,
    media: options.Media = None,
    group_size: options.GroupSize = None,
    group_by: options.GroupBy = None,
    rate: options.RateOption = None,
    at: options.At = None,
    expires_after: options.ExpiresAfter = None,
    quiet_hours: options.QuietHours = None,
    max_cost: options.MaxCost = None,
    priority: options.Priority = None,
    on_unconfirmed: options.OnUnconfirmed = None,
    no_media_check: options.NoMediaCheck = False,
    strict: options.Strict = False,
    allow_same_file: options.AllowSameFile = False,
    every: Annotated[
        str | None,
        typer.Option(
            "--every", metavar="WHEN", help="Again and again: 'mon 09:00 America/New_York' or a cron line."
        ),
    ] = None,
    run_late_within: Annotated[
        str | None,
        typer.Option(
            "--run-late-within", metavar="TIME", help="With --every: start so late at most (1h); 0s: skip."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Wait = None,
    wait_timeout: Annotated[
        float | None, typer.Option("--wait-timeout", metavar="SECONDS", help="Stop waiting after this.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a campaign file: good rows go, bad ones are recorded. Prints the campaign's id.

    Example: mms campaign submit spring.csv --from 15162065575 --message 'Hi {{first_name}}' --wait
    """
    until = _until(wait)
    chosen = _choose(file, locals())
    ledger, config = open_ledger()
    result = _checked(file, chosen, config, None)
    for sentence in waiting_lines(result, chosen.settings):
        say(f"note: {sentence}")
    _refuse(result, chosen)
    _ask(result, chosen, ledger_is_live=not config.simulate, yes=yes)
    if chosen.every:
        make_recurring(file, chosen, ledger, config, result.media)
        return
    with file.open("rb") as source:
        campaign_id = submit_campaign(
            ledger,
            source,
            filename=file.name,
            settings=chosen.settings,
            fixed=chosen.fixed,
            config=config,
            media=result.media,
            media_files=store_media(ledger, chosen.media_files),
        )
    noted(ledger, "sent", campaign_id)
    hint_expansion(campaign_id)
    if until is None:
        _print_submitted(ledger.campaign(campaign_id), as_json)
        return
    if not as_json:
        print_line(campaign_id)
    campaign = _wait(ledger, campaign_id, until, wait_timeout, as_json=as_json)
    if not as_json:
        out().print(counts_table(campaign))


@app.command("list")
def list_command(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show campaigns, the newest first.

    Example: mms campaign list --json
    """
    campaigns = open_ledger().ledger.campaigns(limit=limit)
    if as_json:
        print_json([campaign_json(campaign) for campaign in campaigns])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "rows", "done", "created", "name"):
        table.add_column(heading, justify="right" if heading in {"rows", "done"} else "left", overflow="fold")
    for campaign in campaigns:
        row = (
            campaign.id,
            campaign.state.value,
            str(campaign.rows or campaign.rows_read),
            str(done_rows(campaign)),
        )
        table.add_row(*row, campaign.created_at[:19] + "Z", campaign.name)
    out().print(table if campaigns else "no campaigns yet: mms campaign submit FILE")


@app.command("show")
def show_command(campaign_id: CampaignId, as_json: AsJson = False) -> None:
    """Show one campaign: state, times, recipients by state.

    Example: mms campaign show spring-x7k2mp
    """
    ledger, config = open_ledger()
    campaign = estimated(ledger, ledger.campaign(campaign_id), hours_margin=config.hours_margin)
    if as_json:
        print_json(campaign_json(campaign))
        return
    out().print(facts_table(_facts(campaign)))
    out().print(counts_table(campaign))
    if config.public_url is None and not config.simulate:
        say(
            "note: MMS_PUBLIC_URL is not set, so CarrierX cannot call back: states come by polling (mms doctor)"
        )


@app.command("watch")
def watch_command(campaign_id: CampaignId) -> None:
    """Follow a campaign live until everything is sent. Ctrl-C stops watching, not sending.

    Example: mms campaign watch spring-x7k2mp
    """
    watch_campaign(open_ledger().ledger, campaign_id)


@app.command("report")
def report_command(
    campaign_id: CampaignId,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there; default: standard output."),
    ] = None,
) -> None:
    """Write one line per row of the file, in its order, as CSV.

    Example: mms campaign report spring-x7k2mp -o spring-report.csv
    """
    ledger = open_ledger().ledger
    if output is None:
        write_report(ledger, campaign_id, sys.stdout)
        return
    ledger.campaign(campaign_id)
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            rows = write_report(ledger, campaign_id, file)
    except OSError as error:
        raise InputError(
            f"{output} cannot be written: {error.strerror}", hint="choose another -o FILE"
        ) from None
    say(f"{rows} rows written to {output}")


@app.command("pause")
def pause_command(campaign_id: CampaignId) -> None:
    """Claim nothing more of this campaign until it is resumed.

    Example: mms campaign pause spring-x7k2mp
    """
    _steer(campaign_id, CampaignState.PAUSED, "paused by the operator")


@app.command("resume")
def resume_command(campaign_id: CampaignId, rate: options.RateOption = None) -> None:
    """Let a paused campaign go on. --rate sets its limit first, also while it runs.

    Example: mms campaign resume spring-x7k2mp --rate 20/s
    """
    if rate is not None:
        set_limit(open_ledger().ledger, f"campaign:{campaign_id}", rate=rate)
    _steer(campaign_id, CampaignState.RUNNING, "")


@app.command("cancel")
def cancel_command(campaign_id: CampaignId) -> None:
    """End a campaign: what is not sent yet will not be.

    Example: mms campaign cancel spring-x7k2mp
    """
    _steer(campaign_id, CampaignState.CANCELLING, "cancelled by the operator")


_STEERED = {
    CampaignState.PAUSED: "paused",
    CampaignState.RUNNING: "resumed",
    CampaignState.CANCELLING: "cancelled",
}


def _steer(campaign_id: str, to: CampaignState, reason: str) -> None:
    ledger = open_ledger().ledger
    ledger.book.steer(campaign_id, to, reason)
    noted(ledger, _STEERED[to], campaign_id)
    print_line(f"{campaign_id} {ledger.campaign(campaign_id).state.value}")


def _choose(file: Path, given: dict[str, Any]) -> Chosen:
    names = ["name", "message", "group_size", "group_by", "rate", "at", "expires_after", "quiet_hours"]
    names += ["max_cost", "priority", "on_unconfirmed", "no_media_check", "strict", "allow_same_file"]
    given_options = {name: given[name] for name in names}
    asked = {**given_options, "from": given["sender"], "media_urls": given["media"]}
    calendar = {name: given.get(name) for name in options.CALENDAR}
    return options.choose(file, asked, public_url=settings().public_url, calendar=calendar)


def _checked(file: Path, chosen: Chosen, config: Settings, errors: Path | None) -> CheckResult:
    if errors is None:
        return look_at(file, chosen, config)
    if file.exists() and errors.exists() and file.samefile(errors):
        raise InputError("--errors names the campaign file itself", hint="choose another --errors")
    try:
        with errors.open("w", encoding="utf-8", newline="") as errors_to:
            return look_at(file, chosen, config, errors_to=errors_to)
    except OSError as error:
        raise InputError(
            f"{errors} cannot be written: {error.strerror}", hint="choose another --errors"
        ) from None


def _refuse(result: CheckResult, chosen: Chosen) -> None:
    """No campaign without anybody to send to, nor, with --strict, with a bad row."""
    if not result.sendable:
        first = result.errors[0].message if result.errors else "the file has no rows"
        raise FileRefused(
            "nothing_sendable", f"no row can be sent; the first: {first}", hint="mms campaign check FILE"
        )
    if chosen.settings.strict and result.errors_total:
        raise FileRefused(
            "bad_rows",
            f"{result.errors_total} rows cannot be sent, and --strict was asked for; nothing was sent",
            line=result.errors[0].line,
            hint="mms campaign check FILE --errors bad.csv lists them",
        )


def _ask(result: CheckResult, chosen: Chosen, *, ledger_is_live: bool, yes: bool) -> None:
    """A live campaign is confirmed on a terminal; a live group campaign always."""
    if yes or not ledger_is_live:
        return
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not terminal:
        if result.groups:
            raise InputError(
                f"{result.groups} groups whose members will see each other's numbers",
                hint="say --yes to send them",
            )
        return
    bad = result.errors_total
    say(
        f"{result.sendable} of {result.rows} rows will be sent ({result.duplicates} duplicates, {bad} not sendable)"
    )
    senders = len(chosen.settings.senders) or "the file's own"
    say(f"from {senders} sending number(s), {result.segments} segments and legs")
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


def _wait(
    ledger: Ledger, campaign_id: str, until: Until, timeout: float | None, *, as_json: bool
) -> Campaign:
    said = ""

    def tell(campaign: Campaign) -> None:
        nonlocal said
        reason = f"{campaign.state.value}: {why(campaign)}"
        if reason.partition(":")[0] != said:
            said = reason.partition(":")[0]
            say(reason)

    try:
        campaign = wait_for(ledger, campaign_id, until, timeout=timeout, on_look=tell)
    finally:
        if as_json:
            print_json(campaign_json(ledger.campaign(campaign_id)))
    return campaign


def _print_submitted(campaign: Campaign, as_json: bool) -> None:
    if as_json:
        print_json(campaign_json(campaign))
    else:
        print_line(campaign.id)


def _facts(campaign: Campaign) -> list[tuple[str, str | None]]:
    return [
        ("state", campaign.state.value),
        ("reason", campaign.reason),
        ("rows", str(campaign.rows if campaign.rows is not None else f"{campaign.rows_read} so far")),
        ("messages", str(campaign.messages)),
        ("rate", campaign.rate),
        ("cost", f"${campaign.cost} confirmed" if campaign.cost else None),
        ("done by", campaign.finish_at),
        ("created", campaign.created_at),
        ("starts", campaign.start_at),
        ("started", campaign.started_at),
        ("sent by", campaign.finished_at),
        ("settled", campaign.settled_at),
    ]
