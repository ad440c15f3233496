"""Files damaged at random: each gets a clear result, rows that add up or a refusal, and never another exception.

`MMS_TEST_MUTATIONS` sets how many are tried.
"""

from __future__ import annotations

import gzip
import os
import random
from itertools import pairwise
from pathlib import Path

import pytest

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.roster.rejections import INVALID_CODES, REFUSAL_CODES
from tests.dispatcher.roster.reading import open_roster

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parents[2] / "data" / "roster"
MUTATIONS = int(os.environ.get("MMS_TEST_MUTATIONS", "1500"))
PARTS = 10
MESSAGES = ("Hi {{first_name|there}}", "Hi", "{{first_name}} {{store}}", None)
TOKENS = (
    *(b'"', b'""', b"'", b"\0", b"\r", b"\n", b"\r\n", b",", b";", b"\t", b"|", b"sep=;\n", b"\\"),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xe9",
        b"\xc3",
        b"\xc3\xa9",
        b"\x81",
        b"\xe2\x80\xa8",
        b"\x1a",
    ),
    *(b"{{", b"}}", b"{{first_name}}", b"=1+1", b"'=1", b"E+10", b".0", b"+", b"x12", b"1", b"555", b" "),
    *(
        b"to",
        b"message",
        b"media_urls",
        b"from",
        b"timezone",
        b"https://example.com/a.jpg",
        b"\xf0\x9f\x98\x80",
    ),
    *(b"\x1f\x8b", b"PK\x03\x04", b"%PDF-"),
)


def seeds() -> list[bytes]:
    paths = sorted(
        path for path in CORPUS.iterdir() if path.suffix != ".json" and path.stat().st_size < 20_000
    )
    return [path.read_bytes() for path in paths]


def mutated(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """One random change."""
    start = dice.randrange(len(data) + 1)
    end = min(len(data), start + dice.choice((1, 1, 2, 5, 30)))
    changes = (
        lambda: data[:start] + data[end:],
        lambda: data[:start],
        lambda: data[:start] + data[start:end] * dice.choice((2, 3, 50)) + data[end:],
        lambda: data[:start] + dice.choice(TOKENS) + data[start:],
        lambda: data[:start] + dice.choice(TOKENS) + data[end:],
        lambda: data[:start] + bytes([dice.randrange(256)]) + data[start + 1 :],
        lambda: data[:start] + dice.choice(others)[start:],
        lambda: data + dice.choice(others),
        lambda: (
            gzip.compress(data, 1) if dice.random() < 0.2 else data[::-1] if dice.random() < 0.1 else data
        ),
    )
    return dice.choice(changes)()


def assert_clear_result(data: bytes, dice: random.Random) -> None:
    """Read a file to its end; what comes of it is one of the two things that may."""
    try:
        roster = open_roster(
            data,
            message=dice.choice(MESSAGES),
            media_urls=dice.choice(((), ("https://example.com/a.jpg",))),
            group_by=dice.choice((None, None, None, "first_name")),
            fictional_ok=dice.random() < 0.5,
        )
        rows = list(roster)
    except FileRefused as error:
        refusal: FileRefused | None = error
    else:
        refusal = None
        assert_rows_add_up(roster.column_names, rows)
    if refusal:
        assert refusal.code in REFUSAL_CODES
        assert refusal.line is None or refusal.line >= 1


def assert_rows_add_up(columns: tuple[str, ...], rows: list[Recipient | InvalidRow]) -> None:
    """Numbered without a gap, in the file's order, each whole."""
    assert [row.row for row in rows] == list(range(1, len(rows) + 1))
    assert all(earlier.line < later.line for earlier, later in pairwise(rows))
    for row in rows:
        assert len(row.cells) == len(columns)
        if isinstance(row, Recipient):
            assert len(row.number) == 11
            assert row.number.isdecimal()
            assert row.number.isascii()
            assert "{{" not in (row.text or "")
        else:
            assert row.code in INVALID_CODES


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(part: int) -> None:
    dice = random.Random(part)
    files = seeds()
    for _ in range(MUTATIONS // PARTS):
        data = dice.choice(files)
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            data = mutated(data, files, dice)
        try:
            assert_clear_result(data, dice)
        except Exception as error:
            raise AssertionError(f"{data[:3000]!r}") from error
