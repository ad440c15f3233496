"""A file that was checked is read the same again, with what was guessed written into its settings."""

from __future__ import annotations

import csv
import io

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatcher.errors import FileRefused
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.reading import campaign, open_roster
from tests.dispatcher.roster.workbooks import packed, sheets, texts

HEADINGS = (
    *(
        "Phone",
        "Mobile",
        "Mobile (SMS)",
        "Móvil",
        "Client Mobile",
        "Home Phone",
        "Contact",
        "Contact No",
        "Cell",
    ),
    *("Name", "Fax", "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Label", "Phone 2 - Value", "Notes; x"),
    *(
        "from|to",
        "number",
        "Phone, mobile",
        "SMS Opt In",
        "Unsubscribed",
        " Phone",
        "Parent Phone",
        "=Contact",
    ),
)
TITLES = (
    *(["Phone list"], ["Report", "2024"], ["Customers", "Region East", "Q1", "2024"], ["Contact"]),
    *(
        ["Mobile campaign", ""],
        ["Phone", "report, x", "y", "z", "w"],
        ["Name: x; y"],
        ["Contact", "Client Mobile"],
    ),
)
NUMBERS = st.integers(100, 130).map("1516555{:04d}".format)
NUMBER_CELLS = st.one_of(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "call me", "1516555"]))
OTHER_CELLS = st.sampled_from(["Bob", "", "x;y", "a,b", "José", "yes", "no", "Mobile", "two\nlines", "|"])
NUMBERED = ("phone", "mobile", "móvil", "cell", "contact", "number", "value", "fax")
Rows = list[list[str]]


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    titles = draw(st.lists(st.sampled_from(TITLES), max_size=2))
    names = draw(st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=5))
    columns = [NUMBER_CELLS if any(map(name.lower().count, NUMBERED)) else OTHER_CELLS for name in names]
    size = draw(st.sampled_from([1, 3, 31]))
    return [*titles, names, *draw(st.lists(st.tuples(*columns).map(list), min_size=size, max_size=size))]


def outcome(roster: Roster, *, by_blocks: bool = False) -> list[tuple[object, ...]]:
    said: list[tuple[object, ...]] = []
    try:
        for item in roster.blocks() if by_blocks else roster:
            if isinstance(item, RecipientBlock):
                said += zip(item.rows, item.lines, item.numbers, item.texts, strict=True)
            elif isinstance(item, Recipient):
                said.append((item.row, item.line, item.number, item.text))
            else:
                assert isinstance(item, InvalidRow)
                said.append((item.row, item.line, item.number, item.code))
    except FileRefused as refusal:
        said.append((refusal.code,))
    return said


def agrees(data: bytes | str) -> None:
    try:
        checked = outcome(open_roster(data, message="Hi"))
        frozen = open_roster(data, message="Hi").settled(campaign(message="Hi"))
    except FileRefused:
        assume(False)
    kept = CampaignSettings.model_validate_json(frozen.model_dump_json(by_alias=True))
    assert kept == frozen
    given_ = {name: getattr(kept, name) for name in ("to", "consent", "sheet", "encoding")}
    for by_blocks in (False, True):
        again = open_roster(data, message="Hi", kept=True, **given_)
        assert outcome(again, by_blocks=by_blocks) == checked


@settings(max_examples=150, deadline=None)
@given(tables(), st.sampled_from([",", ";", "\t", "|"]))
def test_a_csv_file_is_read_again_as_it_was_checked(rows: Rows, separator: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    agrees(text.getvalue())


def test_a_title_of_several_cells_is_none_of_the_headings_the_second_time_either() -> None:
    for name in ("Mobile (SMS)", "Móvil", "Client Mobile"):
        rows = [["Customers", "Region East", "Q1", "2024"], ["Name", "Home Phone", name]]
        rows += [[f"A{place}", f"1516555{place:04d}", ""] for place in range(31)]
        rows += [[f"B{place}", "", f"1516555{place:04d}"] for place in range(100, 131)]
        agrees("\n".join(map(",".join, rows)))
        agrees(packed(sheets(("List", texts(*enumerate(map(tuple, rows), 1))))))


def test_a_title_that_says_the_name_of_the_column_is_none_of_the_headings_the_second_time_either() -> None:
    agrees("Contact,2024\nContact,Phone,Name\n12125550101,,Ann\n12125550102,,Bob\n")
    agrees("Client Mobile,2024\nName,Phone,Client Mobile\nAnn,,12125550101\nBob,,12125550102\n")
