"""Any list of recipients, written in any dialect, reads back the same."""

from __future__ import annotations

import csv
import gzip
import io
import re
from typing import Literal, NamedTuple

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.model.recipient import Recipient
from dispatcher.numbering.area_codes import area_codes
from dispatcher.roster._empty_words import EMPTY_WORDS
from dispatcher.roster.formula_guard import guarded
from tests.dispatcher.roster.reading import open_roster

pytestmark = pytest.mark.slow

ORDINARY = sorted(npa for npa, code in area_codes().items() if code.country in ("US", "CA"))
WRITINGS = (
    "1{npa}{nxx}{line}",
    "{npa}{nxx}{line}",
    "+1{npa}{nxx}{line}",
    "+1 ({npa}) {nxx}-{line}",
    "{npa}.{nxx}.{line}",
    "1-{npa}-{nxx}-{line}",
    "1{npa}{nxx}{line}.0",
    "1.{npa}{nxx}{line}E+10",
    "tel:+1-{npa}-{nxx}-{line}",
    "\u200e+1\u00a0{npa}\u00a0{nxx}\u2011{line}",
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
#: Letters that may as well be what became of UTF-8 when a program took it for Windows-1252.
TWICE = re.compile("[éÉüñ][’–€]")
LETTERS = "abcXYZ 0159'\"-=+@#,;|\t\n\r:.!?éÉüñß€’–"


class Person(NamedTuple):
    """A recipient as a list has it: digits, the writing of the number, a name."""

    npa: str
    nxx: str
    line: str
    writing: str
    name: str

    @property
    def number(self) -> str:
        return f"1{self.npa}{self.nxx}{self.line}"

    @property
    def written(self) -> str:
        return self.writing.format(npa=self.npa, nxx=self.nxx, line=self.line)


people = st.lists(
    st.builds(
        Person,
        npa=st.sampled_from(ORDINARY),
        nxx=st.sampled_from([f"{nxx}" for nxx in range(212, 311)]),
        line=st.from_regex(r"[0-9]{4}", fullmatch=True).filter(str.isascii),
        writing=st.sampled_from(WRITINGS),
        name=st.text(LETTERS, max_size=12).filter(
            lambda name: not name.startswith("'") and not TWICE.search(name)
        ),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda person: person.number,
)
#: Separator, line end, quoting. Python's writer leaves a lone line feed bare when lines end otherwise.
dialects = st.tuples(
    st.sampled_from(",;\t|"),
    st.sampled_from(
        (
            ("\n", csv.QUOTE_ALL),
            ("\r", csv.QUOTE_ALL),
            ("\r\n", csv.QUOTE_ALL),
            ("\r\n", csv.QUOTE_MINIMAL),
        )
    ),
)


def read(data: bytes, encoding: str | None = None) -> list[Recipient]:
    """All rows, which must all be recipients, their name as the message has it."""
    rows = list(open_roster(data, message="[{{first_name|}}]", encoding=encoding))
    assert all(isinstance(row, Recipient) for row in rows), rows
    return [row for row in rows if isinstance(row, Recipient)]


def assert_same(recipients: list[Recipient], persons: list[Person]) -> None:
    assert [recipient.number for recipient in recipients] == [person.number for person in persons]
    names = [person.name.strip() for person in persons]
    expected = ["[]" if name in EMPTY_WORDS else f"[{name}]" for name in names]
    assert [recipient.text for recipient in recipients] == expected


def encoded(text: str, encoding: str) -> bytes:
    """The text in this encoding; in UTF-8 where it cannot be told, such as É– whose two bytes are also one letter."""
    if encoding == "cp1252" and not is_certainly_cp1252(text):
        encoding = "utf-8"
    return text.encode(encoding)


def is_no_utf_8(data: bytes) -> bool:
    try:
        return not data.decode("utf-8")
    except UnicodeDecodeError:
        return True


def is_certainly_cp1252(text: str) -> bool:
    data = text.encode("cp1252", "replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[: error.start].isascii() and data.decode("cp1252") == text
    return data.isascii()


@settings(max_examples=300, deadline=None)
@given(people, dialects, st.sampled_from(ENCODINGS), st.booleans(), st.booleans())
def test_a_list_reads_back_the_same_in_any_dialect(
    persons: list[Person],
    dialect: tuple[str, tuple[str, Literal[0, 1]]],
    encoding: str,
    sep_line: bool,
    packed: bool,
) -> None:
    separator, (line_end, quoting) = dialect
    written = io.StringIO(newline="")
    if sep_line:
        written.write(f"sep={separator}{line_end}")
    writer = csv.writer(written, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerow(["First Name", "Phone Number", "note"])
    for person in persons:
        writer.writerow([guarded(person.name), guarded(person.written), "end"])
    data = encoded(written.getvalue(), encoding)
    said = "windows-1252" if encoding == "cp1252" and not data.isascii() and is_no_utf_8(data) else None
    assert_same(read(gzip.compress(data, 1) if packed else data, encoding=said), persons)


@settings(max_examples=40, deadline=None)
@given(people)
def test_a_list_reads_back_the_same_from_a_workbook(persons: list[Person]) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["to", "first_name"])
    for person in persons:
        plain = person.name.replace("\r", " ").replace("=", "-")
        sheet.append([int(person.number), plain])
    file = io.BytesIO()
    book.save(file)
    plain_names = [
        person._replace(name=person.name.replace("\r", " ").replace("=", "-")) for person in persons
    ]
    assert_same(read(file.getvalue()), plain_names)
