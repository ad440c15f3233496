"""A file that is small when packed, and anything when read, costs little and is refused with a sentence."""

from __future__ import annotations

import gzip
import resource
import tempfile
import time
from typing import IO

import psutil
import pytest

from dispatcher.errors import FileRefused
from dispatcher.roster.excel import reader as workbook
from dispatcher.roster.excel.reader import ExcelRecords
from tests.dispatcher.roster.reading import open_roster
from tests.dispatcher.roster.workbooks import HEAD, packed, parts, row_with

pytestmark = pytest.mark.slow


def refusal_of(data: bytes, max_bytes: int = 1 << 30) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        list(open_roster(data, message="Hi", max_bytes=max_bytes))
    return refusal.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"to" + b"," * 1_000_000 + b"\n12125550101\n", "too_many_columns"),
        (b"to,a\n12125550101" + b"," * 1_000_000 + b"\n", "too_many_columns"),
        (b"to," + b"a" * 100_000 + b"\n12125550101,1\n", "heading_too_long"),
        (b"to\n" + b"1" * 5_000_000, "cell_too_large"),
        (gzip.compress(b"to\n" + b"\n" * 5_300_000, 1), "too_large"),
        (
            packed(parts(f'{HEAD}<row><c t="inlineStr"><is><t>{"a" * 4_900_000}</t></is></c></row>')),
            "cell_too_large",
        ),
        (packed(parts(f'{HEAD}<row r="{"1" * 4_900_000}"/>')), "bad_workbook"),
        (packed(parts(HEAD, texts="<si><t/></si>" * 1_000_000)), "too_large"),
    ],
    ids=["headings", "cells", "heading", "line", "packed", "cell", "attribute", "texts"],
)
def test_a_small_file_that_grows_is_refused(data: bytes, code: str) -> None:
    assert refusal_of(data, max_bytes=5 << 20).code == code


def test_a_sentence_about_many_long_headings_stays_short() -> None:
    headings = ",".join(f"{'h' * 1900}{place}" for place in range(300))
    assert len(refusal_of(f"{headings}\n1\n".encode()).message) < 4000


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def reader_of(data: bytes) -> ExcelRecords:
    file = workbook_file(data)
    return ExcelRecords(file, max_bytes=1 << 30)


def workbook_file(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the reader closes it
    file.write(data)
    file.flush()
    file.seek(0)
    return file


@pytest.mark.parametrize("name", ["SHEET_CPU_SECONDS", "SHEET_MEMORY_MB"])
def test_a_reader_at_its_limit_is_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    limits = {"SHEET_CPU_SECONDS": 60, "SHEET_MEMORY_MB": 768} | {name: 1 if "CPU" in name else 60}
    code = (
        f"import dispatcher.roster.size_limits as b\n"
        f"b.SHEET_CPU_SECONDS, b.SHEET_MEMORY_MB = {limits['SHEET_CPU_SECONDS']}, {limits['SHEET_MEMORY_MB']}\n"
        f"from dispatcher.roster.excel.__main__ import main\nmain()"
    )
    monkeypatch.setattr(workbook, "_RUN", ("-c", code))
    texts = "".join(f"<si><t>{place:0100}</t></si>" for place in range(900_000))
    with pytest.raises(FileRefused) as refusal:
        list(reader_of(packed(parts(HEAD, texts=texts))))
    assert refusal.value.code == "too_much_work"


def test_a_reader_ends_with_whoever_reads_and_with_what_the_pulse_raises() -> None:
    rows = HEAD + '<row><c r="A2"><v>1</v></c></row>' * 200_000
    others = children()
    records = iter(reader_of(packed(parts(rows))))
    assert next(records)[0] == 1
    started = children() - others
    assert started
    records.close()  # type: ignore[attr-defined]
    assert not started & children()


class _NobodyWaitsError(Exception):
    pass


def test_what_the_pulse_raises_ends_a_reader_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_RUN", ("-c", "import time; time.sleep(60)"))

    def pulse() -> None:
        raise _NobodyWaitsError

    start = time.monotonic()
    with pytest.raises(_NobodyWaitsError):
        list(ExcelRecords(workbook_file(packed(parts(row_with("")))), max_bytes=1 << 20, pulse=pulse))
    assert time.monotonic() - start < 30


def test_the_process_that_asks_needs_little_memory_for_a_bomb() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusal_of(packed(parts(f"{HEAD}<row><c><v>{'1' * 50_000_000}</v></c></row>")))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000
