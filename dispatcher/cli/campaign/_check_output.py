"""What a check found, for a person: the tables of `mms campaign check`, the sentences before a submit."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from dispatcher.cli.shell.output import counted
from dispatcher.cli.shell.tables import facts_table, out
from dispatcher.control_characters import spelled_out
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.preflight.result import CheckResult, ReadAs
from dispatcher.rules.times import LocalMoment, parse_start

#: Settings that say how a file is read → what they are called before what was decided.
_READ_AS = {"to": "recipients", "consent": "consent column"}


def print_check(result: CheckResult, *, errors: int = 10) -> None:
    """The check for a person: what goes, what does not and why, what it costs, how it reads."""
    console = out()
    console.print(facts_table(_facts(result)))
    if result.errors:
        console.print(_errors_table(result, errors))
    for preview in result.previews[:3]:
        size = f"{counted(preview.recipients, 'recipient')}, {counted(preview.segments, 'segment')}"
        head = f"line {preview.line}, {preview.kind}, {size}"
        console.print(f"\n{head}", style="dim", highlight=False)
        console.print(preview.text or "(no text)", markup=False, highlight=False)
        for url in preview.media:
            console.print(url, markup=False, style="dim")
    for warning in result.warnings:
        console.print(Text.assemble("\n", ("warning", "yellow"), f" {warning.code}: {warning.message}"))


def waiting_lines(result: CheckResult, settings: CampaignSettings) -> Iterator[str]:
    """What a submit says at once of recipients that have to wait, and until when."""
    on_own_clocks = settings.at is not None and isinstance(parse_start(settings.at), LocalMoment)
    if on_own_clocks:
        yield f"on the recipients' own clocks: the first at {result.first_at}, the last at {result.last_at}"
    for warning in result.warnings:
        if warning.code in ("no_common_hours", "either_day") or (
            warning.code == "waits_for_hours" and not on_own_clocks
        ):
            yield warning.message


def _facts(result: CheckResult) -> list[tuple[str, str | None]]:
    invalid = ", ".join(f"{count} {code}" for code, count in sorted(result.invalid.items()))
    cost = "unknown: set MMS_PRICE_SMS and MMS_PRICE_MMS" if result.cost_low is None else _cost(result)
    return [
        ("rows", str(result.rows)),
        ("sendable", str(result.sendable)),
        ("mended", counted(result.mended, "cell") if result.mended else None),
        ("duplicates", str(result.duplicates)),
        ("invalid", invalid or "0"),
        ("opted out", "not known here" if result.opted_out is None else str(result.opted_out)),
        ("no consent", str(result.no_consent) if result.no_consent else None),
        ("groups", str(result.groups) if result.groups else None),
        ("longest text", _longest(result)),
        ("cost", cost),
        ("first message", result.first_at),
        ("wait for hours", f"{result.waiting}, the last until {result.last_at}" if result.waiting else None),
        ("finished by", result.finish_at),
        ("headings", "; ".join(f"{each.column}: {each.meaning}" for each in result.headings)),
        *((_READ_AS.get(each.setting, each.setting), _read_as(each)) for each in result.readings),
    ]


def _read_as(reading: ReadAs) -> str:
    samples = f" ({' | '.join(reading.samples)})" if reading.samples else ""
    return f"{reading.value}: {reading.why}{samples}"


def _longest(result: CheckResult) -> str | None:
    text = result.longest
    if text is None:
        return None
    size = f"{counted(text.characters, 'character')}, {counted(text.segments, 'segment')}"
    return f"line {text.line}: {size}"


def _cost(result: CheckResult) -> str:
    if result.cost_low == result.cost_high:
        return f"${result.cost_low}"
    return f"${result.cost_low} to ${result.cost_high}"


def _errors_table(result: CheckResult, most: int) -> Table:
    shown = result.errors[:most]
    some = f"; the first {len(shown)}" if len(shown) < result.errors_total else ""
    table = Table(title=f"\n{counted(result.errors_total, 'row')} cannot be sent{some}", title_justify="left")
    for name in ("line", "column", "cell", "code", "what is wrong"):
        table.add_column(name, overflow="fold")
    for error in shown:
        table.add_row(
            str(error.line), error.column or "", spelled_out(error.value), error.code, error.message
        )
    return table
