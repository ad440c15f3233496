"""A mutant on trial: the tests that come by it run until one fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Literal

from tests.mutants.choice import Choice
from tests.mutants.copies import copy_tree, run_pytest, spoiled
from tests.mutants.mutant import Mutant

#: So many tests are tried by themselves first: they are the likeliest, and import little.
FIRST = 40
#: Exit statuses of pytest.
_PASSED, _NO_TESTS = 0, 5

Fate = Literal["killed", "hung", "alive", "unreached", "equivalent"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant, of how many tests, and which one told."""

    mutant: Mutant
    fate: Fate
    tests: int = 0
    told: str = ""


def try_all(
    top: Path, mutants: Sequence[Mutant], choice: Choice, equivalent: frozenset[str], jobs: int
) -> Iterator[Verdict]:
    """Verdicts in the order of the mutants, so many at a time, each job in a copy of its own."""
    with ExitStack() as stack:
        copies: SimpleQueue[Path] = SimpleQueue()
        for _ in range(jobs):
            copies.put(copy_tree(top, Path(stack.enter_context(TemporaryDirectory(prefix="mutant-")))))

        def judge(mutant: Mutant) -> Verdict:
            if mutant.name in equivalent:
                return Verdict(mutant, "equivalent")
            copy = copies.get()
            try:
                return try_one(copy, mutant, choice.tests_for(mutant))
            finally:
                copies.put(copy)

        yield from stack.enter_context(ThreadPoolExecutor(jobs)).map(judge, mutants)


def try_one(copy: Path, mutant: Mutant, tests: Sequence[str]) -> Verdict:
    """Write the fault into the copy and run these tests until one fails."""
    with spoiled(copy, mutant), TemporaryDirectory() as folder:
        for part in (tests[:FIRST], tests[FIRST:]):
            if not part:
                continue
            listed, log = Path(folder) / "tests", Path(folder) / "log"
            listed.write_text("\n".join(part))
            files = sorted({name.partition("::")[0] for name in part})
            status = run_pytest(copy, ["-x", *files], {"MUTANTS_TESTS": str(listed)}, log)
            if status not in {_PASSED, _NO_TESTS}:
                return Verdict(mutant, "killed" if status else "hung", len(tests), _told(log))
    return Verdict(mutant, "alive" if tests else "unreached", len(tests))


def _told(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    failed = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return failed[0].split(" - ")[0] if failed else (lines[-1] if lines else "")
