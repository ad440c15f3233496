"""`mms recover`: after the ledger was put back from an older copy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from dispatcher.cli.shell.context import open_ledger, who
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line, say
from dispatcher.cli.shell.provider import reach_carrierx
from dispatcher.errors import ConfigError, Conflict, InputError
from dispatcher.ledger.installation.installation import prepare
from dispatcher.pipeline.recovery.recover import Recovered, recover
from dispatcher.pipeline.recovery.restore_detection import in_words, mend
from dispatcher.pipeline.runtime.runtime import Runtime


def recover_command(
    restored: Annotated[
        bool,
        typer.Option(
            "--restored", help="The store was put back, and nobody noticed: stop all sending, then recover."
        ),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="With --restored: when the copy was made, like 2026-12-01T10:00Z."
        ),
    ] = None,
    pause: Annotated[
        bool,
        typer.Option("--pause", help="Leave the campaigns paused: people may have cancelled some since."),
    ] = False,
    opt_outs_imported: Annotated[
        bool,
        typer.Option(
            "--opt-outs-imported",
            help="CarrierX does not answer; the opt-outs since are imported by hand.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """After a restore from an older copy: look for what was sent since.

    Until it has run nothing is sent, then sending goes on. What was unfinished is `unconfirmed` afterwards and is
    looked for at CarrierX, or held for a person (--on-unconfirmed hold); what is not there twice is sent. It may be run
    again at any time.

    Example: mms recover --pause
    """
    if since and not restored:
        raise InputError("--since goes with --restored", hint="a copy that was noticed knows its time")
    ledger, config = open_ledger()
    if restored:
        ledger.recovery.mark("told", _ms(since) if since else 0)
    found = ledger.recovery.restored()
    if found is None:
        _nothing(as_json)
        return
    say(in_words(found))
    if found.why == "half":
        raise Conflict("only a part of the copy is there", hint=mend(found))
    try:
        client, config = reach_carrierx()
    except ConfigError as error:
        say(f"note: {error.message}")
        client = None
    runtime = Runtime(ledger, config, prepare(ledger.redis, config), api=client)
    result = recover(runtime, found, who=who(), opt_outs_imported=opt_outs_imported, pause=pause)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        _print(result)
    if not result.done:
        raise typer.Exit(1)


def _ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no time", hint="like 2026-12-01T10:00Z") from None
    if moment.tzinfo is None:
        raise InputError(f"{text!r} has no zone", hint="like 2026-12-01T10:00Z") from None
    return int(moment.timestamp() * 1000)


def _nothing(as_json: bool) -> None:
    if as_json:
        print_json({"done": True, "since": None})
    else:
        print_line(
            "nothing to recover: the ledger was not put back (mms recover --restored says that it was)"
        )


def _print(result: Recovered) -> None:
    print_line(
        f"the copy is of {result.since}; CarrierX shows {result.listed} messages since, or a little longer"
    )
    for campaign_id, rows in result.campaigns.items():
        print_line(f"  {campaign_id}: {rows} rows unconfirmed")
    for campaign_id in result.reading:
        print_line(f"  {campaign_id}: its file is still read; its rows follow")
    for campaign_id in result.not_begun:
        print_line(f"  {campaign_id}: had not begun; left as it is")
    for campaign_id in result.paused:
        print_line(f"  {campaign_id}: paused; `mms campaign resume {campaign_id}` lets it go on")
    print_line(f"{result.found} rows found that were sent since; {result.opt_outs} people opted out since")
    print_line(f"{result.answers_dropped} automatic answers dropped; {result.erased} people erased again")
    for schedule_id, count in result.skipped.items():
        print_line(
            f"{schedule_id}: {count} occurrences skipped, they may have been made; `mms schedule list`"
        )
    for campaign_id, count in result.unknown.items():
        print_line(
            f"{campaign_id}: unknown here, {count} messages of it were sent; do not submit its file again"
        )
    _print_what_next(result)


def _print_what_next(result: Recovered) -> None:
    if not result.done:
        say(
            f"mms: nothing is sent yet: who opted out since is not known ({result.unread}).\n"
            "     Mend that and run `mms recover` again; or `mms optout import` what came in since, then\n"
            "     `mms recover --opt-outs-imported`"
        )
        return
    print_line("sending goes on. What is unconfirmed is looked for; what is twice not there is sent.")
    if not (result.inbound_listed or result.unread):
        say(
            "note: CarrierX's list shows no inbound message at all. If it keeps them elsewhere, bring in those who\n"
            "      opted out since with `mms optout import`"
        )
    if result.unread:
        say(
            f"note: CarrierX's list of messages cannot be used ({result.unread}): bring in those who opted out\n"
            "      since with `mms optout import`"
        )
    if not result.found:
        say(
            "note: CarrierX showed nothing that was sent since. `Not there` counts only while its list shows a\n"
            "      message sent after this: any one will do, `mms message send` to a number of your own for instance"
        )
    say(
        "note: whoever was erased since from another data folder than this one is named again: `mms forget` them"
    )
    say(
        "note: pauses, cancels, limits, schedules, tokens and opt-outs by hand since the copy are not known any more.\n"
        "      Look at `mms campaign list`, `mms limits show`, `mms schedule list`, and mend what was changed"
    )
