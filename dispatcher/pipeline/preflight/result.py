"""What a preflight says of a campaign file, as the command, the API and the console show it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.model.media import MediaFacts
from dispatcher.model.segments import Encoding
from dispatcher.pipeline.preflight._warnings import Notice
from dispatcher.roster.readings import CHOSEN_BEFORE


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class RowProblem(_Part):
    """One invalid row: where, what, and a sentence. `value` is the cell at fault as it was read, or the row as a line
    of CSV where it is the whole row, its first 200 characters."""

    line: int
    column: str | None
    code: str
    message: str
    value: str


class ColumnMeaning(_Part):
    """How a heading was understood: `recipient`, `message`, `sender`, `group`, `merge field`, …"""

    column: str
    meaning: str


class Alternative(_Part):
    """A value that a setting could have, what it is called, and cells or lines that help to choose."""

    value: str
    label: str
    samples: tuple[str, ...] = ()


class ReadAs(_Part):
    """What was decided about the file as a whole: the setting that says it otherwise, what was chosen and why, with
    cells that show it and what else could be chosen."""

    setting: str
    value: str
    why: str
    samples: tuple[str, ...] = ()
    choices: tuple[Alternative, ...] = ()


class Preview(_Part):
    """A finished message as it would be sent. `encoding` is None for an MMS, which has no such segments."""

    row: int
    line: int
    recipients: int
    kind: Literal["sms", "mms", "group"]
    text: str | None
    media: tuple[str, ...]
    segments: int
    encoding: Encoding | None


class LongestText(_Part):
    """The row whose text takes the most segments, and of several the one with the most characters; an emoji counts as
    two. The text of an MMS takes one."""

    row: int
    line: int
    characters: int
    segments: int


class Tally(_Part):
    """How many rows of a file go, and how many do not. `opted_out` is None when the opt-outs are not known here."""

    rows: int
    sendable: int
    invalid: int
    duplicates: int
    opted_out: int | None
    no_consent: int = 0

    @property
    def in_words(self) -> str:
        """`3 of 11 go; 7 invalid, 1 duplicate`; or `all 11 go`."""
        left_out = [
            f"{self.invalid} invalid" if self.invalid else "",
            f"{self.duplicates} duplicate{'' if self.duplicates == 1 else 's'}" if self.duplicates else "",
            f"{self.opted_out} opted out" if self.opted_out else "",
            f"{self.no_consent} without consent" if self.no_consent else "",
        ]
        if not any(left_out):
            return f"all {self.rows} go" if self.rows > 1 else f"{self.rows} of {self.rows} goes"
        goes = "goes" if self.sendable == 1 else "go"
        return f"{self.sendable} of {self.rows} {goes}; {', '.join(filter(None, left_out))}"


class CheckResult(_Part):
    """What would happen.

    `rows` = `sendable` + `duplicates` + `opted_out` + `no_consent` + all of `invalid`. `opted_out` is None when the
    opt-outs are not known here; `no_consent` rows are those whose file does not say that they want texts. `errors` has
    the first 50 of `errors_total` invalid rows. `segments` counts segments of SMS and legs of MMS: what limits count.
    Costs are None when a price is unknown. `media` is what was found about media addresses, for the submit that
    follows; it is no part of the JSON. `readings` is what was decided about the file as a whole, `mended` counts cells
    of it that a person mended, `longest` is None where no row has a text. `waiting` recipients are outside their
    allowed hours at the start, or their own clock is not there yet; the first message may go at `first_at`, the window
    of the last opens at `last_at`.
    """

    rows: int
    sendable: int
    duplicates: int
    opted_out: int | None
    no_consent: int
    invalid: dict[str, int]
    errors: tuple[RowProblem, ...]
    errors_total: int
    headings: tuple[ColumnMeaning, ...]
    readings: tuple[ReadAs, ...] = ()
    mended: int = 0
    groups: int
    segments: int
    longest: LongestText | None = None
    cost_low: Decimal | None
    cost_high: Decimal | None
    waiting: int
    first_at: str | None
    last_at: str | None
    finish_at: str | None
    previews: tuple[Preview, ...]
    warnings: tuple[Notice, ...]
    media: Mapping[str, MediaFacts] = Field(default={}, exclude=True, repr=False)

    @property
    def decisions(self) -> tuple[ReadAs, ...]:
        """The readings without cells, for an answer that is kept: what stood in them is not."""
        return tuple(each.model_copy(update={"samples": (), "choices": ()}) for each in self.readings)

    @property
    def column_chosen_before(self) -> str | None:
        """The recipients' column, if it was taken because a person had chosen it for such a file before. What is made
        of the file is told so: another choice meanwhile changes nothing."""
        taken = (each.value for each in self.readings if each.setting == "to" and each.why == CHOSEN_BEFORE)
        return next(taken, None)

    @property
    def tally(self) -> Tally:
        """The rows, counted by whether they go."""
        return Tally(
            rows=self.rows,
            sendable=self.sendable,
            invalid=self.errors_total,
            duplicates=self.duplicates,
            opted_out=self.opted_out,
            no_consent=self.no_consent,
        )
