"""The recipients' column: named, or found by heading and content, or asked for; never the wrong one."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster._heading_grammar import label_of, naming_of
from dispatcher.roster._heading_words import SENSE_OF
from dispatcher.roster.columns import Headings, is_recipient
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.reading import campaign, open_roster
from tests.dispatcher.roster.workbooks import packed, parts

HEADINGS = Path(__file__).parents[2] / "data" / "headings.csv"
ANN, BOB, CYD = "12125550101", "14165550102", "15165550103"


def heading_rows() -> list[tuple[str, list[str], str]]:
    rows = list(csv.DictReader(HEADINGS.read_text("utf-8").splitlines()))
    return [
        (row["system"], row["heading_row"].split(separator), row["recipient_column"])
        for row in rows
        if (separator := next(sign for sign in "\t;," if row["heading_row"].count(sign) or sign == ","))
    ]


def a_file(names: list[str], *rows: list[str], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([names, *rows])
    return out.getvalue()


def opened(data: str | bytes, **options: Any) -> Roster:
    return open_roster(data, **({"message": "Hi"} | options))


def asked(data: str | bytes, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        opened(data, **options)
    return refusal.value


def column_of(names: list[str], *rows: list[str], separator: str = ",") -> str:
    """The column that is taken, `ask`, or `none`."""
    try:
        return opened(a_file(names, *rows, separator=separator)).readings[0].value
    except FileRefused as refusal:
        return (
            "ask" if refusal.question else "none" if refusal.code == "no_recipient_column" else refusal.code
        )


def numbers(names: list[str]) -> list[str]:
    return [f"1212555{100 + place:04}" for place in range(len(names))]


@pytest.mark.parametrize(("system", "names", "expected"), heading_rows())
def test_the_column_that_a_person_means_is_taken_or_asked_for(
    system: str, names: list[str], expected: str
) -> None:
    separator = random.Random(system).choice(",;\t")
    assert column_of(names, separator=separator) == expected
    if expected != "none":
        assert column_of(names, numbers(names), separator=separator) == expected


def test_a_hundred_systems_are_tried() -> None:
    assert len({system for system, _, _ in heading_rows()}) >= 100


@pytest.mark.parametrize("seed", range(20))
def test_neither_the_order_of_columns_nor_their_writing_matters(seed: int) -> None:
    dice = random.Random(seed)
    for _, names, expected in heading_rows():
        written = dict(
            zip(names, map(dice.choice([str.upper, str.lower, spaced, signed]), names), strict=True)
        )
        shuffled = dice.sample(names, len(names))
        if len(set(written.values())) == len(names):
            found = column_of([written[name] for name in shuffled])
            assert found == written.get(expected, expected), shuffled


WORDS = st.sampled_from(sorted({*SENSE_OF, "Otto", "2", "-", "#", "(", ")", ""}))


@given(st.lists(WORDS, max_size=6).map(" ".join) | st.text(max_size=250))
def test_whatever_a_heading_is_it_says_something_or_nothing(heading: str) -> None:
    naming = naming_of(heading)
    assert naming is None or label_of(heading) is None
    if any(SENSE_OF.get(word) in ("never", "about", "label") for word in heading.split()):
        assert naming is None
        assert not is_recipient(heading)


def spaced(heading: str) -> str:
    return heading.replace("_", " ").replace("-", "_").strip()


def signed(heading: str) -> str:
    return f"{heading}:" if heading.casefold() != "to" else heading


def test_a_named_column_is_taken_however_it_is_written_even_beside_one_called_to() -> None:
    roster = opened(f"to,Home Phone\n{ANN},{BOB}\n", to="home_phone")
    assert [row.number for row in roster if isinstance(row, Recipient)] == [BOB]
    (reading,) = roster.readings
    assert (reading.value, reading.guessed, reading.samples) == ("Home Phone", False, (BOB,))


def test_a_named_column_that_is_not_there_or_there_twice_is_refused() -> None:
    refusal = asked(f"phone,home_phone\n{ANN},{BOB}\n", to="home phon")
    assert (refusal.code, refusal.question) == ("no_such_column", None)
    assert "home_phone" in refusal.message
    assert asked(f"phone,Phone\n{ANN},{BOB}\n", to="phone").code == "two_columns_alike"


def test_what_was_guessed_goes_into_the_settings_and_what_needs_no_guess_does_not() -> None:
    guessed = opened(f"Phone,Mobile\n{ANN},{BOB}\n")
    assert guessed.settled(campaign()).to == "Mobile"
    assert opened(f"to,Mobile\n{ANN},{BOB}\n").settled(campaign()).to is None


def test_a_question_shows_three_cells_of_each_column_that_it_may_be() -> None:
    rows = [[f"1212555010{place}", f"1416555010{place}", "a@example.com"] for place in range(5)]
    refusal = asked(a_file(["Phone 1", "Phone 2", "Email"], *rows))
    assert refusal.question is not None
    assert refusal.question.setting == "to"
    assert [(choice.value, choice.samples) for choice in refusal.question.choices] == [
        ("Phone 1", ("12125550100", "12125550101", "12125550102")),
        ("Phone 2", ("14165550100", "14165550101", "14165550102")),
    ]


def test_an_answer_settles_the_question() -> None:
    data = a_file(["Phone 1", "Phone 2"], [ANN, BOB])
    question = asked(data).question
    assert question is not None
    for choice in question.choices:
        assert opened(data, to=choice.value).readings[0].value == choice.value


@pytest.mark.parametrize(
    ("names", "rows", "expected"),
    [
        (["Mobile", "Phone"], [["", ANN], ["", BOB]], "Phone"),
        (["Mobile", "Phone"], [["yes", ANN], ["no", BOB]], "Phone"),
        (["Phone", "Home Phone"], [["a@example.com", ANN], ["b@example.com", BOB]], "Home Phone"),
        (["Home Phone", "Work Phone"], [["", ANN], ["", BOB]], "Work Phone"),
        (["Mobile", "Phone"], [[ANN, BOB], ["", CYD], ["", "12125550104"]], "ask"),
        (["Mobile", "Phone"], [[ANN, BOB], [CYD, ""]], "Mobile"),
        (["Mobile", "Phone"], [[ANN, BOB], *([["N/A", ""]] * 6)], "Mobile"),
        (["Mobile", "Phone"], [["NULL", ANN], ["-", BOB]], "Phone"),
        (["Phone", "Contact info"], [["yes", ANN], ["no", BOB]], "ask"),
        (["Phone", "Notes"], [["yes", "likes tea"]], "Phone"),
        (["Column1", "Column2"], [["Ann", ANN], ["Bob", BOB]], "ask"),
        (["Name", "Contact"], [["Ann", ANN], ["Bob", BOB]], "Contact"),
        (["Contact", "Number"], [["Ann", "A-17"], ["Bob", "A-18"]], "none"),
        (["Contact", "Number"], [["Ann", ANN], ["Bob", BOB]], "Number"),
        (["Recipient", "Number"], [[CYD, ANN], ["", BOB]], "ask"),
        (["Recipient", "Recipient Phone"], [["Ann", ANN], ["Bob", BOB]], "Recipient Phone"),
        (["Name", "Fax"], [["Ann", ANN]], "none"),
        (["Name", "Phone Sender"], [["Ann", ANN]], "none"),
        (["SMS", "Phone"], [["yes", ANN], ["no", BOB]], "Phone"),
        (["Name", "Emergency Contact Phone"], [["Ann", ANN]], "ask"),
    ],
)
def test_what_stands_in_the_columns_decides_with_their_headings(
    names: list[str], rows: list[list[str]], expected: str
) -> None:
    assert column_of(names, *rows) == expected


def test_a_column_that_is_passed_over_because_it_is_empty_is_named_in_the_reason() -> None:
    (reading,) = opened(f"Mobile,Phone\n,{ANN}\n,{BOB}\n").readings
    assert reading.why.endswith("; no numbers in the first 2 rows of Mobile")
    (of_parents,) = opened(f"Student Cell,Parent Cell\n,{ANN}\n,{BOB}\n").readings
    assert (of_parents.value, of_parents.why) == (
        "Parent Cell",
        "its heading says mobile; no numbers in the first 2 rows of Student Cell",
    )
    assert [choice.value for choice in reading.choices] == ["Phone", "Mobile"]


def test_a_row_whose_number_stands_in_another_column_is_counted_and_not_sent() -> None:
    roster = opened(f"Default Address Phone,Phone\n,{ANN}\n,{BOB}\n{CYD},\n,\nx,\n")
    rows = list(roster)
    assert [row.number for row in rows if isinstance(row, Recipient)] == [ANN, BOB]
    assert [row.code for row in rows if isinstance(row, InvalidRow)] == ["empty_number", "empty_number"]
    (remark,) = roster.remarks
    assert remark.code == "number_elsewhere"
    assert remark.message.startswith("1 row has no number in `Phone` and one in `Default Address Phone`")
    assert opened(f"Phone\n{ANN}\n").remarks == ()


GOOGLE = ["Name", "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Label", "Phone 2 - Value"]
LABELLED = a_file(
    GOOGLE,
    ["Ann", "Mobile", ANN, "Home", "12125550199"],
    ["Bob", "Work", "12125550198", "* Móvil", BOB],
    ["Cyd", "Home", CYD, "", ""],
    ["Dan", "Home", "12125550197", "Work", "12125550196"],
    ["Eve", "Work Fax", "12125550195", "", "12125550104"],
    ["Flo", "Mobile", "12125550105", "Cell", "12125550105"],
    ["Gus", "", "", "", ""],
    ["Hal", "Home", "N/A", "Work", "12125550106"],
)


def test_of_numbers_with_labels_each_row_gets_its_mobile_one() -> None:
    roster = opened(LABELLED)
    reading = roster.readings[0]
    assert (reading.value, reading.guessed) == ("Phone - Value", True)
    rows = list(roster)
    sent = [row.number for row in rows if isinstance(row, Recipient)]
    assert sent == [ANN, BOB, CYD, "12125550104", "12125550105", "12125550106"]
    assert [(row.line, row.code) for row in rows if isinstance(row, InvalidRow)] == [
        (5, "two_numbers"),
        (8, "empty_number"),
    ]


def test_numbers_with_labels_are_read_alike_by_blocks_and_by_their_frozen_name() -> None:
    frozen = opened(LABELLED).settled(campaign()).to
    by_rows = [row.number for row in opened(LABELLED) if isinstance(row, Recipient)]
    by_blocks: list[str] = []
    for item in opened(LABELLED, to=frozen).blocks():
        by_blocks += (
            item.numbers
            if isinstance(item, RecipientBlock)
            else [item.number]
            if isinstance(item, Recipient)
            else []
        )
    assert by_blocks == by_rows


def test_one_column_of_them_can_be_named_all_the_same() -> None:
    rows = list(opened(LABELLED, to="Phone 2 - Value"))
    assert [row.number for row in rows if isinstance(row, Recipient)][:2] == ["12125550199", BOB]


def test_labels_that_never_say_mobile_leave_the_question_open() -> None:
    data = a_file(GOOGLE, ["Ann", "Home", ANN, "Work", BOB])
    question = asked(data).question
    assert question is not None
    assert [choice.value for choice in question.choices] == [
        "Phone 1 - Value",
        "Phone 2 - Value",
        "Phone - Value",
    ]


def test_an_errors_file_keeps_the_column_in_which_the_numbers_were_looked_for() -> None:
    errors = "error_line,error_column,error_code,error_message\n"
    data = f"Mobile,Phone,{errors},{ANN},2,Mobile,empty_number,x\n,{BOB},3,Mobile,empty_number,x\n"
    roster = opened(data)
    assert roster.readings[0].value == "Mobile"
    assert {row.code for row in roster if isinstance(row, InvalidRow)} == {"empty_number"}
    of_other_errors = f"Mobile,Phone,{errors},{ANN},2,,no_content,x\n"
    assert opened(of_other_errors).readings[0].value == "Mobile"


def test_a_choice_made_before_answers_what_would_be_asked_and_outranks_nothing() -> None:
    names = ["Phone", "Mobile"]
    before = {Headings(names, line=1).hash: "Phone"}
    assert opened(a_file(names, [ANN, BOB]), chosen_before=before).readings[0].value == "Mobile"
    names = ["Phone 1", "Phone 2"]
    assert asked(a_file(names, [ANN, BOB])).question
    before = {Headings(names, line=1).hash: "Phone 1"}
    data = a_file(names, [ANN, BOB])
    (reading,) = opened(data, chosen_before=before).readings
    assert (reading.value, reading.why) == ("Phone 1", "as chosen before for these headings")
    assert opened(data, chosen_before=before, to="phone 2").readings[0].value == "Phone 2"
    assert asked(a_file(["Phone 2", "Phone 1"], [ANN, BOB]), chosen_before=before).question
    gone = {Headings(names, line=1).hash: "Mobile"}
    assert asked(data, chosen_before=gone).question
    with_to = ["to", "Phone"]
    assert (
        opened(a_file(with_to, [ANN, BOB]), chosen_before={Headings(with_to, line=1).hash: "Phone"})
        .readings[0]
        .value
        == "to"
    )


def test_a_workbook_is_looked_at_ahead_and_read_whole() -> None:
    cell = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
    head = f'<row r="1">{cell.format("A1", "Mobile")}{cell.format("B1", "Phone")}</row>'
    rows = "".join(f'<row r="{n}"><c r="B{n}"><v>1212234{n:04}</v></c></row>' for n in range(2, 302))
    roster = opened(packed(parts(head + rows)))
    assert roster.readings[0].value == "Phone"
    assert sum(isinstance(row, Recipient) for row in roster) == 300


def test_semicolons_are_found_under_french_headings() -> None:
    roster = opened(f"Prénom;Nom;Courriel;Cellulaire;Téléphone\nAnn;L, M;a@example.com;{ANN};{BOB}\n")
    assert roster.form.endswith("semicolon")
    assert [row.number for row in roster if isinstance(row, Recipient)] == [ANN]


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["Phone", "first_name"], None),
        (["Phone", "Home Phone"], None),
        (["to", "Phone"], None),
        (["Phone", "Mobile"], "Mobile"),
        (["Phone", "Tél. cellulaire"], "Tél. cellulaire"),
        (["Teléfono", "Nombre"], "Teléfono"),
    ],
)
def test_a_column_that_older_programs_find_by_its_name_is_not_written_down_and_found_again(
    names: list[str], written: str | None
) -> None:
    data = a_file(names, numbers(names))
    roster = opened(data)
    settings = roster.settled(campaign(message="Hi"))
    assert settings.to == written
    again = opened(data, kept=True, to=settings.to)
    assert again.columns.to == roster.columns.to


def test_a_campaign_of_an_older_program_is_read_as_it_was_checked() -> None:
    data = a_file(["Phone", "Tél. cellulaire"], [ANN, BOB])
    assert [row.number for row in opened(data, kept=True) if isinstance(row, Recipient)] == [ANN]


@pytest.mark.parametrize("second", [BOB, ""])
def test_of_two_columns_of_one_name_neither_can_be_named(second: str) -> None:
    refusal = asked(f"Phone,Phone\n{ANN},{second}\n{CYD},\n")
    assert (refusal.code, refusal.question) == ("two_columns_alike", None)


def test_an_errors_file_of_numbers_with_labels_is_read_by_label_again() -> None:
    names = [*GOOGLE, "error_line", "error_column", "error_code", "error_message"]
    row = ["Ann", "Home", "12125550199", "Mobile", ANN, "2", "Phone 1 - Value", "too_short", "x"]
    roster = opened(a_file(names, row))
    assert [row.number for row in roster if isinstance(row, Recipient)] == [ANN]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["to", "Phone"], "its heading is `to`"),
        (["Phone", "Name"], "the only column of telephone numbers"),
        (["Phone", "Mobile"], "its heading says mobile"),
        (["Phone", "SMS Number"], "its heading says text messages"),
        (["Home Phone", "Name"], "no heading says mobile; numbers of home may be landlines"),
        (["Phone", "Work Phone", "Alt. Phone"], "by its heading before Work Phone, Alt. Phone"),
        (
            ["Phone", *(f"Phone {n}" for n in range(2, 7))],
            "by its heading before Phone 2, Phone 3, Phone 4 and 2 more",
        ),
    ],
)
def test_the_reason_says_what_was_weighed(names: list[str], why: str) -> None:
    assert opened(a_file(names, numbers(names))).readings[0].why == why
