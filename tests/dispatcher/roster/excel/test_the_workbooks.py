"""What stands in a workbook is what recipients get, whichever program wrote it; what cannot be read says why."""

from __future__ import annotations

import io

import openpyxl
import pytest

from dispatcher.errors import FileRefused
from dispatcher.roster.excel._cell_values import number_text, unescaped
from dispatcher.roster.size_limits import COLUMNS_MAX
from tests.dispatcher.roster import workbooks
from tests.dispatcher.roster.reading import open_roster, read_rows
from tests.dispatcher.roster.workbooks import (
    HEAD,
    STRICT_MAIN,
    STRICT_OFFICE,
    book,
    packed,
    parts,
    relations,
    row_with,
    sheet,
)

STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="&quot;days&quot; 0.00"/></numFmts>'
    '<fills><fill/></fills><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/>'
    '<xf numFmtId="46"/></cellXfs>'
)


def text_of(data: bytes) -> str | None:
    """The one message of a file: what stands under `v`, in brackets."""
    recipients, rejected = read_rows(data, message="[{{v|}}]")
    assert not rejected
    assert [recipient.number for recipient in recipients] == ["12125550101"]
    return recipients[0].text


def refusal_of(data: bytes) -> FileRefused:
    with pytest.raises(FileRefused) as refusal:
        list(open_roster(data, message="Hi"))
    return refusal.value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c t="inlineStr"><is><t>Ann_x000D_</t></is></c>', "Ann"),
        ('<c t="inlineStr"><is><t>Ann_x000d__x000A_Lee</t></is></c>', "Ann\nLee"),
        ('<c t="inlineStr"><is><t>_x005F_x000D_</t></is></c>', "_x000D_"),
        ('<c t="inlineStr"><is><t>a_x0000_b_x001B_c</t></is></c>', "abc"),
        ('<c t="inlineStr"><is><t>_xD83D__xDE00_ _xD83D_</t></is></c>', "😀"),
        (
            '<c t="inlineStr"><is><r><rPr><b/></rPr><t>An</t></r><r><t xml:space="preserve">n L</t></r></is></c>',
            "Ann L",
        ),
        ('<c t="inlineStr"><is><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh></is></c>', "山田"),
        ('<c t="inlineStr"><v>old</v><is><t>new</t></is></c>', "new"),
        ('<c t="str"><f>A1&amp;"x"</f><v>x_x000D_</v></c>', "x"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="d"><v>2026-12-01T00:00:00</v></c>', "2026-12-01"),
        ('<c t="d"><v>2026-12-01T14:30:05</v></c>', "2026-12-01 14:30:05"),
        ("<c><v>0.30000000000000004</v></c>", "0.3"),
        ("<c><v>1.5E3</v></c>", "1500"),
        ("<c><v>007</v></c>", "7"),
        ("<c><v> 12.5 </v></c>", "12.5"),
        ('<c s="1"><v>46357</v></c>', "2026-12-01"),
        ('<c s="2"><v>46357</v></c>', "days 46357.00"),
        ('<c s="3"><v>46357.604166666664</v></c>', "12/1/2026 14:30"),
        ('<c s="3" t="d"><v>2026-12-01T14:30:00</v></c>', "12/1/2026 14:30"),
        ('<c s="4"><v>1.5</v></c>', "36:00:00"),
        ('<c s="1"/>', ""),
        ('<c s="9"><v>46357</v></c>', "46357"),
        ('<c s="1"><v>-3</v></c>', "-3"),
        ('<c t="str"><f>A1&amp;""</f><v></v></c>', ""),
    ],
)
def test_a_cell_reads_as_it_is_shown(cell: str, value: str) -> None:
    assert text_of(packed(parts(row_with(cell), styles=STYLES))) == f"[{value}]"


def test_an_error_value_rejects_its_row() -> None:
    for error, code in (("#REF!", "cell_error"), ("#N/A", "missing_value")):
        _, rejected = read_rows(packed(parts(row_with(f'<c t="e"><v>{error}</v></c>'))), message="{{v}}")
        assert [(row.line, row.code) for row in rejected] == [(2, code)]


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    data = parts(row_with('<c s="1"><v>44895</v></c>'), styles=STYLES, before='<workbookPr date1904="1"/>')
    assert text_of(packed(data)) == "[2026-12-01]"


def test_shared_texts_are_found_and_pronunciations_are_not() -> None:
    texts = "<si><t>x</t></si><si><r><t>An</t></r><r><t>n</t></r><rPh><t>no</t></rPh></si>"
    assert text_of(packed(parts(row_with('<c t="s"><v>1</v></c>'), texts=texts))) == "[Ann]"


def renamed() -> dict[str, str]:
    return {
        "_rels/.rels": relations(("officeDocument", "/Deep/Book.XML")),
        "deep\\book.xml": book('<x:sheet name="S" sheetId="1" r:id="r1"/>').replace(
            "<sheets>", '<sheets xmlns:x="y">'
        ),
        "deep/_rels/Book.xml.rels": relations(("worksheet", "../sheets/%61.xml")),
        "sheets/a.xml": sheet(row_with("<c><v>5</v></c>")),
    }


def strict() -> dict[str, str]:
    found = {
        name: text.replace(workbooks.MAIN, STRICT_MAIN)
        for name, text in parts(row_with("<c><v>5</v></c>")).items()
    }
    return {name: text.replace(workbooks.OFFICE, STRICT_OFFICE) for name, text in found.items()}


def prefixed() -> dict[str, str]:
    found = parts()
    rows = row_with("<c><v>5</v></c>").replace("</", "</x:")
    rows = rows.replace("<", "<x:").replace("<x:/x:", "</x:")
    found["xl/worksheets/sheet1.xml"] = (
        f'<x:worksheet xmlns:x="{workbooks.MAIN}"><x:dimension ref=""/><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    )
    return found


def blank_first() -> dict[str, str]:
    found = parts('<row r="1"><c r="A1"/></row>')
    both = '<sheet name="a" sheetId="1" r:id="r1"/><sheet name="b" sheetId="2" r:id="r2"/>'
    found["xl/workbook.xml"] = book(both)
    found["xl/_rels/workbook.xml.rels"] = relations(
        ("worksheet", "worksheets/sheet1.xml"), ("worksheet", "/xl/b.xml")
    )
    return found | {"xl/b.xml": sheet(row_with("<c><v>5</v></c>"))}


def without_references() -> dict[str, str]:
    return parts(
        row_with("<c><v>5</v></c>").replace(' r="1"', "").replace(' r="A2"', "").replace(' r="2"', "")
    )


def of_two_byte_characters() -> list[tuple[str, str | bytes]]:
    found = parts(row_with("<c><v>5</v></c>"))
    return [(name, '<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16") + text.encode("utf-16-le"))
            for name, text in found.items()]  # fmt: skip


@pytest.mark.parametrize(
    "make", [renamed, strict, prefixed, blank_first, without_references, of_two_byte_characters]
)
def test_however_its_parts_are_called_and_written_it_is_read(make: object) -> None:
    assert callable(make)
    assert text_of(packed(make())) == "[5]"


def test_a_row_keeps_the_number_that_it_has_in_the_sheet() -> None:
    rows = f'{HEAD}<row r="40"><c r="A40"><v>1</v></c></row>'
    assert [row.line for row in read_rows(packed(parts(rows)), message="Hi")[1]] == [40]


@pytest.mark.parametrize(
    ("files", "code", "words"),
    [
        (parts(row_with('<c t="s"><v>0</v></c>')), "bad_workbook", "sharedStrings.xml"),
        (parts(row_with('<c t="s"><v>7</v></c>'), texts="<si><t/></si>"), "bad_workbook", "does not have"),
        (parts(f'{HEAD}<row r="99999999999"/>'), "bad_workbook", "99,999,999,999"),
        (parts(f'{HEAD}<row r="2"><c r="XFE2"><v>1</v></c></row>'), "bad_workbook", "column"),
        (parts(f'{HEAD}<row r="2"><c r="XFD2"><v>1</v></c></row>'), "too_many_columns", f"{COLUMNS_MAX}"),
        (parts(row_with("<c><v>many</v></c>")), "bad_workbook", "holds none"),
        (parts("<row>"), "bad_workbook", "sheet1.xml is damaged"),
        ({"xl/workbook.bin": ""}, "unknown_format", ".xlsb"),
        ({"word/document.xml": ""}, "unknown_format", "another program"),
        (parts() | {"xl/workbook.xml": book('<sheet name="S" state="hidden" r:id="r1"/>')}, "no_sheet", "visible"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_workbook_is_said(files: dict[str, str], code: str, words: str) -> None:
    refusal = refusal_of(packed(files))
    assert refusal.code == code
    assert words in refusal.message


def test_entities_are_not_expanded() -> None:
    files = parts(HEAD)
    files["xl/worksheets/sheet1.xml"] = (
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + files["xl/worksheets/sheet1.xml"]
    )
    assert "document type" in refusal_of(packed(files)).message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "with a password",
        ),
        (b"\xef\xbb\xbf \n<html><p>to</p></html>", "a web page"),
        (b"PK\x05\x06" + bytes(18), "an empty archive"),
    ],
)
def test_what_only_calls_itself_a_workbook_is_named(data: bytes, kind: str) -> None:
    assert kind in refusal_of(data).message


def test_nothing_is_said_but_the_answer_whatever_a_workbook_holds(capfd: pytest.CaptureFixture[str]) -> None:
    made = openpyxl.Workbook()
    made.worksheets[0].append(["to"])
    made.worksheets[0].append([12125550101])
    file = io.BytesIO()
    made.save(file)
    read_rows(file.getvalue().replace(b"Default", b"Dezault"), message="Hi")
    assert capfd.readouterr() == ("", "")


def test_values_at_their_edges() -> None:
    assert [number_text(raw) for raw in ("-0.5", "1e15", "12345678901234567890", "0.00000012")] == [
        "-0.5", "1E+15", "12345678901234567890", "0.00000012",
    ]  # fmt: skip
    assert unescaped("Zoë _x and _x12_") == "Zoë _x and _x12_"


PHONES = (
    '<numFmts><numFmt numFmtId="164" formatCode="[&lt;=9999999]###-####;(###) ###-####"/>'
    '<numFmt numFmtId="165" formatCode="m/d/yy h:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>'
    '<xf numFmtId="11"/><xf numFmtId="7"/><xf numFmtId="9"/><xf numFmtId="22"/><xf numFmtId="3"/></cellXfs>'
)


@pytest.mark.parametrize(
    ("style", "shown"),
    [(0, "2125550101"), (1, "(212) 555-0101"), (2, "2.13E+09"), (3, "$2,125,550,101.00"), (4, "212555010100%"),
     (5, "2125550101"), (6, "2,125,550,101")],
)  # fmt: skip
def test_a_number_is_sent_to_by_its_digits_however_it_is_shown(style: int, shown: str) -> None:
    cell = "<v>2125550101</v></c>"
    rows = f'{HEAD}<row r="2"><c r="A2" s="{style}">{cell}<c r="B2" s="{style}">{cell}</row>'
    recipients, _ = read_rows(packed(parts(rows, styles=PHONES)), message="{{v}}")
    assert [(one.number, one.text) for one in recipients] == [("12125550101", shown)]


def test_a_day_is_nobodys_number_however_it_is_shown() -> None:
    rows = (
        f'{HEAD}<row r="2"><c r="A2" s="5"><v>46368.1875</v></c></row>'  # 12/12/2026 4:30 has eleven digits
    )
    _, rejected = read_rows(packed(parts(rows, styles=PHONES)), message="Hi")
    assert [row.code for row in rejected] == ["not_a_number"]


@pytest.mark.parametrize(
    ("cell", "before"),
    [
        ("<c><f>A2*2</f></c>", ""),
        ("<c><f>A2*2</f><v/></c>", ""),
        ("<c><f>A2*2</f><v>0</v></c>", '<calcPr fullCalcOnLoad="1"/>'),
    ],
)
def test_a_formula_that_nobody_computed_rejects_the_row_that_needs_it(cell: str, before: str) -> None:
    data = packed(parts(row_with(cell), before=before))
    _, rejected = read_rows(data, message="{{v|none}}")
    assert [(row.line, row.column, row.code) for row in rejected] == [(2, "v", "no_saved_value")]
    assert [one.text for one in read_rows(data, message="Hi")[0]] == ["Hi"]


def test_a_formula_of_a_recipient_that_nobody_computed_is_said_to_be_one() -> None:
    rows = HEAD + '<row r="2"><c r="A2"><f>B2</f></c></row>'
    assert [row.code for row in read_rows(packed(parts(rows)), message="Hi")[1]] == ["no_saved_value"]


def test_a_cell_that_names_no_style_has_the_first() -> None:
    styles = '<cellXfs><xf numFmtId="9"/></cellXfs>'
    assert text_of(packed(parts(row_with("<c><v>0.5</v></c>"), styles=styles))) == "[50%]"


def test_a_computed_zero_is_a_zero() -> None:
    assert text_of(packed(parts(row_with("<c><f>A2-A2</f><v>0</v></c>")))) == "[0]"
    uncomputed = parts(row_with("<c><f>A2-A2</f><v>0.5</v></c>"), before='<calcPr fullCalcOnLoad="1"/>')
    assert text_of(packed(uncomputed)) == "[0.5]"


FORMATS = (
    ("$#,##0.00", "1250.5", "$1,250.50"), ("0%", "0.15", "15%"), ("m/d/yyyy", "46357", "12/1/2026"),
    ("h:mm AM/PM", "0.6041666666666666", "2:30 PM"), ("m/d/yy h:mm", "46357.60416666666", "12/1/26 14:30"),
    ("00000", "2139", "02139"), ("[h]:mm", "1.5", "36:00"), ("0.00", "0.30000000000000004", "0.30"),
    ("General", "0.30000000000000004", "0.3"), ("[$-40C]d mmmm", "46357", "1 décembre"),
)  # fmt: skip


def test_cells_show_what_their_formats_say() -> None:
    codes = "".join(
        f'<numFmt numFmtId="{164 + place}" formatCode="{code}"/>'
        for place, (code, _, _) in enumerate(FORMATS)
    )
    used = "".join(f'<xf numFmtId="{164 + place}"/>' for place in range(len(FORMATS)))
    styles = f"<numFmts>{codes}</numFmts><cellXfs>{used}</cellXfs>"
    rows = HEAD + "".join(
        f'<row r="{2 + place}"><c r="A{2 + place}"><v>{12125550101 + place}</v></c>'
        f'<c r="B{2 + place}" s="{place}"><v>{raw}</v></c></row>'
        for place, (_, raw, _) in enumerate(FORMATS)
    )
    recipients, _ = read_rows(packed(parts(rows, styles=styles)), message="{{v}}")
    assert [one.text for one in recipients] == [shown for _, _, shown in FORMATS]
