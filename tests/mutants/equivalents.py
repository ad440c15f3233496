"""The list of mutants that no test can tell from the code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant's name, where it was and what it changed, for the reader, and why nothing can tell it."""

    name: str
    where: str
    change: str
    reason: str


def equivalents() -> list[Equivalent]:
    """All of them."""
    read = tomllib.loads(Path(__file__).with_name("equivalents.toml").read_text("utf-8"))
    return [Equivalent(**each) for each in read.get("equivalent", [])]
