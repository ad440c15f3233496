"""Rows that do not consent are left out, whichever column says so and wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster.consent_survey import ConsentSurvey
from dispatcher.roster.opening import surveyed_roster
from dispatcher.roster.readings import Reading
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.reading import campaign, open_roster, read_rows

ANN, BOB, CYD, DAN = (f"1212555010{digit}" for digit in range(1, 5))


def surveyed(file: str | bytes, **options: Any) -> Roster:
    def reopen(survey: ConsentSurvey | None) -> Roster:
        return open_roster(file, survey=survey, message="Hi", **options)

    return surveyed_roster(reopen, telling=True)


def consent_in(roster: Roster) -> list[Reading]:
    return [reading for reading in roster.readings if reading.setting == "consent"]


def outcome(file: str | bytes, **options: Any) -> dict[str, list[str]]:
    """The lines' codes, of those that go `goes`, by number."""
    found: dict[str, list[str]] = {}
    for row in surveyed(file, **options):
        code = "goes" if isinstance(row, Recipient) else row.code
        found.setdefault(row.number or "", []).append(code)
    return found


def test_a_row_that_says_no_is_skipped_and_says_which_column_said_it() -> None:
    file = f"to,Accepts SMS Marketing\n{ANN},yes\n{BOB},no\n"
    (recipient,), (row,) = read_rows(file, message="Hi")
    assert recipient.number == ANN
    assert (row.state, row.code, row.column, row.number) == (
        "skipped",
        "no_consent",
        "Accepts SMS Marketing",
        BOB,
    )
    assert row.message == "No consent to texts: the column says no."


def test_a_row_that_says_no_need_not_be_right_otherwise() -> None:
    _, (row,) = read_rows("to,SMS Opt Out\n555,yes\n", message="Hi")
    assert (row.code, row.number) == ("no_consent", None)


def test_a_row_whose_cells_are_not_under_their_headings_says_nothing_of_consent() -> None:
    _, (row,) = read_rows(f"to,SMS Opt Out\n{ANN},no,yes\n", message="Hi")
    assert row.code == "too_many_cells"


@pytest.mark.parametrize("order", [("yes", "no"), ("no", "yes"), ("", "no"), ("no", "maybe"), ("no", "no")])
def test_a_number_that_says_no_in_any_row_gets_nothing(order: tuple[str, str]) -> None:
    first, second = order
    file = f"to,SMS Consent\n{ANN},{first}\n{BOB},yes\n+1 (212) 555-0101,{second}\n"
    assert outcome(file) == {ANN: ["no_consent", "no_consent"], BOB: ["goes"]}


def test_a_number_that_says_nothing_in_one_row_and_yes_in_another_goes_once() -> None:
    file = f"to,SMS Consent\n{ANN},\n{ANN},yes\n{ANN},yes\n{ANN},\n"
    assert outcome(file) == {ANN: ["no_consent", "goes", "duplicate", "no_consent"]}


def test_read_once_only_a_no_that_came_before_is_known() -> None:
    recipients, rows = read_rows(f"to,SMS Consent\n{ANN},no\n{ANN},yes\n{BOB},yes\n{BOB},no\n", message="Hi")
    assert [row.number for row in recipients] == [BOB]
    assert [row.code for row in rows] == ["no_consent", "no_consent", "no_consent"]


def test_a_column_says_no_by_its_heading_or_by_its_cell() -> None:
    file = f"to,SMS_BLACKLISTED,Do Not Contact\n{ANN},0,\n{BOB},1,\n{CYD},0,yes\n{DAN},,no\n"
    assert outcome(file) == {ANN: ["goes"], BOB: ["no_consent"], CYD: ["no_consent"], DAN: ["goes"]}


def test_what_is_said_of_texts_counts_and_not_what_is_said_of_all_messages() -> None:
    file = f"to,Accepts Marketing,SMS Consent,OPTIN_TIME\n{ANN},no,yes,\n{BOB},yes,no,2026-01-02\n"
    assert outcome(file) == {ANN: ["goes"], BOB: ["no_consent"]}
    assert consent_in(surveyed(file))[0].value == "SMS Consent"


def test_where_one_column_says_nothing_a_yes_in_another_is_one_and_a_no_is_none() -> None:
    rows = f"{ANN},yes,\n{BOB},,yes\n{CYD},,\n{DAN},yes,no\n12125550105,yes,maybe\n"
    assert outcome(f"to,SMS Opt-In,Text Consent\n{rows}") == {
        ANN: ["goes"],
        BOB: ["goes"],
        CYD: ["no_consent"],
        DAN: ["no_consent"],
        "12125550105": ["no_consent"],
    }


def test_a_column_about_e_mail_says_nothing() -> None:
    roster = surveyed(f"to,Accepts Email Marketing,Email Opt Out\n{ANN},no,yes\n")
    assert (len(list(roster)), consent_in(roster), roster.remarks) == (1, [], ())


def test_the_recipients_own_column_is_none_of_consent() -> None:
    assert outcome(f"name,Opt In SMS Mobile\nAnn,{ANN}\n", to="Opt In SMS Mobile") == {ANN: ["goes"]}


def test_what_is_read_is_said_and_written_into_the_settings() -> None:
    file = f'to,SMS_BLACKLISTED,"Opt out, texts",Photo consent\n{ANN},0,,yes\n{BOB},0,yes,no\n'
    roster = surveyed(file)
    (reading,) = consent_in(roster)
    assert reading.why == "says who wants no messages; rows that do not agree are left out"
    assert set(reading.samples) == {"0", "yes"}
    settled = roster.settled(campaign())
    assert settled.consent == 'SMS_BLACKLISTED,"Opt out, texts"'
    assert outcome(file, consent=settled.consent) == outcome(file) == {ANN: ["goes"], BOB: ["no_consent"]}


def test_a_named_column_alone_is_read_in_the_sense_of_its_heading() -> None:
    file = f"to,SMS Consent,member,VIP opt out\n{ANN},no,yes,\n{BOB},yes,no,yes\n"
    assert outcome(file, consent="MEMBER") == {ANN: ["goes"], BOB: ["no_consent"]}
    assert outcome(file, consent="vip_opt_out") == {ANN: ["goes"], BOB: ["no_consent"]}
    assert outcome(file, consent="SMS Consent, member") == {ANN: ["no_consent"], BOB: ["no_consent"]}


def test_a_named_column_that_is_not_there_is_a_question_with_those_that_are() -> None:
    with pytest.raises(FileRefused) as caught:
        open_roster(f"to,SMS Consent\n{ANN},no\n", consent="sms consnt", message="Hi")
    assert caught.value.code == "no_such_consent_column"
    assert "did you mean 'SMS Consent'?" in caught.value.message
    assert caught.value.question is not None
    assert [choice.value for choice in caught.value.question.choices] == ["SMS Consent"]


def test_all_go_where_the_settings_say_so_and_it_is_told() -> None:
    file = f"to,SMS Consent\n{ANN},no\n{ANN},yes\n{BOB},\n"
    assert outcome(file, on_no_consent="send") == {ANN: ["goes", "duplicate"], BOB: ["goes"]}
    (remark,) = surveyed(file, on_no_consent="send").remarks
    assert remark.code == "sent_without_consent"
    assert remark.message.startswith("2 rows do not consent to texts, and are sent to")


def test_words_that_are_neither_yes_nor_no_are_counted_and_left_out() -> None:
    (remark,) = surveyed(f"to,SMS Consent\n{ANN},maybe\n{BOB},\n{CYD},maybe\n{DAN},yes\n\n").remarks
    assert remark.code == "consent_unclear"
    assert remark.message == (
        "3 rows say neither yes nor no in 'SMS Consent', and are left out: 2 “maybe”, 1 empty."
    )


@pytest.mark.parametrize(
    "cells", [["ann@example.com"], ["1 Main St 123456"], [f"word {n}" for n in range(9)]]
)
def test_what_may_tell_who_somebody_is_is_not_repeated(cells: list[str]) -> None:
    rows = "".join(f"1212555{100 + place:04},{cell}\n" for place, cell in enumerate(cells))
    roster = surveyed(f"to,SMS Consent\n{rows}")
    assert [remark.message.endswith("left out: in many different words.") for remark in roster.remarks] == [
        True
    ]
    assert len(cells) > 1 or consent_in(roster)[0].samples == ()


def test_a_heading_that_may_mean_another_consent_is_told_with_its_values_and_not_read() -> None:
    file = f"to,Photo Consent\n{ANN},yes\n{BOB},no\n{CYD},\n"
    assert outcome(file) == {ANN: ["goes"], BOB: ["goes"], CYD: ["goes"]}
    (remark,) = surveyed(file).remarks
    assert remark.code == "consent_column_unclear"
    assert (
        "'Photo Consent' may say who wants texts, and is not read as such: 1 “yes”, 1 “no”." in remark.message
    )
    assert surveyed(f"to,Consent form version\n{ANN},yes\n").remarks == ()


def test_of_a_status_only_words_count_that_can_mean_nothing_else() -> None:
    rows = f"{ANN},Active\n{BOB},Unsubscribed\n{CYD},Cancelled\n{DAN},\n"
    assert outcome(f"to,Status\n{rows}") == {ANN: ["goes"], BOB: ["no_consent"], CYD: ["goes"], DAN: ["goes"]}


def test_a_member_who_says_no_is_left_out_of_the_group() -> None:
    file = f"to,team,Text Opt-In\n{ANN},a,yes\n{BOB},a,no\n{CYD},a,yes\n"
    rows = list(surveyed(file, group_by="team"))
    assert [row.number for row in rows if isinstance(row, Recipient)] == [ANN, CYD]


@pytest.mark.parametrize("rows", [1, 5, 3000])
@pytest.mark.parametrize("quote", ["", '"'])
def test_by_blocks_the_same_rows_are_left_out(rows: int, quote: str) -> None:
    says = ("yes", "no", "", "subscribed", "Opted out", "maybe", "yes", "yes")
    lines = [f"1212234{row % 2500:04},{quote}{says[row % len(says)]}{quote}\n" for row in range(rows)]
    file = "to,SMS Consent\n" + "".join(lines)

    def told(row: Recipient | InvalidRow) -> tuple[object, ...]:
        return (row.row, row.line, row.number, getattr(row, "code", None), getattr(row, "message", None))

    blocks = surveyed(file).blocks()
    by_blocks = [
        each
        for item in blocks
        for each in (item.recipients() if isinstance(item, RecipientBlock) else (item,))
    ]
    assert list(map(told, by_blocks)) == list(map(told, surveyed(file)))
    assert len(by_blocks) == rows
