"""A mutant on trial, from the choice of its tests to the table."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import ACCOUNT
from tests.mutants import copies, reach
from tests.mutants.choice import BUDGET_SECONDS, Choice, Seen
from tests.mutants.copies import spoiled
from tests.mutants.equivalents import Equivalent, equivalents
from tests.mutants.mutant import Mutant
from tests.mutants.table import share_killed, table
from tests.mutants.trial import Fate, Verdict, try_one

CODE = "def is_more(a, b):\n    while b > 100:\n        b -= 1\n    return a > b\n"
TESTS = """
from dispatcher.rules.code import is_more

def test_more():
    assert is_more(2, 1)

def test_equal():
    assert not is_more(1, 1)

def test_far():
    assert not is_more(1, 101)
"""


@pytest.fixture
def copy(tmp_path: Path, repository: Path) -> Path:
    """A tree with one function in its heart, and tests of it."""
    for name in ("dispatcher/rules/code.py", "tests/dispatcher/rules/test_code.py", "pytest.ini"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "dispatcher/rules/code.py").write_text(CODE)
    (tmp_path / "tests/dispatcher/rules/test_code.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    shutil.copytree(repository / "tests/mutants", tmp_path / "tests/mutants")
    return tmp_path


def fault(old: str, new: str, path: str = "dispatcher/rules/code.py", function: str = "is_more") -> Mutant:
    """A mutant of that code."""
    return Mutant(path, function, 1, 0, "", old, new, CODE.index(old))


def named(*tests: str) -> list[str]:
    """Tests of that file."""
    return [f"tests/dispatcher/rules/test_code.py::test_{name}" for name in tests]


@pytest.mark.slow
def test_a_mutant_dies_of_the_test_that_tells_it_and_lives_with_the_others(copy: Path) -> None:
    mutant = fault("a > b", "a >= b")
    assert try_one(copy, mutant, named("more")).fate == "alive"
    killed = try_one(copy, mutant, named("more", "equal"))
    assert (killed.fate, killed.told) == ("killed", f"FAILED {named('equal')[0]}")
    assert (copy / mutant.path).read_text() == CODE


@pytest.mark.slow
def test_a_mutant_that_hangs_is_ended(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "ALL_SECONDS", 2)
    assert try_one(copy, fault("b -= 1", "pass"), named("far")).fate == "hung"


def test_a_mutant_that_no_test_comes_by_is_not_tried(copy: Path) -> None:
    assert try_one(copy, fault("a > b", "a >= b"), []).fate == "unreached"


def test_compiled_code_of_a_fault_is_not_taken_for_the_code(copy: Path) -> None:
    compiled = copy / "dispatcher/rules/__pycache__"
    with spoiled(copy, fault("a > b", "a < b")):
        assert "a < b" in (copy / "dispatcher/rules/code.py").read_text()
        compiled.mkdir()
        of_the_fault = compiled / cache_from_source("code.py").rpartition("/")[2]
        of_the_fault.write_bytes(b"compiled")
    assert not of_the_fault.exists()


def test_a_test_that_runs_a_script_comes_by_every_file_that_it_is_joined_from(ledger: Ledger) -> None:
    before = sys.gettrace()
    sys.settrace(reach._called)
    try:
        ledger.agenda.hold(ACCOUNT, 1)
    finally:
        sys.settrace(before)
    (script,) = {place for place in reach._PLACES if place.endswith("hold_scope")}
    files = [Path(file).stem for file in reach.files_of(script.removeprefix("script:"))]
    assert len(files) >= 3
    assert script.rpartition("/")[2].removeprefix("script:") in files
    assert any(place.endswith("::Agenda.hold") for place in reach._PLACES)


def chosen(mutant: Mutant, *seen: tuple[str, float, str]) -> Sequence[str]:
    """The tests for a mutant, of these with their seconds and the one place that each comes by."""
    return Choice({name: Seen(seconds, frozenset([place])) for name, seconds, place in seen}).tests_for(
        mutant
    )


def test_of_the_tests_that_come_by_those_named_after_the_place_run_first_then_the_quick_ones() -> None:
    place = "dispatcher/rules/code.py::is_more"
    assert chosen(
        fault("a > b", "a >= b"),
        ("tests/test_slow.py::test_a", 2, place),
        ("tests/test_quick.py::test_b", 1, place),
        ("tests/test_codes.py::test_c", 3, place),
        ("tests/test_code.py::test_d", 1, "dispatcher/rules/code.py::another"),
    ) == ["tests/test_codes.py::test_c", "tests/test_quick.py::test_b", "tests/test_slow.py::test_a"]


def test_what_stands_in_no_function_is_tried_by_all_that_come_by_its_module() -> None:
    constant = fault("a > b", "a >= b", function="code")
    assert chosen(constant, ("tests/test_x.py::test_a", 1, "dispatcher/rules/code.py::any"))


def test_a_script_is_tried_by_all_that_run_it() -> None:
    script = fault("a > b", "a >= b", path="dispatcher/ledger/lua/claim.lua", function="ask")
    assert chosen(
        script, ("tests/test_x.py::test_a", 1, script.path), ("tests/y.py::test_b", 1, "other.lua")
    ) == ["tests/test_x.py::test_a"]


def test_tests_beyond_the_budget_are_left_out() -> None:
    place = "dispatcher/rules/code.py::is_more"
    long = BUDGET_SECONDS * 0.6
    assert len(chosen(fault("a > b", "b"), ("t.py::a", long, place), ("t.py::b", long, place))) == 1


def verdicts(*fates: Fate) -> list[Verdict]:
    """Some mutants and what became of them."""
    return [Verdict(fault("a > b", "b"), fate) for fate in fates]


def test_what_is_equivalent_does_not_count_and_what_hangs_was_told() -> None:
    tried = verdicts("killed", "hung", "killed", "alive", "equivalent")
    assert share_killed(tried) == 0.75
    assert "| `dispatcher/rules` | 5 | 3 | 1 | 1 | 75 % |" in table(tried)


def test_the_list_of_equivalents_gives_each_once_with_its_reason() -> None:
    listed = equivalents()
    assert len({each.name or each.lines for each in listed}) == len(listed)
    assert all(len(each.reason) > 20 for each in listed)
    assert all(bool(each.name) is not bool(each.file and each.lines) for each in listed)


def test_an_entry_speaks_of_one_mutant_by_name_or_of_numbers_in_lines_that_read_alike() -> None:
    mutant = fault("100", "101")
    assert Equivalent("why", name=mutant.name).is_of(mutant)
    assert not Equivalent("why", name=fault("100", "102").name).is_of(mutant)
    lines = Equivalent("why", file="code.py", lines="^while")
    assert lines.is_of(replace(mutant, text="while b > 100:"))
    assert not lines.is_of(replace(mutant, text="while b > 100:", old=">"))
    assert not lines.is_of(replace(mutant, text="while b > 100:", path="dispatcher/rules/another.py"))
