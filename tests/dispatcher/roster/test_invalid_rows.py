"""What the errors file holds fails as it did until it is mended, in every dialect and for every reason."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.model.media import MediaFacts
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.rejections import INVALID_CODES
from tests.dispatcher.pipeline.preflight.test_check import ANN, BOB, CYD, checked

HEADINGS = ("=Name", "to", "message", "media_urls", "from", "timezone", "@team")
PICTURE = "https://example.com/a.jpg"
#: Code → rows that have it, by heading, and the settings under which they have it.
BAD: dict[str, tuple[list[dict[str, str]], dict[str, Any]]] = {
    "empty_number": ([{"=Name": "Ann"}], {}),
    "not_a_number": ([{"to": "call me"}], {}),
    "precision_lost": ([{"to": "1.51621E+10"}], {}),
    "extension": ([{"to": "+1 212 555 0101 x12"}], {}),
    "two_numbers": ([{"to": "212-555-0101 / 212-555-0102"}], {}),
    "too_short": ([{"to": '="555"'}], {}),
    "too_long": ([{"to": "1212555010199"}], {}),
    "bad_area_code": ([{"to": "0125550101"}], {}),
    "bad_exchange": ([{"to": "2120550101"}], {}),
    "not_mobile": ([{"to": "16002345678"}], {}),
    "unassigned": ([{"to": "12002345678"}], {}),
    "unknown_area_code": ([{"to": "12372345678"}], {}),
    "unknown_exchange": ([{"to": "16492002345"}], {"regions": "US, Turks and Caicos"}),
    "region_not_allowed": ([{"to": "18762345678"}], {}),
    "premium": ([{"to": "19002345678"}], {}),
    "toll_free": ([{"to": "18002345678"}], {}),
    "personal": ([{"to": "15332345678"}], {}),
    "fictional": ([{"to": ANN}], {"simulate": False, "senders": ("15162065575",)}),
    "too_many_cells": ([{"to": ANN, "@team": "$1", "": "250.00"}], {}),
    "bad_sender": ([{"to": ANN, "from": "999"}], {}),
    "fictional_sender": (
        [{"to": "15162065574", "from": BOB}],
        {"simulate": False, "senders": ("15162065575",)},
    ),
    "no_sender": ([{"to": ANN}], {"senders": ()}),
    "own_number": ([{"to": ANN, "from": ANN}], {}),
    "unknown_timezone": ([{"to": ANN, "timezone": "EST"}], {}),
    "missing_value": ([{"to": ANN}], {"message": "{{@team}}"}),
    "cell_error": ([{"to": ANN, "=Name": "#REF!"}], {"message": "{{=Name}}"}),
    "no_saved_value": ([{"to": NO_SAVED_VALUE}, {"to": ANN, "message": NO_SAVED_VALUE}], {}),
    "unknown_field": ([{"to": ANN, "message": "{{nobody}}"}], {}),
    "bad_template": ([{"to": ANN, "message": "{{"}], {}),
    "foreign_placeholder": ([{"to": ANN, "message": "Hi [First Name]"}], {}),
    "invisible_text": ([{"to": ANN, "message": "\u00ad\u00a0\u00ad"}], {}),
    "merge_leftover": ([{"to": ANN, "=Name": "{{x}}"}], {"message": "{{=Name}}"}),
    "text_too_long": ([{"to": ANN, "message": "x" * 1601}], {}),
    "no_content": ([{"to": ANN}], {"message": None}),
    "bad_media_url": ([{"to": ANN, "media_urls": "ftp://x/y"}], {}),
    "too_many_media": ([{"to": ANN, "media_urls": " ".join(f"{PICTURE}?{n}" for n in range(11))}], {}),
    **{
        code: ([{"to": ANN, "media_urls": f"https://example.com/{code}"}], {})
        for code in INVALID_CODES
        if code.startswith("media_")
    },
    "no_group": ([{"to": ANN}], {"group_by": "@team"}),
    "group_differs": (
        [{"to": ANN, "@team": "x"}, {"to": BOB, "@team": "x"}, {"to": CYD, "@team": "x", "message": "Other"}],
        {"group_by": "@team"},
    ),
    "group_too_large": (
        [{"to": f"12125550{100 + n}", "@team": "x"} for n in range(10)],
        {"group_by": "@team"},
    ),
}
#: What is skipped is no invalid row; the other is of the headings that a file has.
ELSEWHERE = {"duplicate", "no_consent", "ambiguous_field"}


def asked(urls: Any) -> dict[str, MediaFacts]:
    return {url: MediaFacts(invalid_code=url.rpartition("/")[2]) for url in urls if "/media_" in url}


def checked_as(code: str, data: bytes, errors_to: io.StringIO | None = None, **more: Any) -> CheckResult:
    options = {"ask_media": asked, "message": "Hi"} | BAD[code][1] | more
    return checked(data, errors_to=errors_to, **options)


def written(rows: list[dict[str, str]], separator: str = ",", line_end: str = "\r\n") -> str:
    """The rows as a file; a cell under no heading stands beyond the last one."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow([row.get(name, "") for name in HEADINGS] + ([row[""]] if "" in row else []))
    return file.getvalue()


def errors_of(code: str, data: bytes, encoding: str | None = None) -> tuple[CheckResult, bytes]:
    errors = io.StringIO(newline="")
    result = checked_as(code, data, errors, encoding=encoding)
    return result, errors.getvalue().encode()


def test_every_reason_is_tried() -> None:
    assert BAD.keys() | ELSEWHERE == INVALID_CODES.keys()


@pytest.mark.parametrize("code", BAD)
def test_a_row_that_is_not_mended_fails_again_for_the_same_reason(code: str) -> None:
    result, errors = errors_of(code, written(BAD[code][0]).encode())
    assert set(result.invalid) == {code}
    for _ in range(2):  # an errors file of an errors file is one, too
        again, errors = errors_of(code, errors)
        assert (again.invalid, again.sendable) == (result.invalid, 0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(sorted(BAD)), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(("\n", "\r\n", "\r")),
    st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252")),
    st.booleans(),
    st.text("'=+-@\t\r\n,;|\"é x", max_size=9),
)
def test_it_does_so_in_every_dialect(
    codes: list[str], separator: str, line_end: str, encoding: str, packed: bool, note: str
) -> None:
    for code in codes:
        rows = [{"=Name": note.strip("'\t\r\n ") or "x", **row} for row in BAD[code][0]]
        data = written(rows, separator, line_end).encode(encoding)
        said = encoding if encoding == "cp1252" else None
        result, errors = errors_of(code, gzip.compress(data, 1) if packed else data, said)
        again, _ = errors_of(code, errors)
        assert (again.invalid, again.sendable) == (result.invalid, 0)


def test_a_row_with_too_many_cells_keeps_them_all() -> None:
    _, errors = errors_of("too_many_cells", written([{"to": ANN, "@team": "1", "": "250.00"}]).encode())
    assert errors.decode().rstrip().endswith(",250.00")
    assert b"you owe 1" not in errors


@pytest.mark.parametrize("options", [{}, {"group_by": None}, {"group_by": None, "group_size": 2}])
def test_a_row_out_of_a_group_goes_by_itself_only_when_a_person_says_so(options: dict[str, Any]) -> None:
    _, errors = errors_of("group_differs", written(BAD["group_differs"][0]).encode())
    mended = errors.replace(b"Other", b"")
    assert checked_as("group_differs", mended, **options).invalid == {"group_differs": 1}
    released = mended.replace(b"group_differs", b"")
    result = checked_as("group_differs", released, **options)
    assert (result.invalid, result.sendable) == ({}, 1)


def test_rows_of_all_kinds_together_fail_as_they_did() -> None:
    singles = [row for code, (rows, options) in BAD.items() if not options for row in rows]
    errors = io.StringIO(newline="")
    first = checked(written(singles), errors_to=errors, ask_media=asked, message="Hi")
    again = checked(errors.getvalue(), ask_media=asked, message="Hi")
    assert Counter(first.invalid) == Counter(again.invalid)
    assert again.sendable == 0
