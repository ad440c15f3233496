"""What the documents say of the layout is so: they name the files, packages, queues and states that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.queues import QUEUE_NAMES
from tests.documents.shown import DOCUMENTS, TOP, section

PAGE = TOP / "docs" / "architecture.md"
#: Where a path that a document names may begin.
BEGINNINGS = [TOP, TOP / "dispatcher", TOP / "dispatcher" / "ledger", TOP / "dispatcher" / "ledger" / "lua"]
#: What stands under one of these names belongs to an installation or to a test that has it made.
NOT_OURS = (
    ".mms",
    "valkey/",
    "witness/",
    "uploads/",
    "spool/",
    "run/",
    "logs/",
    "beat/",
    "dist/",
    "benchmarks/results/",
)
ENDINGS = (".py", ".lua", ".html", ".md", ".toml", ".tsv", ".csv", ".yml", ".css", ".js", "/")


@cache
def files() -> frozenset[str]:
    """The names of all files of ours."""
    return frozenset(
        file.name for folder in ("dispatcher", "tasks", "tests", "docs", ".") for file in _in(TOP / folder)
    )


def _in(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder == TOP else folder.rglob("*")


def named_files(text: str) -> Iterator[str]:
    """Files and folders that stand as `such/a/path.py` or `path.py`."""
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for name in re.findall(r"`(\.?[\w*][\w./*-]*)`", prose):
        ours = ENDINGS if "/" in name else (".py", ".lua")
        if name.endswith(ours) and not name.startswith(NOT_OURS):
            yield name


def is_there(name: str) -> bool:
    """Whether a document that says so finds it."""
    if "/" not in name:
        return name in files()
    return any(list(beginning.glob(name.rstrip("/"))) for beginning in BEGINNINGS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_every_file_that_a_document_names_is_in_the_tree(document: Path) -> None:
    missing = [name for name in named_files(document.read_text("utf-8")) if not is_there(name)]
    assert missing == []


def test_a_file_that_is_not_there_is_missed() -> None:
    text = "`ledger/ledger.py`, `claim.lua`, `ledger/gone.py`\n\n```sh\n`x.py`\n```\n\n`gone.lua`, `mms up`\n"
    assert [name for name in named_files(text) if not is_there(name)] == ["ledger/gone.py", "gone.lua"]


def test_the_tree_has_every_package_and_no_other() -> None:
    (block,) = (each for each in section(PAGE, "The tree") if each.language == "text")
    drawn, above = [], [""] * 3
    for line in block.lines:
        found = re.match(r"( *)([a-z_]+)/", line)
        assert found, line
        depth = len(found[1]) // 2
        above[depth] = found[2]
        drawn.append("/".join(above[: depth + 1]))
    there = [file.parent for top in ("dispatcher", "tasks") for file in TOP.glob(f"{top}/**/__init__.py")]
    assert sorted(set(drawn)) == sorted(str(folder.relative_to(TOP)) for folder in there)


def test_the_readme_has_a_line_for_every_package_at_the_top() -> None:
    rows = re.findall(r"^\| `dispatcher/(\w+)/` \|", (TOP / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(file.parent.name for file in TOP.glob("dispatcher/*/__init__.py"))


def _states(heading: str) -> set[str]:
    (block,) = section(PAGE, heading)
    assert block.language == "mermaid"
    arrows = [re.match(r"  (\S+) --> (\S+?)(?:: |$)", line) for line in block.lines[1:]]
    assert all(arrows)
    return {state for arrow in arrows if arrow for state in arrow.groups()} - {"[*]"}


def test_the_diagrams_have_every_state() -> None:
    assert _states("A recipient's states") == {state.value for state in RecipientState}
    assert _states("A campaign's states") == {state.value for state in CampaignState} - {"ready"}


def test_the_diagram_of_processes_has_every_queue() -> None:
    (block,) = section(PAGE, "Processes and queues")
    assert set(re.findall(r"\{\{(\w+)\}\}", "\n".join(block.lines))) == set(QUEUE_NAMES)


def test_every_decision_is_in_the_index_and_linked_from_where_it_holds() -> None:
    decisions = {file.name for file in TOP.glob("docs/decisions/0*.md")}
    index = (TOP / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == sorted(decisions)
    linked = [(TOP / "docs" / name).read_text("utf-8") for name in ("design.md", "architecture.md")]
    assert {
        name for text in linked for name in re.findall(r"\(decisions/(\d[\w-]+\.md)\)", text)
    } == decisions


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_a_link_to_a_heading_leads_to_one(document: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text("utf-8")):
        assert anchor in _anchors(document.parent / target if target else document), f"{target}#{anchor}"


def test_the_glossary_has_each_word_once_and_in_order() -> None:
    (table, *_) = (TOP / "docs" / "glossary.md").read_text("utf-8").split("\n## ")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)[1:]
    words = [word.lower() for ours, _, _ in rows for word in ours.split(", ")]
    assert len(set(words)) == len(words) > 100
    assert [ours.lower() for ours, _, _ in rows] == sorted(ours.lower() for ours, _, _ in rows)
