"""OpenDocument spreadsheets: what is seen is what is sent, and a few bytes never become a flood."""

from __future__ import annotations

import io

import pytest

from dispatcher.roster.excel._books import open_book
from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from tests.dispatcher.roster.excel.books import (
    HEAD,
    LOCKED,
    MANIFEST,
    NUMBER,
    cell_of,
    content,
    ods,
    refusal_of,
    row_with,
    rows_of,
    table,
)
from tests.dispatcher.roster.reading import open_roster, read_rows
from tests.dispatcher.roster.workbooks import packed

RUBY = "<text:ruby><text:ruby-base>山</text:ruby-base><text:ruby-text>yama</text:ruby-text></text:ruby>"
FLOAT = 'office:value-type="float" office:value='


def cell(inside: str, more: str = "") -> str:
    return f"<table:table-cell {more}>{inside}</table:table-cell>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (cell("<text:p>Ann</text:p>"), "Ann"),
        (cell("<text:p>$1,250.50</text:p>", f'{FLOAT}"1250.5"'), "$1,250.50"),
        (cell("<text:p>An<text:span>n</text:span> <text:a>Lee</text:a></text:p>"), "Ann Lee"),
        (cell("<text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>"), "a   b\tc\nd"),
        (cell("<text:p>\n  one\n  two</text:p><text:p>three</text:p>"), "one two\nthree"),
        (cell(f"<text:p>{RUBY}</text:p>"), "山"),
        (cell("<office:annotation><text:p>call him</text:p></office:annotation><text:p>Bob</text:p>"), "Bob"),
        (cell("<text:p>Bob<office:annotation><text:p>call him</text:p></office:annotation></text:p>"), "Bob"),
        (cell("<text:p>Bob</text:p><draw:frame xmlns:draw='d'><text:p>logo</text:p></draw:frame>"), "Bob"),
        ("<table:covered-table-cell><text:p>under another</text:p></table:covered-table-cell>", ""),
        (cell("", f'{FLOAT}"0.30000000000000004"'), "0.3"),
        (cell("", 'office:value-type="percentage" office:value="0.15"'), "15%"),
        (cell("", 'office:value-type="date" office:date-value="2026-12-01T00:00:00"'), "2026-12-01"),
        (cell("", 'office:value-type="time" office:time-value="PT36H05M00S"'), "36:05:00"),
        (cell("", 'office:value-type="boolean" office:boolean-value="true"'), "TRUE"),
        (cell("", 'office:value-type="string" office:string-value="Ann"'), "Ann"),
        (cell("", 'table:formula="of:=SUM(1)"'), NO_SAVED_VALUE),
        (cell("<text:p/>", 'table:formula="of:=&quot;&quot;" office:value-type="string"'), ""),
        (cell("<text:p>Err:502</text:p>", 'office:value-type="string" calcext:value-type="error"'), "#VALUE!"),
        (cell("<text:p>#N/A</text:p>", 'office:value-type="string" calcext:value-type="error"'), "#N/A"),
    ],
)  # fmt: skip
def test_a_cell_is_what_it_shows(written: str, shown: str) -> None:
    assert cell_of(ods(table(row_with(written))), "ods") == shown


def test_all_digits_of_a_number_are_kept_whatever_it_shows() -> None:
    shown = cell("<text:p>1.52E+10</text:p>", f'{FLOAT}"15162065574"')
    book = ods(table(f"{HEAD}<table:table-row>{shown}{cell('<text:p>Ann</text:p>')}</table:table-row>"))
    assert [recipient.number for recipient in read_rows(book, message="Hi")[0]] == ["15162065574"]
    assert rows_of(book, "ods", as_typed=True)[1].cells[0] == "15162065574"


def test_hidden_and_filtered_rows_are_left_out_and_counted() -> None:
    rows = HEAD + "".join(
        f"<table:table-row {more}>{NUMBER.replace('0101', f'010{place}')}</table:table-row>"
        for place, more in enumerate(
            ("", 'table:visibility="filter"', 'table:visibility="collapse"', 'table:visibility="visible"')
        )
    )
    roster = open_roster(ods(table(rows)), message="Hi")
    assert [row.line for row in roster] == [2, 5]
    assert "2 rows are hidden" in roster.remarks[0].message
    assert len(read_rows(ods(table(rows)), message="Hi", hidden_rows=True)[0]) == 4


def test_sheets_have_names_and_hidden_ones_are_not_read() -> None:
    hidden = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    data = ods(
        table(row_with(""), "Old", 'table:style-name="ta2"'),
        table("", "Notes"),
        table(row_with(cell("<text:p>x</text:p>")), "People"),
        "<table:dde-links><table:table><table:table-row/></table:table></table:dde-links>",
        styles=hidden,
    )
    sheets = open_book(io.BytesIO(data), "ods", 1 << 20, as_typed=False).sheets()
    assert [(sheet.name, sheet.is_visible) for sheet in sheets] == [
        ("Old", False), ("Notes", True), ("People", True), ("", False),
    ]  # fmt: skip
    assert rows_of(data, "ods", place=2)[1].cells == ["12125550101", "x"]
    assert len(read_rows(data, message="Hi", sheet="Old")[0]) == 1


def test_a_table_in_a_cell_is_no_sheet_and_none_of_its_cells_is_read() -> None:
    nested = cell("<text:p>a</text:p>" + table(row_with("")))
    data = ods(table(row_with(nested)), table(row_with(""), "Other"))
    book = open_book(io.BytesIO(data), "ods", 1 << 20, as_typed=False)
    assert [sheet.name for sheet in book.sheets()] == ["People", "Other"]
    assert cell_of(data, "ods") == "a"
    assert len(rows_of(data, "ods", place=1)) == 2


def test_what_stands_for_many_is_many() -> None:
    twice = '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>'
    far = '<table:table-cell table:number-columns-repeated="16380"/>'
    rows = f'{HEAD}<table:table-row table:number-rows-repeated="3">{NUMBER}{twice}{far}</table:table-row>'
    rows += f'<table:table-row table:number-rows-repeated="1048570">{far}</table:table-row>'
    found = rows_of(ods(table(rows)), "ods")
    assert [(row.line, len(row.cells)) for row in found] == [(1, 2), (2, 3), (3, 3), (4, 3)]
    later = (
        f'<table:table-row table:number-rows-repeated="9"><table:table-cell/></table:table-row>{row_with("")}'
    )
    assert [row.line for row in rows_of(ods(table(later)), "ods")] == [10, 11]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (f'<table:table-row table:number-rows-repeated="999999999">{NUMBER}</table:table-row>', "bad_workbook"),
        (
            f'<table:table-row table:number-rows-repeated="1000000">{NUMBER * 20}</table:table-row>',
            "too_large",
        ),
        (
            '<table:table-row><table:table-cell table:number-columns-repeated="9999999"><text:p>x</text:p>'
            "</table:table-cell></table:table-row>",
            "too_many_columns",
        ),
        (row_with(cell('<text:p>a<text:s text:c="999999999"/><text:s text:c="999"/></text:p>')), "cell_too_large"),
        (row_with(cell("", f'{FLOAT}"many"')), "bad_workbook"),
    ],
)  # fmt: skip
def test_a_few_bytes_do_not_become_a_flood(rows: str, code: str) -> None:
    with pytest.raises(SheetError) as error:
        rows_of(ods(table(rows)), "ods")
    assert error.value.code == code


def test_one_document_without_an_archive_reads_the_same() -> None:
    flat = content(table(row_with(cell("<text:p>Zoë</text:p>"))), root="document").replace(
        "<office:document ",
        '<office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet" ',
    )
    roster = open_roster(flat, message="{{v}}")
    assert (roster.form, [row.row for row in roster]) == ("OpenDocument spreadsheet", [1])


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (ods(**{MANIFEST: LOCKED}), "unknown_format", "a password"),
        (packed({"mimetype": "x", MANIFEST: LOCKED}), "unknown_format", "a password"),
        (packed({"mimetype": "x", "content.xml": content(body="text")}), "unknown_format", "another program"),
        (packed({"mimetype": "application/epub+zip"}), "unknown_format", "another program"),
        (ods(table(HEAD))[:-60], "bad_workbook", "cut off"),
        (packed({"mimetype": "x", "content.xml": content(table(HEAD))[:-30]}), "bad_workbook", "is damaged"),
        (packed({"mimetype": "x", "content.xml": '<!DOCTYPE x [<!ENTITY a "b">]>' + content()[38:]}),
         "bad_workbook", "document type"),
        (ods(), "no_sheet", "no visible sheet"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data: bytes, code: str, said: str) -> None:
    refusal = refusal_of(data)
    assert refusal.code == code
    assert said in refusal.message
