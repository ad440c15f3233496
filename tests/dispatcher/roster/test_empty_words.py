"""What programs write where nothing stands counts as empty, wherever a cell is a value."""

from __future__ import annotations

import pytest

from dispatcher.model.recipient import Recipient
from dispatcher.roster._empty_words import EMPTY_WORDS, ERROR_VALUES
from tests.dispatcher.roster.reading import open_roster, read_rows

WORDS = [
    "NULL",
    "null",
    "None",
    "nan",
    "NaN",
    "N/A",
    "n/a",
    "#N/A",
    "\\N",
    "(null)",
    "undefined",
    "nil",
    "<NA>",
    "-",
    "--",
    "NA",
]
ANN, BOB = "12125550101", "12125550102"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("written", ["{}", " {} ", '"{}"'])
def test_such_a_word_is_no_value_of_a_merge_field(word: str, written: str) -> None:
    data = f"to,first_name\n{ANN},{written.format(word)}\n"
    recipients, _ = read_rows(data)
    assert [each.text for each in recipients] == ["Hi there"]
    _, rejected = read_rows(data, message="Hi {{first_name}}")
    assert [each.code for each in rejected] == ["missing_value"]


@pytest.mark.parametrize("word", WORDS)
def test_such_a_word_is_no_number_sender_media_zone_or_message(word: str) -> None:
    headings = "to,from,media_urls,timezone,message"
    recipients, rejected = read_rows(
        f"{headings}\n{ANN},{word},{word},{word},{word}\n{word},,,,Hello\n", message="Hi"
    )
    assert [each.code for each in rejected] == ["empty_number"]
    (ann,) = recipients
    assert (ann.sender, ann.media, ann.timezone, ann.text) == (None, (), None, "Hi")
    assert ann.cells == (ANN, word, word, word, word)  # as the file has them


def test_such_a_word_is_no_group() -> None:
    recipients, _ = read_rows(f"to,team\n{ANN},NULL\n{BOB},A\n", group_by="team", message="Hi")
    assert [each.group for each in recipients] == ["", "A"]


@pytest.mark.parametrize(
    "name", ["Nan", "NAN", "Null", "none", "Na", "Nil", "Dash - Lee", "N/A-Team", "0", "#1"]
)
def test_people_keep_their_names(name: str) -> None:
    roster = open_roster(f"to,first_name\n{ANN},{name}\n")
    assert [each.text for each in roster if isinstance(each, Recipient)] == [f"Hi {name}"]
    assert not roster.remarks


@pytest.mark.parametrize("error", ["#REF!", "#VALUE!", "#value!", "#NULL!", "#\u00a1VALOR!", "#WERT!"])
def test_an_error_of_a_spreadsheet_is_no_emptiness(error: str) -> None:
    _, rejected = read_rows(f"to,first_name\n{ANN},{error}\n")
    assert [each.code for each in rejected] == ["cell_error"]
    assert not EMPTY_WORDS & ERROR_VALUES


def test_what_counted_as_empty_is_told_once_with_its_words() -> None:
    rows = f"{ANN},NULL,NULL,x\n{BOB},N/A,y,NULL\n12125550103,Cyd,NULL,z\n"
    for roster in (
        open_roster(f"to,first_name,store,unused\n{rows}", message="{{first_name|}} {{store|}}!")
        for _ in "12"
    ):
        assert len(list(roster)) == 3
        (remark,) = roster.remarks
        assert remark.code == "empty_words"
        assert remark.message == (
            "4 cells count as empty, because a program wrote there that nothing is: NULL (3), N/A (1)."
        )
    plain = open_roster(f"to,first_name\n{ANN},Ann\n")
    assert len(list(plain)) == 1
    assert not plain.remarks
