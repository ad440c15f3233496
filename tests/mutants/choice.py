"""Which tests run against a mutant, and in which order; what is known of tests is kept between runs."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.mutants.copies import run_pytest
from tests.mutants.mutant import Mutant

#: Where tests are looked for: those of the parts in which faults are made, and of the one that shows what they keep.
FOLDERS = ("ledger", "pipeline", "rules", "web")
#: A test that takes longer tells by other ways than its own asserts, and costs too much for each mutant.
QUICK_SECONDS = 3.0
#: Tests of a mutant that take longer than this altogether are cut off, the slowest first.
BUDGET_SECONDS = 60.0
#: Exit statuses of pytest.
_PASSED, _SOME_FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A test that passed: its seconds, and the places that it came by."""

    seconds: float
    places: frozenset[str]


class Choice:
    """The tests that are known, by name."""

    def __init__(self, seen: Mapping[str, Seen]) -> None:
        self._seen = seen

    def tests_for(self, mutant: Mutant) -> list[str]:
        """The tests that come by the mutant's place: named after it first, then the quick ones."""
        by = [name for name, seen in self._seen.items() if _comes_by(seen, mutant)]
        chosen, seconds = [], 0.0
        for name in sorted(by, key=lambda name: (-_affinity(name, mutant), self._seen[name].seconds, name)):
            seconds += self._seen[name].seconds
            if seconds <= BUDGET_SECONDS:
                chosen.append(name)
        return chosen


def _comes_by(seen: Seen, mutant: Mutant) -> bool:
    if mutant.path.endswith(".lua"):
        return mutant.path in seen.places
    if f"{mutant.path}::{mutant.function}" in seen.places:
        return True
    is_of_the_module = mutant.function == PurePosixPath(mutant.path).stem
    return is_of_the_module and any(place.startswith(f"{mutant.path}::") for place in seen.places)


def _affinity(test: str, mutant: Mutant) -> int:
    """How many words the test's file shares with the mutant's file and function; its name counts once more."""
    file, _, name = test.partition("::")
    place = _words(f"{PurePosixPath(mutant.path).stem} {mutant.function}")
    return 2 * len(place & _words(PurePosixPath(file).stem)) + len(place & _words(name))


def _words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.split(r"[^a-z]+|_", text.lower()) if len(word) > 2}


def measured(copy: Path, kept: Path, jobs: int) -> Choice:
    """Run the quick tests of the copy, those only that changed since `kept` was written, and keep what was seen.

    A test that fails without any fault is left out: it could not tell one.

    Raises:
        RuntimeError: pytest does not get that far.
    """
    files = _test_files(copy)
    code = _digest(file for file in sorted(copy.glob("dispatcher/**/*")) if file.suffix in {".py", ".lua"})
    digests = {file.relative_to(copy).as_posix(): f"{code} {_digest([file])}" for file in files}
    known = json.loads(kept.read_text()) if kept.exists() else {}
    stale = [path for path, digest in digests.items() if known.get(path, {}).get("digest") != digest]
    if stale:
        fresh = _run(copy, stale, jobs)
        for path in stale:
            tests = {name: each for name, each in fresh.items() if name.startswith(f"{path}::")}
            known[path] = {"digest": digests[path], "tests": tests}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({path: known[path] for path in digests}))
    return Choice(
        {
            name: Seen(each["seconds"], frozenset(each["places"]))
            for path in digests
            for name, each in known[path]["tests"].items()
            if each["seconds"] <= QUICK_SECONDS
        }
    )


def _test_files(copy: Path) -> list[Path]:
    return sorted(
        file for folder in FOLDERS for file in (copy / "tests/dispatcher" / folder).rglob("test_*.py")
    )


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _run(copy: Path, files: list[str], jobs: int) -> dict[str, dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        status = run_pytest(
            copy,
            ["-p", "xdist.plugin", "-n", str(jobs), *_quick(copy), *files],
            {"MUTANTS_REACH": folder},
            log,
        )
        if status not in {_PASSED, _SOME_FAILED}:
            raise RuntimeError(f"the tests did not run:\n{log.read_text(errors='replace')[-3000:]}")
        seen: dict[str, dict[str, object]] = {}
        for each in Path(folder).glob("*.json"):
            seen |= json.loads(each.read_text())
    return seen


def _quick(copy: Path) -> list[str]:
    return ["-m", "not slow"] if '"slow:' in (copy / "pyproject.toml").read_text() else []
