"""Opt-out files of other systems: nothing lost without a word, and doubt means that nothing is sent."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from dispatcher.errors import InputError
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.pipeline.consent._optout_columns import read_date
from dispatcher.pipeline.consent.optout_csv import (
    OptOutLine,
    OptOutRemark,
    Subscribed,
    UnknownWord,
    UnusableEntry,
    opt_out_lines,
    read_opt_outs,
)
from tests.dispatcher.roster.excel.books import ods, table
from tests.dispatcher.roster.files.archives import zipped

A, B = "2125550142", "2125550143"


def read(text: str | bytes) -> list[OptOutLine]:
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
    assert read(f"phone,date\n{A},{date}\n") == [
        OptOutRemark(2, "its date cannot be read; the line counts"),
        OptOut(f"1{A}", "out", 0, "import"),
    ]


def test_both_columns_of_numbers_are_opted_out_and_a_bad_one_is_told() -> None:
    assert out(f"phone,mobile\n{A},{B}\n") == [f"1{A}", f"1{B}"]
    assert UnusableEntry(2, "this is not a US or Canadian number") in read(f"phone,mobile\n{A},12\n")


@pytest.mark.parametrize("heading", ["Teléfono", "Celular", "Numéro de téléphone", "Phone Number"])
def test_headings_of_other_languages_are_understood(heading: str) -> None:
    assert out(f"nombre,{heading}\nAnn,{A}\n") == [f"1{A}"]


def test_a_plain_list_needs_no_heading() -> None:
    assert out(f"{A}\n{B}\n") == [f"1{A}", f"1{B}"]


@pytest.mark.parametrize("source", ["=1+1", "'=1+1", "''-x", "'tis", "plain"])
def test_the_source_of_an_opt_out_comes_back_from_an_export_as_it_was(source: str) -> None:
    opt_out = OptOut(f"1{A}", "out", 1_700_000_000_000, source)
    assert read("".join(opt_out_lines([opt_out]))) == [opt_out]


def test_a_workbook_is_read() -> None:
    book, raw = Workbook(), io.BytesIO()
    for row in (["Phone", "Status"], [A, "Opted Out"], [B, "Subscribed"]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(raw)
    assert out(raw.getvalue()) == [f"1{A}"]


def test_a_list_in_an_archive_and_a_spreadsheet_of_another_program_are_read() -> None:
    rows = "".join(
        f"<table:table-row><table:table-cell><text:p>{cell}</text:p></table:table-cell></table:table-row>"
        for cell in ("Phone", A, B)
    )
    assert out(zipped(("left.ods", ods(table(rows))))) == [f"1{A}", f"1{B}"]


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


def test_a_date_in_the_future_is_told_and_none_at_all_is_not() -> None:
    told = read(f"phone,date\n{A},2999-01-01\n{B},\n")
    assert [(each.line, each.problem) for each in told if isinstance(each, OptOutRemark)] == [
        (2, "its date lies in the future; the line counts as of now")
    ]
    assert sum(isinstance(each, OptOut) for each in told) == 2


@pytest.mark.parametrize("heading", ["Subscriber", "Identifier", "Who", "", "Contacto"])
def test_of_unknown_headings_the_cells_decide(heading: str) -> None:
    assert out(f"{heading}\n{A}\n{B}\n") == [f"1{A}", f"1{B}"]
    assert out(f"name,{heading},Status\nAnn,{A},Opted Out\nBob,{B},Subscribed\n") == [f"1{A}"]


def test_two_columns_of_numbers_without_a_known_heading_are_a_question() -> None:
    with pytest.raises(InputError, match="`Who` and `Whom` both look like columns of numbers"):
        read(f"Who,Whom\n{A},{B}\n")


def test_a_column_with_anything_else_is_no_column_of_numbers() -> None:
    with pytest.raises(InputError, match="no column of numbers"):
        read(f"Who,Where\n{A},here\nnobody,there\n")


def test_an_unknown_word_counts_as_an_opt_out_and_is_named_without_anybodys_text() -> None:
    told = read(f"phone,status\n{A},Pending\n{B},{A}\n{A},Opted Out\n{B},STOP\n{A},false\n{B},archived\n")
    words = [each.word for each in told if isinstance(each, UnknownWord)]
    assert words == ["pending", "another text", "archived"]
    assert sum(isinstance(each, OptOut) for each in told) == 6


#: The shapes of other systems' exports: headings, the line of somebody who is out, of somebody who is not.
EXPORTS = {
    "Twilio": (
        "contact_id,correlation_id,sender_id,status,source,date",
        "+1{},x,MG1,opt-out,opt-out-message,2026-05-01T10:00:00Z",
        "+1{},x,MG1,opt-in,website,2026-05-01T10:00:00Z",
    ),
    "Klaviyo": (
        "Email,Phone Number,SMS Consent,SMS Consent Timestamp",
        "a@example.com,+1{},UNSUBSCRIBED,2026-05-01 10:00:00",
        "a@example.com,+1{},SUBSCRIBED,2026-05-01 10:00:00",
    ),
    "Mailchimp": (
        "Email Address,First Name,SMS Phone Number,SMS Status,UNSUB_TIME",
        "a@example.com,Ann,+1{},Unsubscribed,2026-05-01 10:00:00",
        "a@example.com,Ann,+1{},Subscribed,",
    ),
    "Attentive": (
        "phone,subscription_status,unsubscribed_at",
        "+1{},UNSUBSCRIBED,2026-05-01T10:00:00Z",
        "+1{},SUBSCRIBED,",
    ),
    "Postscript": ("phone_number,opted_in,opted_out_at", "+1{},false,2026-05-01T10:00:00Z", "+1{},true,"),
    "SimpleTexting": (
        "Phone,First Name,Status,Date Unsubscribed",
        "{},Ann,Unsubscribed,05/01/2026",
        "{},Ann,Active,",
    ),
    "EZ Texting": (
        "Phone Number,First Name,Opted Out,Opt Out Date",
        "{},Ann,Yes,5/1/2026 3:04 PM",
        "{},Ann,No,",
    ),
    "HubSpot": (
        "Record ID,Mobile Phone Number,SMS Subscription Status,Last Modified Date",
        "51,{},Opted out,2026-05-01 10:00",
        "52,{},Opted in,2026-05-01 10:00",
    ),
}


@pytest.mark.parametrize("system", EXPORTS)
def test_exports_of_other_systems_opt_out_whom_they_say_and_nobody_else(system: str) -> None:
    heading, gone, stays = EXPORTS[system]
    told = read("\n".join([heading, gone.format(A), stays.format(B), ""]))
    assert [type(each) for each in told] == [OptOut, Subscribed]
    assert [each.number for each in told if isinstance(each, OptOut)] == [f"1{A}"]
    assert [each.at_ms > 0 for each in told if isinstance(each, OptOut)] == [True]
