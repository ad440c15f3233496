"""What is printed: a line for each mutant that lives, with its patch, and the table over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.mutants.heart import HEART, room_of
from tests.mutants.trial import Verdict

_HEAD = ("folder", "mutants", "killed", "equivalent", "alive", "killed of those that matter")


def table(verdicts: Sequence[Verdict]) -> str:
    """Folders as rows, in the form of docs/guarantees.md."""
    by_room: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        counted = Counter({_column(verdict): 1, "mutants": 1})
        by_room.setdefault(room_of(verdict.mutant.path), Counter()).update(counted)
    rows = sorted(by_room.items(), key=lambda row: (HEART.index(row[0].removesuffix(" (Lua)")), row[0]))
    rows.append(("**all**", sum(by_room.values(), Counter())))
    lines = [" | ".join(_HEAD), " | ".join(["---", *["---:"] * (len(_HEAD) - 1)])]
    for room, counted in rows:
        cells = [str(counted[column]) for column in ("mutants", "killed", "equivalent", "alive")]
        lines.append(" | ".join([room if room.startswith("*") else f"`{room}`", *cells, _share(counted)]))
    return "\n".join(f"| {line} |" for line in lines)


def share_killed(verdicts: Sequence[Verdict]) -> float:
    """Of all that a test could tell from the code, the part that one did tell."""
    counted = Counter(map(_column, verdicts))
    return counted["killed"] / max(1, counted["killed"] + counted["alive"])


def _column(verdict: Verdict) -> str:
    return {"hung": "killed", "unreached": "alive"}.get(verdict.fate, verdict.fate)


def _share(counted: Counter[str]) -> str:
    of = counted["killed"] + counted["alive"]
    return f"{100 * counted['killed'] / of:.0f} %" if of else ""


def survivor(verdict: Verdict, text: str) -> str:
    """Where it is, what it is called, and the patch."""
    mutant = verdict.mutant
    head = (
        f"{verdict.fate} {mutant.name} {mutant.path}:{mutant.line} {mutant.function} ({verdict.tests} tests)"
    )
    return f"{head}\n{mutant.diff(text)}\n"
