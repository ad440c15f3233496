"""What a person does with the suppression list: numbers out and in again, a whole list, a word on doubtful messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.inbound import Inbound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.optouts import OptOut, State
from dispatcher.pipeline.number import read_number
from dispatcher.pipeline.optout_file import BadLine, Entry, Subscribed, read_opt_outs

#: Of a long list's unusable lines so many are told; all are counted.
BAD_SHOWN = 50


class UnusableLine(BaseModel):
    """A line that was left out, 1 based, and why."""

    model_config = ConfigDict(frozen=True)

    line: int = Field(examples=[7])
    problem: str = Field(examples=["this is not a US or Canadian number"])


class Imported(BaseModel):
    """What became of a list: entries read, numbers that changed their state, lines left out (the first of them)."""

    read: int = Field(examples=[1200])
    changed: int = Field(examples=[1180])
    unusable: int = Field(examples=[1])
    subscribed: int = Field(
        default=0,
        examples=[3],
        description="Lines that say that their number is subscribed: they change nothing.",
    )
    lines: list[UnusableLine]


def put_numbers(ledger: Ledger, numbers: Sequence[str], state: State, source: str) -> int:
    """Put numbers in any usual writing on the list, or let them come back; answers how many changed.

    Raises:
        InputError: one is no number, and which by its place; nothing was written.
    """
    return ledger.optouts.put([OptOut(number, state, 0, source) for number in _read(numbers)])


def _read(numbers: Sequence[str]) -> Iterator[str]:
    for place, number in enumerate(numbers, 1):
        try:
            yield read_number(number)
        except InputError as error:
            if len(numbers) == 1:
                raise
            problem = f"number {place} of {len(numbers)} is not a US or Canadian number; nothing was changed"
            raise InputError(problem, hint=error.hint) from None


def import_list(ledger: Ledger, source: BinaryIO, *, max_bytes: int) -> Imported:
    """Read a list with a column of numbers; the newest entry of each number wins, so it may be read again.

    Raises:
        FileRefused, InputError: the file as a whole cannot be used; what was read before that is written.
    """
    reader = _Reader(read_opt_outs(source, max_bytes=max_bytes))
    changed = ledger.optouts.put(reader)
    return Imported(
        read=reader.read,
        changed=changed,
        unusable=reader.unusable,
        subscribed=reader.subscribed,
        lines=reader.lines,
    )


def decide(ledger: Ledger, sid: str, *, stop: bool) -> Inbound:
    """A person's word on a doubtful message: it is an opt-out, or it is none. Answers the message.

    Raises:
        NotFound: there is no such message.
    """
    found = ledger.inbound.read([sid])
    if not found:
        raise NotFound("there is no such inbound message", hint="`mms inbound list --doubtful` shows them")
    if stop:
        ledger.optouts.put([OptOut(found[0].sender, "out", found[0].at_ms, "decided by a person")])
    ledger.inbound.decided(sid)
    return found[0]


class _Reader:
    """The good entries of a list; counts them and the others as they go by."""

    def __init__(self, lines: Iterable[Entry]) -> None:
        self._lines = lines
        self.read = 0
        self.unusable = self.subscribed = 0
        self.lines: list[UnusableLine] = []

    def __iter__(self) -> Iterator[OptOut]:
        for line in self._lines:
            if isinstance(line, BadLine):
                self.unusable += 1
                if len(self.lines) < BAD_SHOWN:
                    self.lines.append(UnusableLine(line=line.line, problem=line.problem))
            elif isinstance(line, Subscribed):
                self.subscribed += 1
            else:
                self.read += 1
                yield line
