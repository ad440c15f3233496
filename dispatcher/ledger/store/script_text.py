"""What Redis gets of a Lua script: its file behind all preludes that it needs, each once and in an order that works.

`batches/claim` is `lua/batches/claim.lua`, a prelude `rates` is `lua/lib/rates.lua`. Each file names in its head which
preludes it takes names from: `-- uses: rates, gate`. What those need they say themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from dispatcher.ledger.store.schema import FENCE

_FOLDER = Path(__file__).parent.parent / "lua"
_USES = "-- uses:"
#: A line that gives a number a name.
_CONSTANT = re.compile(r"^local ([A-Z][A-Z_]+) = (-?[\d.e]+)(?: --.*)?\n", re.MULTILINE)


@lru_cache(maxsize=128)
def file_text(name: str) -> str:
    """One file as it is written.

    Raises:
        LookupError: there is no such file.
    """
    file = _FOLDER / f"{name}.lua"
    if not file.is_file():
        raise LookupError(f"there is no script {name}.lua")
    return file.read_text("utf-8")


def uses(name: str) -> tuple[str, ...]:
    """The preludes that a file names in its head."""
    head = takewhile(lambda line: line.startswith("--"), file_text(name).splitlines())
    return tuple(
        f"lib/{used.strip()}"
        for line in head
        if line.startswith(_USES)
        for used in line.removeprefix(_USES).split(",")
    )


def files_of(name: str) -> tuple[str, ...]:
    """The files of a script: every prelude before whatever uses it, the script itself last.

    Raises:
        LookupError: a head names what there is not, or preludes that need one another.
    """
    ordered: dict[str, None] = {}
    _append(name, (), ordered)
    return tuple(ordered)


def _append(name: str, users: tuple[str, ...], ordered: dict[str, None]) -> None:
    if name in users:
        raise LookupError(f"preludes need one another: {' -> '.join((*users, name))}")
    if name in ordered:
        return
    try:
        needed = uses(name)
    except LookupError:
        raise LookupError(f"{' -> '.join((*users, name))}: there is no {name}.lua") from None
    for used in needed:
        _append(used, (*users, name), ordered)
    ordered[name] = None


def script_text(name: str, *, clock: str | None = None) -> str:
    """A script with its preludes, as EVAL takes it, behind the look whether this program is too old for the ledger;
    `clock` instead of the prelude that tells the time.

    Raises:
        LookupError: a head names what there is not, or preludes that need one another.
    """
    return FENCE + _with_numbers(
        "\n".join(clock if clock and file == "lib/clock" else file_text(file) for file in files_of(name))
    )


def _with_numbers(text: str) -> str:
    """The text with each number in the place of its name: a name costs one of Lua's 200 local variables, and time."""
    numbers = dict(_CONSTANT.findall(text))
    return re.sub(r"\b[A-Z][A-Z_]+\b", lambda word: numbers.get(word[0], word[0]), _CONSTANT.sub("", text))
