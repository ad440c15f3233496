"""What a roster promises beyond the dialects of its files."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest

from dispatcher.errors import FileRefused
from dispatcher.roster.rejections import INVALID_CODES, REFUSAL_CODES
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.reading import campaign, open_roster, read_rows

ANN, BOB = "12125550101", "14165550102"


def refusal(data: bytes | str, **options: object) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        list(open_roster(data, **options))  # type: ignore[arg-type]
    return caught.value


def test_headings_are_read_before_the_first_row_is_asked_for() -> None:
    roster = open_roster(f"Phone,First Name,note\n{ANN},Ann,x\n")
    assert roster.column_names == ("Phone", "First Name", "note")
    assert [heading.meaning for heading in roster.understood] == [
        "recipient",
        "merge field, used",
        "merge field",
    ]


def test_an_option_outranks_a_column_and_a_column_the_rest() -> None:
    file = f"to,message,from,media_urls\n{ANN},Own,(516) 206-5570,https://example.com/own.jpg\n"
    settings: dict[str, Any] = {"message": "All", "media_urls": ("https://example.com/all.jpg",)}
    (by_column,), _ = read_rows(file, **settings)
    assert (by_column.text, by_column.sender) == ("Own", "15162065570")
    assert by_column.media == ("https://example.com/own.jpg",)
    fixed = frozenset({"message", "senders", "media_urls"})
    (by_option,), _ = read_rows(file, fixed=fixed, **settings)
    assert (by_option.text, by_option.sender) == ("All", None)
    assert by_option.media == ("https://example.com/all.jpg",)
    assert open_roster(file, fixed=fixed, **settings).overridden == ("from", "message", "media_urls")


def test_a_file_without_any_sender_is_refused_with_the_option_to_give() -> None:
    error = refusal(f"to\n{ANN}\n", senders=(), message="Hi")
    assert error.code == "no_sender"
    assert "--from" in error.hint


def test_a_row_without_a_sender_is_invalid_when_the_campaign_has_none() -> None:
    (recipient,), (rejected,) = read_rows(f"to,from\n{ANN},5162065575\n{BOB},\n", senders=(), message="Hi")
    assert recipient.sender == "15162065575"
    assert (rejected.code, rejected.column) == ("no_sender", "from")


def test_a_fictional_sender_is_refused_in_a_live_campaign() -> None:
    file = "to\n12125550200\n"
    assert (
        refusal(file, senders=("15165550100",), message="Hi", fictional_ok=False).code == "fictional_sender"
    )


def test_a_row_needs_a_text_or_media() -> None:
    (recipient,), (rejected,) = read_rows(
        f"to,media_urls\n{ANN},https://example.com/a.jpg\n{BOB},\n", message=None
    )
    assert recipient.text is None
    assert rejected.code == "no_content"
    assert refusal(f"to\n{ANN}\n", message=None).code == "no_content"


def test_a_message_that_renders_to_nothing_is_no_message() -> None:
    _, (rejected,) = read_rows(f"to,first_name\n{ANN},\n", message="{{first_name|}}")
    assert rejected.code == "no_content"


def test_the_group_column_is_read_trimmed_and_must_exist() -> None:
    (recipient,), _ = read_rows(f"to,House Hold\n{ANN}, Lee \n", message="Hi", group_by="household")
    assert recipient.group == "Lee"
    error = refusal(f"to,household\n{ANN},Lee\n", message="Hi", group_by="housold")
    assert error.code == "unknown_column"
    assert "'household'" in error.message


def test_a_file_over_the_row_limit_is_refused_at_the_row_too_many() -> None:
    error = refusal(f"to\n{ANN}\n\n{BOB}\n", message="Hi", max_rows=1)
    assert (error.code, error.line) == ("too_many_rows", 4)


def test_a_file_over_the_size_limit_is_refused_packed_or_not() -> None:
    file = b"to\n" + b"\n".join(b"1212555%04d" % line for line in range(100, 200)) + b"\n" * 100_000
    assert refusal(file, message="Hi", max_bytes=50_000).code == "too_large"
    assert refusal(gzip.compress(file), message="Hi", max_bytes=50_000).code == "too_large"


class Endless:
    """Rows without end: what is read of them is read by the way."""

    def __init__(self, rows: int, row: str) -> None:
        self._blocks = self._made(rows, row)

    @staticmethod
    def _made(rows: int, row: str) -> Iterator[bytes]:
        yield b"to,first_name,store\n"
        for start in range(0, rows, 1000):
            yield "".join(row.format(10_000_000 + start + i) for i in range(1000)).encode()

    def read(self, size: int = -1, /) -> bytes:
        return next(self._blocks, b"")


@pytest.mark.slow
def test_memory_stays_flat_over_a_long_file() -> None:
    roster = Roster(
        cast(BinaryIO, Endless(30_000, "1516{},Ann,North\n")),
        filename="long.csv",
        settings=campaign(),
        fictional_ok=False,
        max_bytes=1 << 40,
        max_rows=1 << 40,
    )
    tracemalloc.start()
    rows = sum(1 for _ in roster)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 30_000
    assert peak < 6 << 20


def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory() -> None:
    error = refusal(b"to,first_name\n" + b"x" * (6 << 20))
    assert (error.code, error.line) == ("cell_too_large", 2)


def test_a_message_may_span_lines_as_long_as_no_line_looks_like_a_row() -> None:
    (recipient,), _ = read_rows(f'to,message\n{ANN},"Call us:\n(212) 555-0101\nany time"\n', message=None)
    assert recipient.text == "Call us:\n(212) 555-0101\nany time"


def test_no_sentence_needs_more_than_its_words() -> None:
    words = dict.fromkeys(
        (
            *("digits", "region", "allowed", "cells", "columns", "field", "nearest", "characters", "limit"),
            *(
                "media",
                "what",
                "line",
                "members",
                "headings",
                "heading",
                "name",
                "names",
                "encoding",
                "names",
                "kind",
                "reason",
                "as_of",
                "way",
                "sheets",
                "written",
                "instead",
            ),
        ),
        "…",
    )
    for sentence in (*INVALID_CODES.values(), *(text for pair in REFUSAL_CODES.values() for text in pair)):
        assert sentence.format(**words).strip()


def plain_rows(size: int) -> bytes:
    """Headings and at least so many bytes of plain rows."""
    rows = (b"1516%07d,Ann\n" % (2_060_000 + line) for line in range(size // 16 + 1))
    return b"to,first_name\n" + b"".join(rows)


def test_a_small_file_of_two_encodings_is_refused_like_a_large_one() -> None:
    file = f"to,first_name\n{ANN},Zoë\n".encode() + f"{BOB},Zoë\n".encode("cp1252")
    error = refusal(file)
    assert (error.code, error.line) == ("bad_encoding", 3)


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_first_accent_may_stand_anywhere_even_across_two_reads(encoding: str, shift: int) -> None:
    start = plain_rows(1 << 16)
    start = start[: start.rindex(b"\n", 0, (1 << 16) - 40) + 1]
    name = "x" * ((1 << 16) - len(start) - len(f"{ANN},") - shift) + "é"
    recipients, rejected = read_rows(
        start + f"{ANN},{name}\n{BOB},Zoë\n".encode(encoding), message="{{first_name}}"
    )
    assert not rejected
    assert [recipient.text for recipient in recipients[-2:]] == [name, "Zoë"]


def test_a_file_that_changes_its_encoding_on_the_way_is_refused_at_the_line() -> None:
    file = f"to,first_name\n{ANN},Zoë\n".encode() + plain_rows(1 << 17)[14:] + f"{BOB},Zoë\n".encode("cp1252")
    error = refusal(file)
    assert (error.code, error.line) == ("bad_encoding", file.count(b"\n"))


def test_a_row_of_an_errors_file_may_end_before_the_columns_that_say_what_was_wrong() -> None:
    file = "to,first_name,error_line,error_column,error_code,error_message\n12122340101\n12122340102,Ann\n"
    recipients, rejected = read_rows(file)
    assert [recipient.number for recipient in recipients] == ["12122340101", "12122340102"]
    assert not rejected
