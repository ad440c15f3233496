"""The page about campaign files and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path

from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster._heading_grammar import naming_of
from dispatcher.roster._likeliest import Candidate
from dispatcher.roster.columns import ERROR_COLUMNS, RESERVED
from dispatcher.roster.rejections import INVALID_CODES, REFUSAL_CODES

PAGE = (Path(__file__).parents[3] / "docs" / "campaign-files.md").read_text("utf-8")


def plain(sentence: str) -> str:
    """A sentence without the places where words are put in, neither the code's nor the page's way."""
    return re.sub(r"[{}*'|\\]|!r", "", re.sub(r"\{(?:nearest|way)\}", "", sentence))


def rows_under(heading: str, begins: str = "| `") -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith(begins)]
    return [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines]


def test_every_code_of_a_row_is_documented_with_its_sentence() -> None:
    documented = {cells[0].strip("`"): plain(cells[1]) for cells in rows_under("Why a row is not sent")}
    assert documented == {code: plain(sentence) for code, sentence in INVALID_CODES.items()}


def test_every_code_of_a_file_is_documented_with_its_sentence_and_advice() -> None:
    documented = {
        cells[0].strip("`"): tuple(map(plain, cells[1:])) for cells in rows_under("Why a file is refused")
    }
    assert documented == {code: tuple(map(plain, pair)) for code, pair in REFUSAL_CODES.items()}


def test_every_reserved_column_is_documented() -> None:
    assert {name for name in ("to", *RESERVED, *ERROR_COLUMNS) if f"`{name}`" not in PAGE} == set()


def examples(kind: str) -> list[str]:
    (cells,) = (cells for cells in rows_under("Headings", f"| {kind} |") if cells)
    return re.findall("`([^`]+)`", cells[1])


def test_the_headings_given_as_examples_are_read_as_the_page_says() -> None:
    kinds = ["text messages", "mobile", "plain", "home, work, day", "not the first choice"]
    lines = [{naming.line for each in examples(kind) if (naming := naming_of(each))} for kind in kinds]
    assert [len(line) for line in lines] == [1] * len(kinds)
    assert [min(line) for line in lines] == sorted((min(line) for line in lines), reverse=True)
    asked = [Candidate(0, each, naming) for each in examples("asked for") if (naming := naming_of(each))]
    assert len(asked) == len(examples("asked for"))
    assert not any(each.may_be_meant for each in asked)
    assert [naming_of(each) for each in examples("never")] == [None] * len(examples("never"))


def test_every_setting_is_documented() -> None:
    documented = {cells[0].strip("`") for cells in rows_under("Settings")}
    names = {field.alias or name for name, field in CampaignSettings.model_fields.items()}
    assert documented == names
