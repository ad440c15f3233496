"""Numbers of the Lua files have names, and what Lua and Python both know they both say the same."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
import redis as redis_py

from dispatcher.ledger.store.script_text import file_text
from dispatcher.model.scope import EACH_SENDER, LimitScope, scopes_over
from tests.factories import CAMPAIGN, SENDER
from tests.lua import PRELUDES, SCRIPTS, code_of, taken

FILES = {**SCRIPTS, **{f"lib/{name}": file for name, file in PRELUDES.items()}}
#: A number that nobody knows by sight: three figures and more, or a fraction that is not a half.
_MAGIC = re.compile(r"(?<![\w.%])(?:\d{3,}|\d+e\d+|\d+\.\d+(?<!0\.5))(?!\w)")
_NAMED = re.compile(r"^local [A-Z][A-Z_]+ = -?[\d.e]+ *$")
_RETRY = dict(re.findall(r"^local ([A-Z_]+) = (\d+)", file_text("lib/retry_policy"), re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_a_number_stands_with_a_name_at_the_head(name: str) -> None:
    lines = code_of(FILES[name].read_text("utf-8")).splitlines()
    assert [line for line in lines if _MAGIC.search(line) and not _NAMED.match(line)] == []


@pytest.mark.parametrize("name", FILES)
def test_a_line_is_at_most_120_wide(name: str) -> None:
    assert [line for line in FILES[name].read_text("utf-8").splitlines() if len(line) > 120] == []


def test_every_wait_of_the_scripts_is_used_and_says_its_unit_or_counts() -> None:
    assert set(_RETRY) <= {name for file in FILES.values() for name in taken(file.read_text("utf-8"))}
    assert all(name.endswith("_MS") or int(value) <= 10 for name, value in _RETRY.items())


#: Prelude or script and its constant: where Python has it, under which name.
SAME = {
    ("lib/retry_policy", "CLOCK_TOLERANCE_MS"): ("dispatcher.pipeline.health.clock", "CLOCK_TOLERANCE_MS"),
    ("lib/now", "EPOCH"): ("dispatcher.ledger.batches.rows", "EPOCH_MS"),
    ("lib/rows", "ROW_BYTES"): ("dispatcher.ledger.batches.rows", "ROW_BYTES"),
    ("lib/rows", "UNKNOWN_CARRIER"): ("dispatcher.ledger.batches.rows", "UNKNOWN_CARRIER"),
    ("lib/flags", "OWN_WORD"): ("dispatcher.ledger.batches.rows", "FLAG_OWN_WORD"),
    ("lib/flags", "NOT_THERE"): ("dispatcher.ledger.batches.rows", "FLAG_NOT_THERE"),
    ("lib/flags", "SID_TEXT"): ("dispatcher.ledger.batches.rows", "FLAG_SID_TEXT"),
    ("lib/flags", "RESTORED"): ("dispatcher.ledger.batches.rows", "FLAG_RESTORED"),
    ("lib/flags", "RESTORED_TRIES"): ("dispatcher.ledger.batches.rows", "RESTORED_TRIES"),
    ("lib/pace", "PACE_MS"): ("dispatcher.ledger.limits.limits", "PACE_MS"),
    ("lib/callbacks", "DEAD_LETTERS"): ("dispatcher.ledger.receipts.dead_letters", "_MOST"),
    ("campaigns/wake", "WOKEN_AT_ONCE"): ("dispatcher.ledger.limits.limits", "_WOKEN_AT_ONCE"),
}


@pytest.mark.parametrize("place", SAME, ids=" ".join)
def test_what_lua_and_python_both_know_is_the_same(place: tuple[str, str]) -> None:
    (file, name), (module, of) = place, SAME[place]
    found = re.search(rf"^local {name} = (\d+)", file_text(file), re.MULTILINE)
    assert found is not None
    assert int(found[1]) == getattr(import_module(module), of)


def test_a_wait_that_both_policies_have_is_the_same() -> None:
    policy = vars(import_module("dispatcher.rules.retry_policy"))
    both = set(policy) & set(_RETRY)
    assert {name: policy[name] for name in both} == {name: int(_RETRY[name]) for name in both}
    assert both >= {"LONGEST_HOLD_MS", "LONGEST_WAIT_MS"}


def test_a_scope_is_spelt_the_same_in_lua_and_in_python(redis: redis_py.Redis) -> None:
    asked = file_text("lib/scopes") + "return { scopes_of(ARGV[1], ARGV[2]), scope_default(ARGV[3]) }"
    sender = LimitScope.sender(SENDER)
    names, default = redis.eval(asked, 0, CAMPAIGN, SENDER, sender)
    assert set(map(bytes.decode, names)) == set(scopes_over(CAMPAIGN, [SENDER]))
    assert default.decode() == EACH_SENDER
