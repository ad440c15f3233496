"""No control character reaches a terminal, a log or a spreadsheet; every letter does."""

from __future__ import annotations

import csv
import io
import json
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.control_characters import (
    StrippedCsv,
    escape_control_characters,
    one_line,
    spelled_out,
    strip_control_characters,
)
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.logs import _Console, _Json
from dispatcher.model.recipient import InvalidRow
from dispatcher.pipeline.consent.optout_csv import opt_out_lines
from dispatcher.roster.formula_guard import bare, guarded
from dispatcher.roster.invalid_rows import InvalidRowsCsv

HOSTILE = "a\x1b[2J\x1b]52;c;aGk=\x07b\x9b31mc\x00\x7f\u202egnp.exe\u2066\ud83dz"
ANYTHING = st.text(st.characters(codec=None), max_size=60) | st.just(HOSTILE)


def controls(text: str) -> set[str]:
    """Control characters other than line breaks, and what turns directions around."""
    turning = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cs") and char != "\n"} | (
        set(text) & turning
    )


@given(ANYTHING)
def test_what_is_clean_has_no_control_characters_can_be_written_and_stays_as_it_is(text: str) -> None:
    cleaned = strip_control_characters(text)
    assert controls(cleaned) == set()
    cleaned.encode()
    assert strip_control_characters(cleaned) == cleaned
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "José, Zoë, Ωμέγα, Привет, 你好",
        "שלום \u200fעולם",
        "مرحبا\u200e بالعالم",
        "👩\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🇺🇸 ❤\ufe0f",
        "न\u200dमस्\u200cते",
        "two\nlines",
    ],
)
def test_letters_emoji_joiners_and_right_to_left_letters_stay(text: str) -> None:
    assert strip_control_characters(text) == text


@given(st.lists(ANYTHING, min_size=1, max_size=4))
def test_every_file_that_is_written_is_clean(cells: list[str]) -> None:
    buffer = io.StringIO()
    StrippedCsv(buffer).writerows([cells, [guarded(cell) for cell in cells]])
    row = InvalidRow(2, 2, "invalid", cells[0], "code", cells[0], None, tuple(cells))
    rows = InvalidRowsCsv(buffer, cells)
    rows.write(row)
    text = buffer.getvalue() + "".join(opt_out_lines([OptOut("12125550101", "out", 1, cells[0])]))
    assert controls(text.replace("\r\n", "\n")) == set()


@given(st.sampled_from("\t\r=+-@").flatmap(lambda first: ANYTHING.map(lambda rest: first + rest)))
def test_a_guarded_cell_is_read_as_the_clean_cell(cell: str) -> None:
    buffer = io.StringIO()
    StrippedCsv(buffer).writerow([guarded(cell)])
    [[read]] = csv.reader(io.StringIO(buffer.getvalue(), newline=""))
    assert bare(read) == strip_control_characters(cell)


@given(ANYTHING)
@pytest.mark.parametrize("formatter", [_Console("%(asctime)s %(levelname)s %(message)s"), _Json()])
def test_no_log_line_has_any_and_no_message_makes_a_second_line(
    formatter: logging.Formatter, text: str
) -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "said %s", (text,), None)
    line = formatter.format(record)
    assert controls(line) == set()
    assert len(line.splitlines()) == 1


def test_an_exceptions_text_is_cleaned_too() -> None:
    error = ValueError(HOSTILE)
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "no", (), (ValueError, error, None))
    assert controls(_Console("%(message)s").format(record)) == set()


@given(ANYTHING)
def test_json_loses_nothing(text: str) -> None:
    document = escape_control_characters(json.dumps({"text": text}))
    assert controls(document) == set()
    assert json.loads(document) == {"text": text}


def test_what_nobody_sees_is_called_by_its_number() -> None:
    assert spelled_out("5\u200b55\u00a01\tZoë\nx") == "5⟨U+200B⟩55⟨U+00A0⟩1⟨U+0009⟩Zoë⏎x"
    assert spelled_out(HOSTILE).isprintable()
    assert spelled_out("plain 212 555") == "plain 212 555"
