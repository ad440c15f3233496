"""Workbooks made by hand, part by part, as programs write them and as nobody should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HIDDEN, HIDDEN_TAB = ' hidden="1"', ' state="hidden"'
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>to</t></is></c><c r="B1" t="inlineStr"><is><t>v</t></is></c></row>'


def relations(*pairs: tuple[str, str], office: str = OFFICE) -> str:
    """A relations part: kind and target each; ids are r1, r2, …"""
    lines = (
        f'<Relationship Id="r{place}" Type="{office}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(pairs, 1)
    )
    return f'<Relationships xmlns="{RELATIONS}">{"".join(lines)}</Relationships>'


def sheet(rows: str, *, main: str = MAIN) -> str:
    """A sheet part with these rows."""
    return f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'


def row_with(cell: str) -> str:
    """Headings `to` and `v`, a number, and beside it this cell."""
    return f'{HEAD}<row r="2"><c r="A2"><v>12125550101</v></c>{cell}</row>'


def book(sheets: str = '<sheet name="S" sheetId="1" r:id="r1"/>', *, before: str = "", office: str = OFFICE,
         main: str = MAIN) -> str:  # fmt: skip
    """The workbook's own part."""
    return f'<workbook xmlns="{main}" xmlns:r="{office}">{before}<sheets>{sheets}</sheets></workbook>'


def parts(rows: str = "", **more: str) -> dict[str, str]:
    """The parts of a workbook of one sheet: `texts`, `styles` and `before` as XML."""
    found = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book(before=more.get("before", "")),
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "styles.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet(rows),
    }
    if "texts" in more:
        found["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{more["texts"]}</sst>'
    if "styles" in more:
        found["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{more["styles"]}</styleSheet>'
    return found


def texts(*rows: tuple[int, tuple[str, ...]], hidden: tuple[int, ...] = ()) -> str:
    """Rows of text cells, each with its number in the sheet; empty texts are no cells."""
    return "".join(
        f'<row r="{line}"{HIDDEN if line in hidden else ""}>'
        + "".join(
            f'<c r="{chr(65 + place)}{line}" t="inlineStr"><is><t>{text}</t></is></c>'
            for place, text in enumerate(cells)
            if text
        )
        + "</row>"
        for line, cells in rows
    )


def sheets(*named: tuple[str, str], hidden: tuple[str, ...] = ()) -> dict[str, str]:
    """The parts of a workbook with these sheets: name and rows each."""
    tabs = "".join(
        f'<sheet name="{name}" sheetId="{place}" r:id="r{place}"{HIDDEN_TAB if name in hidden else ""}/>'
        for place, (name, _) in enumerate(named, 1)
    )
    found = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book(tabs),
        "xl/_rels/workbook.xml.rels": relations(
            *(("worksheet", f"worksheets/sheet{place}.xml") for place in range(1, len(named) + 1))
        ),
    }
    return found | {
        f"xl/worksheets/sheet{place}.xml": sheet(rows) for place, (_, rows) in enumerate(named, 1)
    }


def with_table(
    files: dict[str, str], reference: str, headings: tuple[str, ...], *, totals: int = 0
) -> dict[str, str]:
    """The same workbook, with an Excel table in its first sheet."""
    columns = "".join(f'<tableColumn id="{place}" name="{name}"/>' for place, name in enumerate(headings, 1))
    described = f'ref="{reference}" totalsRowCount="{totals}"'
    table = f'<table xmlns="{MAIN}" {described}><tableColumns>{columns}</tableColumns></table>'
    return files | {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(("table", "../tables/table1.xml")),
        "xl/tables/table1.xml": table,
    }


def packed(files: dict[str, str] | Iterable[tuple[str, str | bytes]]) -> bytes:
    """These parts as the file that a workbook is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
