"""Which sheet of a workbook is read, from which row on, and which rows nobody sees."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster.readings import Reading
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.reading import campaign, open_roster, read_rows
from tests.dispatcher.roster.workbooks import packed, sheets, texts, with_table

EAST = texts((1, ("phone", "store")), (2, ("12125550101", "East")), (3, ("12125550102", "East")))
WEST = texts((1, ("phone", "store")), (2, ("13035550101", "West")))
COVER = texts(
    (1, ("Spring campaign",)), (3, ("Prepared by", "Ann Lee")), (4, ("Read me", "Texts go out on Monday"))
)
FIELDS = texts((1, ("Field", "Meaning")), (2, ("Phone", "where we text to")))


def lines_of(data: bytes, **options: Any) -> list[int]:
    return [recipient.line for recipient in read_rows(data, message="Hi", **options)[0]]


def of_sheets(roster: Roster) -> list[Reading]:
    return [reading for reading in roster.readings if reading.setting == "sheet"]


def refusal_of(data: bytes, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        open_roster(data, message="Hi", **options)
    return refusal.value


def test_of_two_sheets_that_are_as_likely_a_person_says_which() -> None:
    data = packed(sheets(("East", EAST), ("West", WEST)))
    refusal = refusal_of(data)
    assert (refusal.code, refusal.message) == (
        "which_sheet",
        "Several sheets could hold the recipients: East, West.",
    )
    assert refusal.question is not None
    assert refusal.question.setting == "sheet"
    assert [choice.value for choice in refusal.question.choices] == ["East", "West"]
    assert refusal.question.choices[1].samples == ("phone | store", "13035550101 | West")
    roster = open_roster(data, sheet="West", message="{{store}}")
    assert [row.cells for row in roster] == [("13035550101", "West")]
    assert [(one.setting, one.value, one.guessed) for one in of_sheets(roster)] == [("sheet", "West", False)]


@pytest.mark.parametrize("name", ["Data ", " Data", "\u00a0Data", "data"])
def test_a_sheet_that_was_found_is_the_one_that_is_read_later(name: str) -> None:
    parts = sheets(("Data", EAST), (name, WEST), ("About", COVER), hidden=("Data",))
    frozen = open_roster(packed(parts), message="Hi").settled(campaign())
    again = CampaignSettings.model_validate_json(frozen.model_dump_json(by_alias=True))
    assert again == frozen
    assert again.sheet == name
    assert [row.number for row in read_rows(packed(parts), message="Hi", sheet=again.sheet)[0]] == [
        "13035550101"
    ]


@pytest.mark.parametrize(
    "others", [(("About", COVER),), (("Fields", FIELDS),), (("About", COVER), ("Fields", FIELDS))]
)
def test_a_sheet_without_recipients_does_not_win_because_it_is_the_first(
    others: tuple[tuple[str, str], ...],
) -> None:
    roster = open_roster(packed(sheets(*others, ("List", EAST))), message="Hi")
    assert [row.line for row in roster] == [2, 3]
    (reading,) = of_sheets(roster)
    assert (reading.setting, reading.value, reading.guessed) == ("sheet", "List", True)
    assert reading.why == "no other sheet has a column of telephone numbers"
    assert [choice.value for choice in reading.choices] == [*(name for name, _ in others), "List"]


@pytest.mark.parametrize("number", ["", "call the office"])
def test_a_list_whose_first_numbers_are_missing_is_a_list_all_the_same(number: str) -> None:
    leads = texts(
        (1, ("Leads",)), (2, ("Name", "Phone")), *((line, ("Ann", number)) for line in range(3, 80))
    )
    assert refusal_of(packed(sheets(("Staff", EAST), ("Leads", leads)))).code == "which_sheet"


def test_a_sheet_of_headings_only_is_no_list() -> None:
    assert lines_of(packed(sheets(("Template", texts((1, ("phone", "store")))), ("List", EAST)))) == [2, 3]


def test_where_no_sheet_has_recipients_the_first_is_read_and_says_what_it_has() -> None:
    refusal = refusal_of(packed(sheets(("About", COVER), ("More", COVER))))
    assert refusal.code == "no_recipient_column"


def test_one_visible_sheet_with_cells_is_no_choice() -> None:
    roster = open_roster(
        packed(sheets(("Old", WEST), ("Empty", ""), ("List", EAST), hidden=("Old",))), message="Hi"
    )
    assert [row.line for row in roster] == [2, 3]
    assert of_sheets(roster) == []


def test_a_sheet_is_named_as_its_tab_is_also_a_hidden_one() -> None:
    data = packed(sheets(("East", EAST), ("Old &amp; new", WEST), hidden=("Old &amp; new",)))
    assert lines_of(data, sheet="Old & new") == [2]
    assert lines_of(data, sheet=" old & NEW ") == [2]
    refusal = refusal_of(data, sheet="North")
    assert (refusal.code, refusal.hint) == ("no_such_sheet", "use one of: East, Old & new")


def test_the_column_that_is_named_tells_the_sheet() -> None:
    other = texts((1, ("phone", "Handy")), (2, ("", "12125550103")))
    assert lines_of(packed(sheets(("East", EAST), ("More", other))), to="Handy") == [2]


FILTERED = texts(
    (1, ("phone", "v")),
    (2, ("12125550101", "a")),
    (3, ("12125550102", "b")),
    (4, ("12125550103", "c")),
    hidden=(2, 4),
)


def test_rows_that_nobody_sees_are_left_out_and_counted() -> None:
    roster = open_roster(packed(sheets(("S", FILTERED))), message="Hi")
    assert [row.line for row in roster] == [3]
    (remark,) = roster.remarks
    assert remark.code == "hidden_rows"
    assert remark.message.startswith("2 rows are hidden in the sheet")


def test_rows_that_nobody_sees_are_sent_to_if_one_says_so() -> None:
    roster = open_roster(packed(sheets(("S", FILTERED))), message="Hi", hidden_rows=True)
    assert [row.line for row in roster] == [2, 3, 4]
    assert roster.remarks == ()


def test_a_sheet_of_which_nobody_sees_a_row_says_so() -> None:
    rows = FILTERED.replace('<row r="3">', '<row r="3" hidden="true">')
    with pytest.raises(FileRefused) as refusal:
        list(open_roster(packed(sheets(("S", rows))), message="Hi"))
    assert refusal.value.code == "only_hidden_rows"


def test_a_row_without_height_is_one_that_nobody_sees() -> None:
    rows = EAST.replace('<row r="2">', '<row r="2" ht="0" customHeight="1">')
    assert lines_of(packed(sheets(("S", rows)))) == [3]


def test_headings_that_nobody_sees_are_headings_all_the_same() -> None:
    rows = texts((1, ("phone", "v")), (2, ("12125550101", "a")), hidden=(1,))
    assert lines_of(packed(sheets(("S", rows)))) == [2]


TITLED = texts(
    (1, ("Spring customers 2026",)),
    (2, ("Recipients",)),
    (4, ("Name", "Phone")),
    (5, ("Ann", "12125550101")),
    (6, ("Bob", "12125550102")),
    (7, ("Total", "2")),
)


def test_a_title_above_the_headings_is_none_of_the_rows() -> None:
    recipients, rejected = read_rows(packed(sheets(("S", TITLED))), message="{{name}}")
    assert [(one.line, one.text) for one in recipients] == [(5, "Ann"), (6, "Bob")]
    assert [(row.line, row.code) for row in rejected] == [(7, "too_short")]


def test_a_tables_total_is_none_of_its_rows() -> None:
    files = with_table(sheets(("S", TITLED)), "A4:B7", ("Name", "Phone"), totals=1)
    recipients, rejected = read_rows(packed(files), message="{{name}}")
    assert [one.line for one in recipients] == [5, 6]
    assert rejected == []


def test_a_table_with_more_totals_than_there_can_be_has_none() -> None:
    files = with_table(sheets(("S", TITLED)), "A4:B7", ("Name", "Phone"), totals=10**20)
    assert lines_of(packed(files)) == [5, 6]


def test_a_table_says_where_its_headings_are_and_rows_below_it_still_count() -> None:
    rows = texts(
        (1, ("phone", "see below")),
        (3, ("Name", "Phone")),
        (4, ("Ann", "12125550101")),
        (6, ("Bob", "12125550102")),
    )
    files = with_table(sheets(("S", rows)), "A3:B4", ("Name", "Phone"))
    assert lines_of(packed(files)) == [4, 6]


def test_a_table_may_stand_anywhere_in_its_sheet() -> None:
    rows = texts((1, ("", "", "Spring")), (5, ("", "", "Name", "Phone")), (6, ("", "", "Ann", "12125550101")))
    files = with_table(sheets(("S", rows)), "C5:D6", ("Name", "Phone"))
    assert [one.text for one in read_rows(packed(files), message="{{name}}")[0]] == ["Ann"]


def test_a_recipient_above_a_table_is_no_title() -> None:
    rows = texts(
        (1, ("phone", "v")), (2, ("12125550101", "a")), (4, ("Name", "Phone")), (5, ("Bob", "12125550102"))
    )
    files = with_table(sheets(("S", rows)), "A4:B5", ("Name", "Phone"))
    assert lines_of(packed(files)) == [2]
