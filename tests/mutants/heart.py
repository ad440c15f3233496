"""Where faults are made: the folders that decide what is sent, to whom, when and how often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.mutants.faults_in_lua import lua_faults
from tests.mutants.faults_in_python import python_faults
from tests.mutants.mutant import Mutant, mutants_of

HEART = (
    "dispatcher/ledger",
    "dispatcher/pipeline/sending",
    "dispatcher/pipeline/receipts",
    "dispatcher/pipeline/polling",
    "dispatcher/pipeline/reconcile",
    "dispatcher/pipeline/recovery",
    "dispatcher/pipeline/limits",
    "dispatcher/rules",
)
FAULTS = {".lua": lua_faults, ".py": python_faults}


def files_of_the_heart(top: Path) -> Iterator[Path]:
    """Code and scripts, folder by folder."""
    for folder in HEART:
        for file in sorted((top / folder).rglob("*")):
            if file.suffix in FAULTS and file.name != "__init__.py":
                yield file


def mutants_of_the_heart(top: Path, only: str = "") -> list[Mutant]:
    """All mutants of all files, or of those whose path has `only` in it."""
    made: list[Mutant] = []
    for file in files_of_the_heart(top):
        path, text = file.relative_to(top).as_posix(), file.read_text("utf-8")
        if only in path:
            made += mutants_of(path, text, FAULTS[file.suffix](text))
    return made


def room_of(path: str) -> str:
    """The line of the table in which a file is counted."""
    room = next(folder for folder in HEART if path.startswith(f"{folder}/"))
    return f"{room} (Lua)" if path.endswith(".lua") else room
