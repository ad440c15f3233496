"""The faults that are made: which, where, and that the code with one in it is still code."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
import redis as redis_py

from tests.mutants.faults_in_lua import lua_faults
from tests.mutants.faults_in_python import python_faults
from tests.mutants.heart import mutants_of_the_heart
from tests.mutants.mutant import Mutant, mutants_of


def in_lua(text: str) -> set[str]:
    """The changes made to a script, in words."""
    return {mutant.change for mutant in mutants_of("a.lua", text, lua_faults(text))}


def in_python(text: str) -> set[str]:
    """The changes made to a module, in words."""
    return {mutant.change for mutant in mutants_of("a.py", text, python_faults(text))}


@pytest.fixture(scope="module")
def heart(repository: Path) -> list[Mutant]:
    """Every mutant that there is."""
    return mutants_of_the_heart(repository)


def test_a_branch_of_a_script_is_taken_the_other_way_and_its_boundary_moves() -> None:
    assert in_lua("if a < 3 and b then x = 1 end") >= {
        "a < 3 and b → not (a < 3 and b)",
        "< → <=",
        "3 → 4",
        "and → or",
        "without x = 1",
    }


def test_a_call_of_a_script_is_left_out_wherever_it_stands() -> None:
    made = in_lua(
        "redis.call('DEL', key)\nif a then redis.call('SET', key, 'x') redis.call('PERSIST', key) end\n"
    )
    assert made >= {
        "without redis.call('DEL', key)",
        "without redis.call('SET', key, 'x')",
        "without redis.call('PERSIST', key)",
    }


def test_a_statement_over_several_lines_is_left_out_whole() -> None:
    assert "without pause(id, 'a' .. 'b')" in in_lua("pause(id, 'a'\n  .. 'b')\nreturn 'ok'\n")


def test_large_numbers_are_doubled_and_halved() -> None:
    assert in_lua("local x = 3600000") == {"3600000 → (3600000 * 2)", "3600000 → (3600000 / 2)"}


def test_another_word_is_answered() -> None:
    assert in_lua("return 'ok'") == {"'ok' → 'another answer'"}


def test_what_is_in_comments_and_strings_stays() -> None:
    assert in_lua("-- a < 3 and not b\nlocal x = 'a < 3 and not b'\n") == set()


def test_a_fault_of_a_script_knows_its_function() -> None:
    text = "local function f(a)\n  return a + 1\nend\nreturn f(2)\n"
    made = mutants_of("lua/verb.lua", text, lua_faults(text))
    assert {(each.function, each.change) for each in made} == {
        ("f", "+ → -"),
        ("f", "1 → 2"),
        ("verb", "2 → 3"),
    }


def test_comparisons_and_conditions_of_python() -> None:
    assert in_python("def f(a, b):\n    if a <= 5_000 and not b:\n        raise ValueError\n") == {
        "a <= 5_000 and not b → not (a <= 5_000 and not b)",
        "<= → <",
        "5_000 → (5_000 * 2)",
        "5_000 → (5_000 // 2)",
        "and → or",
        "without not",
        "raise ValueError → pass",
    }


def test_effects_and_answers_of_python() -> None:
    assert in_python("def f(self):\n    self.g()\n    self.n += 1\n    return min(self.n, 2)\n") == {
        "self.g() → pass",
        "self.n += 1 → pass",
        "1 → 2",
        "2 → 3",
        "min(self.n, 2) → None",
        "min → max",
    }


def test_types_texts_and_logs_are_left_alone() -> None:
    body = """
    assert 3 < 4
    for _ in zip(a, b, strict=True):
        z = Field(None, examples=[3])
    '3'
    log.info('%d', 3)
    y = f'{3}'
"""
    assert in_python(f"x: Literal[1]\ndef f() -> None:\n{body}") == set()


def test_faults_stand_where_they_are_said_to_behind_letters_of_several_bytes() -> None:
    text = 'x = "é…" if a == 1 else 2\n'
    made = [each for each in mutants_of("a.py", text, python_faults(text)) if each.new == "!="]
    assert made[0].applied(text) == 'x = "é…" if a != 1 else 2\n'


@pytest.mark.slow
def test_code_with_a_fault_in_it_is_code(
    heart: list[Mutant], repository: Path, redis: redis_py.Redis
) -> None:
    drawn = random.Random(13).sample(heart, 120)
    assert {".lua", ".py"} == {Path(each.path).suffix for each in drawn}
    for mutant in drawn:
        text = mutant.applied((repository / mutant.path).read_text("utf-8"))
        if mutant.path.endswith(".py"):
            ast.parse(text)
        else:
            redis.script_load(text)


def test_every_mutant_has_a_name_of_its_own(heart: list[Mutant]) -> None:
    within_a_file = {(each.path, each.name) for each in heart}
    assert len(within_a_file) == len(heart)


def test_a_name_outlives_a_move_and_dies_with_its_line() -> None:
    text = "def f(a):\n    return a < 3\n"
    later = f"import os\n\n\n{text}"
    names, moved = (
        {each.name for each in mutants_of(path, written, python_faults(written))}
        for path, written in (("here/a.py", text), ("there/b.py", later))
    )
    assert names == moved
    changed = text.replace("a < 3", "a < 33")
    assert names.isdisjoint(each.name for each in mutants_of("here/a.py", changed, python_faults(changed)))


def test_a_fault_is_not_written_into_a_text_that_has_changed() -> None:
    text = "def f(a):\n    return a < 3\n"
    mutant = mutants_of("a.py", text, python_faults(text))[0]
    with pytest.raises(LookupError):
        mutant.applied("\n" * 40)


def test_a_patch_shows_the_fault() -> None:
    text = "def f(a):\n    return a < 3\n"
    mutant = next(each for each in mutants_of("a.py", text, python_faults(text)) if each.new == "<=")
    assert "-    return a < 3\n+    return a <= 3" in mutant.diff(text)
