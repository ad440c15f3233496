"""The list of mutants that no test can tell from the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.mutants.mutant import Mutant


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One mutant by its name, with where it was and what it changed, for the reader; or all that change `old` in lines
    that read alike, by the file (`*`: any) and patterns. `reason`: why nothing can tell it."""

    reason: str
    name: str = ""
    where: str = ""
    change: str = ""
    file: str = ""
    lines: str = ""
    old: str = r"^\d"

    def is_of(self, mutant: Mutant) -> bool:
        """Whether it speaks of this mutant."""
        if self.name:
            return self.name == mutant.name
        of_file = self.file in {"*", PurePosixPath(mutant.path).name}
        alike = re.search(self.lines, mutant.text) and re.search(self.old, mutant.old)
        return of_file and alike is not None


def equivalents() -> list[Equivalent]:
    """All of them."""
    read = tomllib.loads(Path(__file__).with_name("equivalents.toml").read_text("utf-8"))
    return [Equivalent(**each) for each in read.get("equivalent", [])]


def equivalent_among(mutants: Iterable[Mutant]) -> frozenset[str]:
    """The names of those that are listed."""
    listed = equivalents()
    return frozenset(mutant.name for mutant in mutants if any(each.is_of(mutant) for each in listed))


def stale_among(mutants: Iterable[Mutant]) -> Iterator[Equivalent]:
    """Entries that speak of no mutant any more."""
    made = list(mutants)
    return (each for each in equivalents() if not any(map(each.is_of, made)))
