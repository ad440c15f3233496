"""One fault: where it is, what it changes, and the name it keeps when files move."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Fault:
    """A change of one piece of a text: from `start` until `end` it reads `new` instead."""

    start: int
    end: int
    new: str
    function: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault in a file. `twin` numbers those that are alike in function, line, column and change."""

    path: str
    function: str
    line: int
    column: int
    text: str
    old: str
    new: str
    start: int
    twin: int = 0

    @property
    def name(self) -> str:
        """Ten hex digits, the same wherever the line goes within its function, and the function within the tree."""
        said = (
            PurePosixPath(self.path).suffix,
            self.function,
            self.text,
            self.column,
            self.old,
            self.new,
            self.twin,
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:10]

    @property
    def change(self) -> str:
        """In words, on one line."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{old} → {new}" if new else f"without {old}"

    def applied(self, text: str) -> str:
        """The file's text with the fault in it."""
        end = self.start + len(self.old)
        if text[self.start : end] != self.old:
            raise LookupError(f"{self.path} has changed since its faults were made")
        return text[: self.start] + self.new + text[end:]

    def diff(self, text: str) -> str:
        """What the fault changes, as a patch of the file."""
        before, after = text.splitlines(), self.applied(text).splitlines()
        return "\n".join(difflib.unified_diff(before, after, self.path, self.path, lineterm="", n=2))


def mutants_of(path: str, text: str, faults: Iterable[Fault]) -> list[Mutant]:
    """Each fault of a file as a mutant; those that change nothing are left out."""
    made, twins = [], Counter[Mutant]()
    lines = text.splitlines()
    for fault in sorted(faults, key=lambda each: (each.start, each.end, each.new)):
        old = text[fault.start : fault.end]
        if old == fault.new:
            continue
        line = text.count("\n", 0, fault.start)
        written = lines[line]
        column = fault.start - (text.rfind("\n", 0, fault.start) + 1) - (len(written) - len(written.lstrip()))
        function = fault.function or PurePosixPath(path).stem
        mutant = Mutant(path, function, line + 1, column, written.strip(), old, fault.new, fault.start)
        alike = replace(mutant, line=0, start=0)
        made.append(replace(mutant, twin=twins[alike]))
        twins[alike] += 1
    return made
