"""`mms campaign check`, and the same look before a submit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from rich.table import Table

from dispatcher.cli.media_files import gate_for
from dispatcher.cli.options import Chosen
from dispatcher.cli.output import facts_table, out
from dispatcher.errors import ConfigError, InputError, StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.check import CheckResult, check
from dispatcher.rules.limits import parse_rate
from dispatcher.rules.moments import LocalMoment, parse_start
from dispatcher.settings import Settings


def look_at(file: Path, chosen: Chosen, config: Settings, *, errors_to: TextIO | None = None) -> CheckResult:
    """Check a file as a submit would read it.

    Raises:
        InputError, FileRefused: it cannot be opened or used.
    """
    try:
        source = file.open("rb")
    except OSError as error:
        raise InputError(f"{file} cannot be opened: {error.strerror}", hint="name an existing file") from None
    with source:
        if not source.seekable():
            raise InputError(f"{file} is a pipe, which can be read only once", hint="save it as a file first")
        return check(
            source,
            filename=file.name,
            settings=chosen.settings,
            fixed=chosen.fixed,
            fictional_ok=config.simulate,
            account_rate=parse_rate(config.effective_account_rate),
            sender_rate=parse_rate(config.effective_sender_rate),
            price_sms=config.price_sms,
            price_mms=config.price_mms,
            max_bytes=config.max_file_mb << 20,
            max_rows=config.max_rows,
            hours_margin=config.hours_margin,
            opted_out=_opted_out(config),
            now=dt.datetime.now(dt.UTC),
            errors_to=errors_to,
            media=gate_for(config, chosen.media_files),
        )


def _opted_out(config: Settings) -> Callable[[str], bool] | None:
    """Who opted out, if a ledger answers; None: nobody knows here."""
    try:
        return Ledger.open(config).optouts.everyone_out().__contains__
    except (ConfigError, StoreUnavailable):
        return None


def print_check(result: CheckResult, *, errors: int = 10) -> None:
    """The check for a person: what goes, what does not and why, what it costs, how it reads."""
    console = out()
    console.print(facts_table(_facts(result)))
    if result.errors:
        console.print(_errors_table(result, errors))
    for preview in result.previews[:3]:
        head = f"line {preview.line}, {preview.kind}, {preview.recipients} recipient(s), {preview.segments} segment(s)"
        console.print(f"\n{head}", style="dim", highlight=False)
        console.print(preview.text or "(no text)", markup=False, highlight=False)
        for url in preview.media:
            console.print(url, markup=False, style="dim")
    for warning in result.warnings:
        console.print(f"\n[yellow]warning[/] {warning.code}: {warning.message}", highlight=False)


def waiting_lines(result: CheckResult, settings: CampaignSettings) -> Iterator[str]:
    """What a submit says at once of recipients that have to wait, and until when."""
    on_own_clocks = settings.at is not None and isinstance(parse_start(settings.at), LocalMoment)
    if on_own_clocks:
        yield f"on the recipients' own clocks: the first at {result.first_at}, the last at {result.last_at}"
    for warning in result.warnings:
        if warning.code == "no_common_hours" or (warning.code == "waits_for_hours" and not on_own_clocks):
            yield warning.message


def _facts(result: CheckResult) -> list[tuple[str, str | None]]:
    invalid = ", ".join(f"{count} {code}" for code, count in sorted(result.invalid.items()))
    cost = "unknown: set MMS_PRICE_SMS and MMS_PRICE_MMS" if result.cost_low is None else _cost(result)
    return [
        ("rows", str(result.rows)),
        ("sendable", str(result.sendable)),
        ("duplicates", str(result.duplicates)),
        ("invalid", invalid or "0"),
        ("opted out", "not known here" if result.opted_out is None else str(result.opted_out)),
        ("groups", str(result.groups) if result.groups else None),
        ("cost", cost),
        ("first message", result.first_at),
        ("wait for hours", f"{result.waiting}, the last until {result.last_at}" if result.waiting else None),
        ("finished by", result.finish_at),
        ("headings", "; ".join(f"{each.column}: {each.meaning}" for each in result.headings)),
    ]


def _cost(result: CheckResult) -> str:
    if result.cost_low == result.cost_high:
        return f"${result.cost_low}"
    return f"${result.cost_low} to ${result.cost_high}"


def _errors_table(result: CheckResult, most: int) -> Table:
    shown = result.errors[:most]
    table = Table(
        title=f"\n{result.errors_total} rows cannot be sent; the first {len(shown)}", title_justify="left"
    )
    for name in ("line", "column", "code", "what is wrong"):
        table.add_column(name, overflow="fold")
    for error in shown:
        table.add_row(str(error.line), error.column or "", error.code, error.message)
    return table
