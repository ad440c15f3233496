"""XML Spreadsheet 2003: read as Excel shows it, under whatever name it comes."""

from __future__ import annotations

import pytest

from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from tests.dispatcher.roster.excel.books import cell_of, excel_2003, refusal_of, rows_of
from tests.dispatcher.roster.reading import open_roster, read_rows

HEAD = '<Row><Cell><Data ss:Type="String">to</Data></Cell><Cell><Data ss:Type="String">v</Data></Cell></Row>'
NUMBER = '<Cell><Data ss:Type="Number">12125550101</Data></Cell>'
STYLES = "".join(
    f'<Style ss:ID="{name}"><NumberFormat ss:Format="{code}"/></Style>'
    for name, code in {"d": "Short Date", "m": "Currency", "p": "0%", "z": "00000", "e": "Scientific"}.items()
)


def row_with(cell: str, more: str = "") -> str:
    return f"{HEAD}<Row {more}>{NUMBER}{cell}</Row>"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<Cell><Data ss:Type="String">Ann&#10;Lee</Data></Cell>', "Ann\nLee"),
        ('<Cell><ss:Data ss:Type="String"><html:B>An</html:B>n</ss:Data></Cell>', "Ann"),
        ('<Cell><Comment><Data>call him</Data></Comment><Data ss:Type="String">Bob</Data></Cell>', "Bob"),
        ('<Cell><Data ss:Type="String">Bob</Data><Comment><Data>call him</Data></Comment></Cell>', "Bob"),
        ('<Cell ss:StyleID="m"><Data ss:Type="Number">1250.5</Data></Cell>', "$1,250.50"),
        ('<Cell ss:StyleID="p"><Data ss:Type="Number">0.15</Data></Cell>', "15%"),
        ('<Cell ss:StyleID="z"><Data ss:Type="Number">2139</Data></Cell>', "02139"),
        ('<Cell><Data ss:Type="Number">0.30000000000000004</Data></Cell>', "0.3"),
        ('<Cell ss:StyleID="d"><Data ss:Type="DateTime">2026-12-01T00:00:00.000</Data></Cell>', "12/1/2026"),
        ('<Cell><Data ss:Type="DateTime">2026-12-01T14:30:00.000</Data></Cell>', "2026-12-01 14:30"),
        ('<Cell><Data ss:Type="Boolean">1</Data></Cell>', "TRUE"),
        ('<Cell><Data ss:Type="Error">#N/A</Data></Cell>', "#N/A"),
        ('<Cell ss:Formula="=SUM(1)"/>', NO_SAVED_VALUE),
        ('<Cell ss:Index="4"><Data ss:Type="String">far</Data></Cell>', ""),
    ],
)
def test_a_cell_is_what_it_shows(cell: str, shown: str) -> None:
    assert cell_of(excel_2003(row_with(cell), styles=STYLES), "xml") == shown


def test_rows_and_cells_stand_where_they_say() -> None:
    merged = '<Cell ss:MergeAcross="1"><Data>a</Data></Cell><Cell><Data>b</Data></Cell>'
    rows = f'<Row ss:Index="3">{merged}</Row><Row ss:Span="4"/><Row>{NUMBER}</Row>'
    found = [(row.line, row.cells) for row in rows_of(excel_2003(rows), "xml")]
    assert found == [(3, ["a", "", "b"]), (9, ["12125550101"])]


def test_all_digits_of_a_number_are_kept_whatever_it_shows() -> None:
    shown = '<Row><Cell ss:StyleID="e"><Data ss:Type="Number">2125550101</Data></Cell></Row>'
    [recipient], _ = read_rows(excel_2003(HEAD + shown, styles=STYLES), message="Hi")
    assert recipient.number == "12125550101"


def test_hidden_rows_and_sheets_are_left_out() -> None:
    options = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"
    hidden = f'<Worksheet ss:Name="Old"><Table>{row_with("")}</Table>{options}</Worksheet>'
    roster = open_roster(
        excel_2003(row_with("", 'ss:Hidden="1"') + f"<Row>{NUMBER}</Row>", more=hidden), message="Hi"
    )
    assert [row.line for row in roster] == [3]
    assert "1 row is hidden" in roster.remarks[0].message
    assert roster.form == "Excel 2003 XML"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ('<Row ss:Index="2000000"><Cell><Data ss:Type="String">a</Data></Cell></Row>', "bad_workbook"),
        ('<Row ss:Index="x"/>', "bad_workbook"),
        ('<Row><Cell ss:Index="9999"><Data ss:Type="String">a</Data></Cell></Row>', "too_many_columns"),
        ('<Row><Cell><Data ss:Type="Number">many</Data></Cell></Row>', "bad_workbook"),
        ("<Row>", "bad_workbook"),
    ],
)
def test_what_no_sheet_has_is_refused(rows: str, code: str) -> None:
    with pytest.raises(SheetError) as error:
        rows_of(excel_2003(rows), "xml")
    assert error.value.code == code


def test_entities_are_not_expanded() -> None:
    bomb = excel_2003(HEAD).replace("?><?mso", '?><!DOCTYPE x [<!ENTITY a "aaaa">]><?mso')
    assert "document type" in refusal_of(bomb).message
