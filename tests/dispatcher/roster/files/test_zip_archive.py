"""A campaign file packed in a zip archive is read as it would be by itself, and what cannot be unpacked says why."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import FileRefused
from tests.dispatcher.roster.files.archives import CSV, flagged, zipped
from tests.dispatcher.roster.reading import open_roster, read_rows

WORKBOOK = (Path(__file__).parents[3] / "data" / "roster" / "numbers.xlsx").read_bytes()
LONG = CSV + b"".join(b"1212%07d,Ann\n" % (5_550_101 + row) for row in range(99))
DAMAGED = zipped(("spring.csv", LONG)).replace(zlib.compress(LONG)[40:60], b"\xff" * 20)


def refusal_of(data: bytes, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        list(open_roster(data, **options))
    return refusal.value


@pytest.mark.parametrize(
    "archive",
    [
        zipped(("spring.csv", CSV)),
        zipped(("spring", CSV)),
        zipped(("SPRING.TSV", CSV.replace(b",", b"\t")), ("logo.png", b"\x89PNG")),
        zipped(("exports/", b""), ("exports/spring.txt", CSV)),
        zipped(("spring.csv", CSV), ("__MACOSX/._spring.csv", b"x"), (".DS_Store", b"x"), ("a/Thumbs.db", b"x")),
        zipped(("spring.csv", CSV), method=zipfile.ZIP_STORED),
        zipped(("spring.csv.gz", gzip.compress(CSV, mtime=0))),
        zipped(("spring.csv.zip", zipped(("spring.csv", CSV)))),
        gzip.compress(zipped(("spring.csv", CSV)), mtime=0),
        zipped(("spring.csv", CSV.decode().encode("utf-16"))),
    ],
)  # fmt: skip
def test_the_one_campaign_file_of_an_archive_is_read(archive: bytes) -> None:
    [recipient], rejected = read_rows(archive)
    assert (recipient.number, recipient.line, recipient.text) == ("12125550101", 2, "Hi Ann")
    assert not rejected


def test_a_workbook_in_an_archive_is_a_workbook() -> None:
    recipients, _ = read_rows(zipped(("spring.xlsx", WORKBOOK)), message="Hi")
    assert [recipient.number for recipient in recipients] == ["12125550101", "14165550102"]


def test_several_files_are_named_and_none_of_them_is_guessed() -> None:
    refusal = refusal_of(zipped(("subscribed.csv", CSV), ("unsubscribed.csv", CSV), ("read me.pdf", b"x")))
    assert refusal.code == "several_files"
    assert "subscribed.csv, unsubscribed.csv." in refusal.message
    many = refusal_of(zipped(*((f"{'x' * 90}{number}.csv", CSV) for number in range(12))))
    assert "and 7 more" in many.message
    assert len(many.message) < 300


@pytest.mark.parametrize(
    ("archive", "code", "said"),
    [
        (zipped(), "unknown_format", "an empty archive"),
        (zipped(("folder/", b"")), "unknown_format", "an archive without a file"),
        (flagged(zipped(("spring.csv", CSV)), encrypted=True), "unknown_format", "with a password"),
        (flagged(zipped(("spring.csv", CSV)), method=14), "bad_zip", "method 14"),
        (zipped(("spring.csv", CSV))[:-30], "bad_zip", "cut off"),
        (zipped(("spring.csv", CSV))[:20], "bad_zip", "cut off"),
        (DAMAGED, "bad_zip", "damaged"),
        (zipped(*((f"{number}", b"") for number in range(22_000))), "bad_zip", "too many files"),
        (zipped(("Index/Document.iwa", b"x")), "unknown_format", "a Numbers document"),
        (zipped(("a.zip", zipped(("b.zip", zipped(("c.csv", CSV)))))), "unknown_format", "an archive in an archive"),
    ],
)  # fmt: skip
def test_what_cannot_be_unpacked_says_why(archive: bytes, code: str, said: str) -> None:
    refusal = refusal_of(archive)
    assert refusal.code == code
    assert said in refusal.message


def test_an_archive_unpacks_to_no_more_than_a_file_may_be() -> None:
    bomb = zipped(("spring.csv", CSV + b"\n" * (4 << 20)))
    assert len(bomb) < 64 << 10
    assert refusal_of(bomb, max_bytes=1 << 20).code == "too_large"
