"""Opt-out files of other systems: nothing lost without a word, and doubt means that nothing is sent."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from dispatcher.ledger.optouts import OptOut
from dispatcher.pipeline.optout_columns import read_date
from dispatcher.pipeline.optout_file import BadLine, Entry, Subscribed, read_opt_outs

A, B = "2125550142", "2125550143"


def read(text: str | bytes) -> list[Entry]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read_opt_outs(io.BytesIO(raw), max_bytes=1 << 20))


def out(text: str | bytes) -> list[str]:
    return [entry.number for entry in read(text) if isinstance(entry, OptOut) and entry.state == "out"]


@pytest.mark.parametrize(
    "word",
    [
        "STOP",
        "opt out",
        "Opted Out",
        "optout",
        "opt-out",
        "unsubscribe",
        "UNSUBSCRIBED",
        "blocked",
        "true",
        "yes",
        "inactive",
        "whatever",
        "1",
        "",
        "baja",
    ],
)
def test_whatever_does_not_say_subscribed_is_an_opt_out(word: str) -> None:
    assert out(f"phone,status\n{A},{word}\n") == [f"1{A}"]


@pytest.mark.parametrize(
    ("heading", "word"),
    [
        ("status", "subscribed"),
        ("status", "opt-in"),
        ("SMS Consent", "true"),
        ("Accepts SMS Marketing", "yes"),
        ("Opted Out", "false"),
        ("unsubscribed", "no"),
    ],
)
def test_a_line_that_says_subscribed_changes_nothing_and_is_counted(heading: str, word: str) -> None:
    assert read(f"phone,{heading}\n{A},{word}\n") == [Subscribed(2)]


@pytest.mark.parametrize(
    ("heading", "word"), [("SMS Consent", "FALSE"), ("Accepts SMS Marketing", "no"), ("Opted Out", "TRUE")]
)
def test_consent_is_read_in_the_columns_own_sense(heading: str, word: str) -> None:
    assert out(f"phone,{heading}\n{A},{word}\n") == [f"1{A}"]


def test_consent_to_mail_says_nothing_of_texts() -> None:
    assert out(f"phone,Email Consent\n{A},true\n") == [f"1{A}"]


@pytest.mark.parametrize(
    "date",
    ["2026-05-01", "5/1/2026", "2026-05-01 10:00:00", "2026-05-01T10:00:00Z", "1777629600", "5/1/26 3:04 PM"],
)
def test_dates_are_read_in_every_form(date: str) -> None:
    day_ms = 1_777_593_600_000
    assert day_ms <= read_date(date) < day_ms + 86_400_000


@pytest.mark.parametrize("date", ["last week", "13/45/2026", "99999999999999999999", "1969-01-01"])
def test_an_unreadable_date_takes_no_opt_out_away(date: str) -> None:
    assert read(f"phone,date\n{A},{date}\n") == [OptOut(f"1{A}", "out", 0, "import")]


def test_both_columns_of_numbers_are_opted_out_and_a_bad_one_is_told() -> None:
    assert out(f"phone,mobile\n{A},{B}\n") == [f"1{A}", f"1{B}"]
    assert BadLine(2, "this is not a US or Canadian number") in read(f"phone,mobile\n{A},12\n")


@pytest.mark.parametrize("heading", ["Teléfono", "Celular", "Numéro de téléphone", "Phone Number"])
def test_headings_of_other_languages_are_understood(heading: str) -> None:
    assert out(f"nombre,{heading}\nAnn,{A}\n") == [f"1{A}"]


def test_a_plain_list_needs_no_heading() -> None:
    assert out(f"{A}\n{B}\n") == [f"1{A}", f"1{B}"]


def test_a_workbook_is_read() -> None:
    book, raw = Workbook(), io.BytesIO()
    for row in (["Phone", "Status"], [A, "Opted Out"], [B, "Subscribed"]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(raw)
    assert out(raw.getvalue()) == [f"1{A}"]


def test_a_log_of_messages_opts_out_whoever_wrote_stop_and_nobody_else() -> None:
    log = f"From,To,Body,Status,SentDate,Direction\n+1{A},+15162065570,STOP,received,2026-05-01T10:00:00Z,inbound\n"
    log += f"+1{B},+15162065570,See you,received,2026-05-01T10:00:00Z,inbound\n"
    log += f"+15162065570,+1{B},Reply STOP,sent,2026-05-01T10:00:00Z,outbound-api\n"
    assert [type(entry) for entry in read(log)] == [OptOut, Subscribed, Subscribed]
    assert out(log) == [f"1{A}"]


@pytest.mark.parametrize("heading", ["Created At", "Date of birth", "Signup date"])
def test_a_date_of_the_record_is_none_of_the_opt_out(heading: str) -> None:
    (entry,) = read(f"phone,{heading},Opted Out\n{A},2019-05-04,yes\n")
    assert isinstance(entry, OptOut)
    assert (entry.state, entry.at_ms) == ("out", 0)


def test_the_opt_outs_own_date_counts_whatever_stands_before_it() -> None:
    (entry,) = read(
        f"phone,Created At,Updated,Opted Out,Opt out date\n{A},2019-05-04,2020-05-04,yes,2025-05-04\n"
    )
    assert isinstance(entry, OptOut)
    assert entry.at_ms == read_date("2025-05-04")


def test_a_list_of_opt_outs_alone_was_made_when_its_lines_were() -> None:
    (entry,) = read(f"phone,created_at\n{A},2019-05-04\n")
    assert isinstance(entry, OptOut)
    assert entry.at_ms == read_date("2019-05-04")
