"""Workbooks of all kinds: damaged anywhere they are read or refused, and what is taken of them is bounded."""

from __future__ import annotations

import io
import json
import random

import msgpack
import pytest

from dispatcher.roster.excel import __main__ as child
from dispatcher.roster.excel._books import open_book
from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.excel._written_rows import WrittenRows
from tests.dispatcher.roster.excel.books import content, excel_2003, row_with, table

_VALUE = "<table:table-cell office:value-type='float' office:value='12.5' table:number-columns-repeated='3'/>"
_ROW = '<Row ss:Index="3" ss:Span="2"><Cell ss:StyleID="m"><Data ss:Type="Number">1250.5</Data></Cell></Row>'
KINDS = {
    "ods": content(table(row_with(_VALUE, 'table:number-rows-repeated="4"')), root="document"),
    "xml": excel_2003(_ROW, styles='<Style ss:ID="m"><NumberFormat ss:Format="0.00;[Red]-0"/></Style>'),
    "html": "<html><table><tr><th>to<th colspan=3>v<tr><td rowspan=2>1&#50;<td>a<br>b<table><tr><td>c</table></table>",
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_byte_is_wrong_a_book_is_read_or_refused(kind: str) -> None:
    dice = random.Random(7)
    outcomes: set[str | bool] = set()
    for _ in range(400):
        broken = bytearray(KINDS[kind].encode())
        for _ in range(dice.choice((1, 2, 8))):
            broken[dice.randrange(len(broken))] = dice.choice(b'0123456789<>/"&; \x00\xff-nae')
        try:
            book = open_book(io.BytesIO(broken), kind, 1 << 20, as_typed=False)
            outcomes.add(sum(len(some) for sheet in book.sheets() for some in book.rows(sheet.part)) > 0)
        except SheetError as error:
            outcomes.add(error.code)
    assert len(outcomes) > 1, "some were read, and some not"


def test_rows_that_stand_for_many_are_handed_on_a_few_at_a_time() -> None:
    rows = WrittenRows(1 << 30)
    rows.begin()
    rows.put("x" * 1000, times=1000)
    rows.end(times=100)
    sizes = [len(some) for some in rows.taken()]
    assert sum(sizes) == 100
    assert max(sizes) <= 2
    assert list(rows.taken()) == []


def test_what_nobody_foresaw_is_a_refusal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IndexError

    monkeypatch.setattr(child, "open_book", broken)
    out = io.BytesIO()
    child.read(io.BytesIO(), "xls", 1 << 20, json.loads('{"as_typed": true}'), out)
    said = msgpack.unpackb(out.getvalue())
    assert (said["is"], said["code"]) == ("refusal", "bad_workbook")
