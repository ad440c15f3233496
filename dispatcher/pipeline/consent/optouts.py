"""What a person does with the suppression list: numbers out and in again, a whole list, a word on what needs review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut, State
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.consent.optout_csv import (
    OptOutLine,
    OptOutRemark,
    UnknownWord,
    UnusableEntry,
    read_opt_outs,
)
from dispatcher.roster.numbers import read_number

#: Of a long list's unusable lines so many are told; all are counted.
UNUSABLE_SHOWN = 50
#: So many different unknown words are told by name.
_WORDS_SHOWN = 20
_AT_ONCE = 500


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
    known: int = Field(
        default=0, examples=[20], description="Entries read whose number was in that state already."
    )
    words: dict[str, int] = Field(
        default_factory=dict,
        examples=[{"pending": 3}],
        description="Lines by a word of consent that nobody knows: they counted as opted out.",
    )
    remarks: list[UnusableLine] = Field(
        default_factory=list,
        description="Lines that count although something of them, such as their date, could not be used.",
    )
    remarked: int = Field(default=0, examples=[0], description="How many such lines there are.")
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
    for position, number in enumerate(numbers, 1):
        try:
            yield read_number(number)
        except InputError as error:
            if len(numbers) == 1:
                raise
            problem = (
                f"number {position} of {len(numbers)} is not a US or Canadian number; nothing was changed"
            )
            raise InputError(problem, hint=error.hint) from None


def import_list(ledger: Ledger, source: BinaryIO, *, max_bytes: int) -> Imported:
    """Read a list with a column of numbers; the newest entry of each number wins, so it may be read again.

    Raises:
        FileRefused, InputError: the file as a whole cannot be used; what was read before that is written.
    """
    reader = _Reader(read_opt_outs(source, max_bytes=max_bytes), ledger)
    changed = ledger.optouts.put(reader)
    return Imported(
        read=reader.read,
        changed=changed,
        unusable=reader.unusable,
        subscribed=reader.subscribed,
        lines=reader.lines,
        known=reader.known,
        words=dict(reader.words),
        remarks=reader.remarks,
        remarked=reader.remarked,
    )


def decide(ledger: Ledger, sid: str, *, stop: bool) -> Inbound:
    """A person's word on a message that needs review: it is an opt-out, or it is none. Answers the message.

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

    def __init__(self, lines: Iterable[OptOutLine], ledger: Ledger) -> None:
        self._lines, self._ledger = lines, ledger
        self.read = self.known = 0
        self.unusable = self.subscribed = self.remarked = 0
        self.lines: list[UnusableLine] = []
        self.remarks: list[UnusableLine] = []
        self.words: Counter[str] = Counter()

    def __iter__(self) -> Iterator[OptOut]:
        entries = self._entries()
        while some := list(islice(entries, _AT_ONCE)):
            self._count_known(some)
            yield from some

    def _count_known(self, some: Sequence[OptOut]) -> None:
        """As many at once as are written at once, so that a number twice in a list is known the second time."""
        found = self._ledger.optouts.find([entry.number for entry in some])
        states = {entry.number: entry.state for entry in found if entry}
        for entry in some:
            self.known += states.get(entry.number) == entry.state
            states[entry.number] = entry.state

    def _entries(self) -> Iterator[OptOut]:
        for line in self._lines:
            if isinstance(line, OptOut):
                self.read += 1
                yield line
            elif isinstance(line, UnusableEntry):
                self.unusable += 1
                _keep(self.lines, line)
            elif isinstance(line, OptOutRemark):
                self.remarked += 1
                _keep(self.remarks, line)
            elif isinstance(line, UnknownWord):
                told = line.word in self.words or len(self.words) < _WORDS_SHOWN
                self.words[line.word if told else "other words"] += 1
            else:
                self.subscribed += 1


def _keep(kept: list[UnusableLine], line: UnusableEntry | OptOutRemark) -> None:
    if len(kept) < UNUSABLE_SHOWN:
        kept.append(UnusableLine(line=line.line, problem=line.problem))
