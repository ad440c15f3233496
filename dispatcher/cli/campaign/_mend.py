"""`mms campaign check FILE --mend`: cells that cannot be sent are asked for one by one, checked at once, and kept in a
file beside the campaign file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import typer

from dispatcher.cli.shell.output import counted, say
from dispatcher.control_characters import spelled_out
from dispatcher.errors import InputError
from dispatcher.pipeline.preflight.row_check import RowVerdict
from dispatcher.roster.mendable_rows import MENDED_CHARACTERS, MendableRow, mended_again, require_mendable
from dispatcher.roster.mends import Mend

#: What a person answers, and what it does instead of going into the cell.
_END = "q"

Judge = Callable[[MendableRow, str], RowVerdict]
Keep = Callable[[Sequence[Mend]], None]


def require_terminal(file_is_copied: bool) -> None:
    """Nobody mends where nobody is, nor what is gone afterwards.

    Raises:
        InputError: standard input or error is no terminal, or the campaign file was a pipe.
    """
    if file_is_copied:
        raise InputError(
            "--mend keeps its answers beside the file, and this is none", hint="save it as a file first"
        )
    if not _somebody_is_there():
        raise InputError(
            "--mend asks on a terminal, and this is none",
            hint="leave out --mend; --errors FILE writes the rows that cannot be sent into a file to be mended",
        )


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def mend_rows(rows: Sequence[MendableRow], mends: Sequence[Mend], judge: Judge, keep: Keep) -> None:
    """Go through the rows with the person. `mends` are those that there are; all of them are handed to `keep` after
    each new one, `judge` says what a row with a new text is worth."""
    by_line: dict[int, tuple[Mend, ...]] = {}
    for mend in mends:
        by_line[mend.line] = (*by_line.get(mend.line, ()), mend)
    say(f"{counted(len(rows), 'row')} cannot be sent. Enter leaves a cell as it is, {_END} ends.")
    for place, row in enumerate(rows, 1):
        value = _asked(row, f"{place}/{len(rows)}", judge)
        if value is None:
            return
        if changed := mended_again(by_line.get(row.line, ()), row, value):
            by_line[row.line] = changed
        else:
            by_line.pop(row.line, None)
        keep([mend for line in sorted(by_line) for mend in by_line[line]])


def _asked(row: MendableRow, place: str, judge: Judge) -> str | None:
    """What is to stand in the row's invalid cell, as it stood if the person leaves it; None: they have had enough."""
    say(f"\n{place}  line {row.line}, {row.heading or 'the whole row'}: {row.message}")
    if len(row.value) > MENDED_CHARACTERS:
        say("it is too long to be mended here")
        return row.value
    say(f"  {spelled_out(row.value) or '(empty)'}")
    while True:
        answer: str = typer.prompt("  instead", default="", show_default=False, err=True)
        if answer == _END:
            return None
        if not answer:
            return row.value
        try:
            require_mendable(row, answer)
        except InputError as refusal:
            say(f"  {refusal.message}: {refusal.hint}")
            continue
        verdict = judge(row, answer)
        say(f"  {verdict.said}")
        if verdict.fine:
            return answer
