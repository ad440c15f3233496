"""Tables of a web page, which many systems call .xls: a page without one is still no campaign file."""

from __future__ import annotations

import pytest

from dispatcher.roster.excel._errors import SheetError
from tests.dispatcher.roster.excel.books import cell_of, refusal_of, rows_of
from tests.dispatcher.roster.reading import open_roster, read_rows

HEAD = "<tr><th>to</th><th>v</th></tr>"


def page(rows: str, before: str = "", after: str = "") -> str:
    return (
        f"<html><head>{before}</head><body><p>Export</p><table border=1>{rows}</table>{after}</body></html>"
    )


def row_with(cell: str, more: str = "") -> str:
    return f"{HEAD}<tr {more}><td>12125550101</td>{cell}</tr>"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("<td>Ann</td>", "Ann"),
        ("<TD CLASS='x' style=\"mso-number-format:'\\@'\">Ann &amp; Lee&nbsp;&#233;</TD>", "Ann & Lee é"),
        ("<td>\n  one\n  two<br>three<p>four</p>\n</td>", "one two\nthree\nfour"),
        ("<td><font><b>An</b>n</font><script>x()</script><style>y</style></td>", "Ann"),
        ("<td>&nbsp;</td>", ""),
        ("<td>Ann<!-- no --></td>", "Ann"),
        ("<td>a < b", "a < b"),
        ("<td>02139", "02139"),
    ],
)
def test_a_cell_is_what_it_shows(cell: str, shown: str) -> None:
    assert cell_of(page(row_with(cell)), "html") == shown


def test_cells_that_reach_over_others_stand_in_the_first() -> None:
    rows = (
        "<tr><td rowspan=2>a<td colspan='2'>b<td>c"
        "<tr><td>d<td rowspan=9>e<td>f"
        "<tr><td>g</td><td>h</td><td>i</td></tr>"
    )
    assert [row.cells for row in rows_of(page(rows), "html")] == [
        ["a", "b", "", "c"],
        ["", "d", "e", "f"],
        ["g", "h", "", "i"],
    ]


@pytest.mark.parametrize("text", ["Zoë", "Zoë Łuczak"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250"])
def test_a_page_is_read_in_the_encoding_that_it_names_or_fits(text: str, encoding: str) -> None:
    if "Ł" in text and encoding == "cp1252":
        encoding = "iso-8859-2"
    named = "" if encoding.startswith("utf") else f"<meta charset={encoding}>"
    data = page(row_with(f"<td>{text}</td>"), before=named).encode(encoding)
    [recipient], _ = read_rows(data, message="{{v}}")
    assert recipient.text == text


def test_a_page_that_is_not_what_it_says_is_read_as_what_fits() -> None:
    data = page(row_with("<td>Zoë</td>"), before='<meta http-equiv=c content="text/html; charset=utf-8">')
    assert cell_of(data.encode("cp1252"), "html") == "Zoë"
    with pytest.raises(SheetError) as error:
        rows_of(data.encode("cp1252") + b"\x81", "html")
    assert error.value.code == "bad_encoding"


@pytest.mark.parametrize(
    "start",
    [
        "<html xmlns:x='urn:schemas-microsoft-com:office:excel'>",
        "<style>td{}</style>",
        "<div>",
        "<!-- x -->",
        "<table>",
    ],
)
def test_pages_begin_in_many_ways(start: str) -> None:
    roster = open_roster(f"\n {start}<table>{row_with('<td>x</td>')}</table>", message="{{v}}")
    assert [row.row for row in roster] == [1]
    assert roster.form == "web page"


def test_the_table_with_the_recipients_is_found_among_others() -> None:
    frame = "<table><tr><td>Report of May<td>" + f"<table>{row_with('<td>x')}</table>" + "</table>"
    roster = open_roster(f"<html>{frame}<table></table>{page('<tr><td>Total<td>1')}", message="{{v}}")
    assert [row.line for row in roster] == [2]
    assert ("sheet", "table 2") in {(reading.setting, reading.value) for reading in roster.readings}


def test_hidden_rows_and_tables_are_left_out() -> None:
    rows = (
        row_with("<td>x") + "<tr style='DISPLAY : none'><td>12125550102<td>y<tr hidden><td>12125550103<td>z"
    )
    hidden = f"<table style='display:none'>{row_with('')}</table>"
    roster = open_roster(page(rows, after=hidden), message="Hi")
    assert [row.line for row in roster] == [2]
    assert "2 rows are hidden" in roster.remarks[0].message


@pytest.mark.parametrize("body", ["Please log in", "<table></table>", "<p><table>"])
def test_a_page_without_a_table_of_anything_is_no_campaign_file(body: str) -> None:
    refusal = refusal_of(f"<!DOCTYPE html><html><body>{body}</body></html>")
    assert (refusal.code, "a web page" in refusal.message) == ("unknown_format", True)
