"""The Lua files: what each says in its head is true, and what Redis gets of a script has only what it uses."""

from __future__ import annotations

import ast
import re
from collections import Counter
from itertools import takewhile
from pathlib import Path

import pytest

import dispatcher
from dispatcher.ledger.store import script_text as texts
from dispatcher.ledger.store.schema import FENCE
from tests.lua import GIVEN, PRELUDES, SCRIPTS, code_of, defined, taken

FILES = {**SCRIPTS, **{f"lib/{name}": file for name, file in PRELUDES.items()}}
#: By name: in which prelude it is defined.
HOMES = {name: prelude for prelude, file in PRELUDES.items() for name in defined(file.read_text("utf-8"))}
#: Lua takes 200 local variables in one function, and a script that is put together is one.
MOST_LOCALS = 150
MOST_LINES = 950


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_one_verb_with_a_head(name: str) -> None:
    lines = SCRIPTS[name].read_text("utf-8").splitlines()
    head = list(takewhile(lambda line: line.startswith("--"), lines))
    assert len(lines) <= 60, "longer than one verb"
    assert any("ARGV:" in line for line in head), "its head does not name its arguments"
    assert any("Answers:" in line for line in head), "its head does not name its answers"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_is_put_together_stays_within_what_lua_takes(name: str) -> None:
    text = texts.script_text(name)
    lines, names = len(text.splitlines()), len(defined(text))
    assert names <= MOST_LOCALS, (
        f"{names} local variables at the top level; Lua takes 200, then it will not load"
    )
    assert lines <= MOST_LINES, f"{lines} lines in {len(texts.files_of(name))} files for one verb"


@pytest.mark.parametrize("name", FILES)
def test_a_file_names_the_preludes_that_it_takes_names_from_and_no_others(name: str) -> None:
    homes = {HOMES[used] for used in taken(FILES[name].read_text("utf-8")) if used in HOMES}
    assert set(texts.uses(name)) == {f"lib/{home}" for home in homes}


@pytest.mark.parametrize("name", FILES)
def test_a_file_uses_no_name_that_nobody_defines(name: str) -> None:
    assert taken(FILES[name].read_text("utf-8")) - set(HOMES) - GIVEN == set()


def test_no_two_preludes_define_the_same_name() -> None:
    found = Counter(name for file in PRELUDES.values() for name in defined(file.read_text("utf-8")))
    assert [name for name, times in found.items() if times > 1] == []


def test_every_prelude_is_used() -> None:
    assert {f"lib/{name}" for name in PRELUDES} == {used for name in FILES for used in texts.uses(name)}


def test_every_script_is_called_and_every_call_has_a_script() -> None:
    folders = "|".join({name.partition("/")[0] for name in SCRIPTS})
    called = {
        node.value
        for file in (Path(dispatcher.__file__).parent / "ledger").glob("**/*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(rf"(?:{folders})/\w+", node.value)
    }
    assert called == set(SCRIPTS)


def test_every_prelude_stands_before_what_uses_it_and_once() -> None:
    for name in SCRIPTS:
        files = texts.files_of(name)
        assert len(files) == len(set(files))
        assert files[-1] == name
        assert all(files.index(used) < files.index(user) for user in files for used in texts.uses(user))


def test_a_clock_of_a_test_stands_in_the_place_of_ours() -> None:
    assert "'TIME'" in texts.script_text("batches/claim")
    assert "'TIME'" not in code_of(
        texts.script_text("batches/claim", clock="local function now_us() return 7 end")
    )


def test_a_head_that_names_what_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, {"limits/a": "-- uses: b\n", "lib/b": "-- What for.\n-- uses: c\n"})
    with pytest.raises(LookupError, match=r"limits/a -> lib/b -> lib/c: there is no lib/c\.lua"):
        texts.script_text("limits/a")


def test_preludes_that_need_one_another_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, {"limits/a": "-- uses: b\n", "lib/b": "-- uses: c\n", "lib/c": "-- uses: b\n"})
    with pytest.raises(LookupError, match="need one another: limits/a -> lib/b -> lib/c -> lib/b"):
        texts.script_text("limits/a")


def test_a_prelude_that_two_need_is_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(
        monkeypatch,
        {"limits/a": "-- uses: b, c\nA", "lib/b": "-- uses: d\nB", "lib/c": "-- uses: d\nC", "lib/d": "D"},
    )
    assert texts.files_of("limits/a") == ("lib/d", "lib/b", "lib/c", "limits/a")


def test_a_number_stands_in_the_place_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = "local A_MS = 1 -- what for\nlocal LEAST = -2.5\nlocal NAMES = { A_MS }\n"
    _write(
        monkeypatch, {"limits/a": "-- uses: b\nreturn A_MS + LEAST + NAMES[1] + A_MS_2\n", "lib/b": numbers}
    )
    assert texts.script_text("limits/a") == FENCE + (
        "local NAMES = { 1 }\n\n-- uses: b\nreturn 1 + -2.5 + NAMES[1] + A_MS_2\n"
    )


def test_no_string_has_a_word_that_is_the_name_of_a_number() -> None:
    numbers = {
        name for name in FILES for name in re.findall(r"^local ([A-Z_]+) = -?[\d.e]+", _read(name), re.M)
    }
    strings = " ".join(text for name in FILES for text in re.findall(r"'(?:\\.|[^'\\\n])*'", _read(name)))
    assert len(numbers) > 50
    assert numbers & set(re.findall(r"\w+", strings)) == set()


def test_uses_behind_the_head_is_no_head(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(monkeypatch, {"limits/a": "local x = 1\n-- uses: b\n"})
    assert texts.files_of("limits/a") == ("limits/a",)


def _read(name: str) -> str:
    return FILES[name].read_text("utf-8")


def _write(monkeypatch: pytest.MonkeyPatch, written: dict[str, str]) -> None:
    def file_text(name: str) -> str:
        if name not in written:
            raise LookupError(name)
        return written[name]

    monkeypatch.setattr(texts, "file_text", file_text)
