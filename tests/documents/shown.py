"""What the documents show: their fenced blocks, the commands in them, and the output beneath a command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
DOCUMENTS = [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted(TOP.glob("docs/**/*.md"))]

_FENCE = re.compile(r"^( *)```(\S*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, its language, and its lines without the list's indentation."""

    document: Path
    line: int
    language: str
    lines: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.document.relative_to(TOP)}:{self.line}"


def blocks(document: Path) -> list[Block]:
    """All fenced blocks of a document, in order."""
    text = document.read_text("utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        indent, language, body = fence.groups()
        lines = tuple(line.removeprefix(indent) for line in body.splitlines())
        found.append(Block(document, text[: fence.start()].count("\n") + 1, language, lines))
    return found


def section(document: Path, heading: str) -> list[Block]:
    """The blocks under one heading of the second level."""
    lines = document.read_text("utf-8").splitlines()
    first = lines.index(f"## {heading}") + 1
    after = [number for number, line in enumerate(lines, 1) if line.startswith("## ") and number > first]
    last = min(after, default=len(lines))
    return [block for block in blocks(document) if first < block.line < last]


def commands(found: list[Block]) -> list[str]:
    """The commands of the `sh` blocks, one a line, as they stand but without the comment behind."""
    lines = [line for block in found if block.language == "sh" for line in block.lines]
    return [re.sub(r"\s+#.*$", "", line) for line in lines if line.strip()]


def sessions(found: list[Block]) -> Iterator[tuple[str, list[str]]]:
    """The commands of the `console` blocks, each with the lines shown beneath it."""
    for block in found:
        if block.language == "console":
            prompts = [index for index, line in enumerate(block.lines) if line.startswith("$ ")]
            for index, end in zip(prompts, [*prompts[1:], len(block.lines)], strict=True):
                yield block.lines[index][2:], list(block.lines[index + 1 : end])


def is_shown(shown: list[str], said: str) -> bool:
    """Whether that was said, line for line; `…` stands for anything, a line of its own for any lines."""
    pattern = ""
    for line in shown:
        pattern += "(?:.*\n)*" if line == "…" else re.escape(line.rstrip()).replace("…", ".*") + " *\n"
    return re.fullmatch(pattern, said.rstrip("\n") + "\n") is not None
