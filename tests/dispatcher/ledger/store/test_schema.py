"""Two numbers in the stamp: what the ledger is, and which programs it lets in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dispatcher.errors import ConfigError, LedgerNewer
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import FIRST, PROGRAM, SCHEMA, Schema, require_let_in, schema_in
from tests.factories import add_campaign, claim, make_claim, snapshot, take
from tests.lua import SCRIPTS


def needs(ledger: Ledger, schema: int) -> None:
    """Only programs of this schema are let in."""
    ledger.redis.hset(keys.STAMP, mapping={"schema": schema, "needs": schema, "program": "9.9.9"})


def test_the_version_that_is_stamped_is_that_of_the_package(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == PROGRAM


def test_a_ledger_without_numbers_is_of_the_first_schema_and_lets_everybody_in() -> None:
    assert schema_in({"mode": "live"}) == Schema(FIRST, FIRST, "")


@pytest.mark.parametrize("version", [FIRST, SCHEMA, SCHEMA + 5])
def test_a_ledger_that_needs_no_newer_program_is_worked_with_whatever_its_schema_is(version: int) -> None:
    require_let_in(Schema(version, min(version, SCHEMA), ""))


def test_a_ledger_that_needs_a_newer_program_is_refused_with_what_to_start() -> None:
    with pytest.raises(LedgerNewer, match=f"schema {SCHEMA + 1} or later.* is of schema {SCHEMA}") as refused:
        require_let_in(Schema(SCHEMA + 2, SCHEMA + 1, "9.9.9"))
    assert isinstance(refused.value, ConfigError)
    assert refused.value.exit_status == 2
    assert "mms 9.9.9" in refused.value.hint


def test_a_process_that_is_too_old_can_run_no_script_and_changes_nothing(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms()).word == "go"
    needs(ledger, SCHEMA + 1)
    before = snapshot(ledger)
    with pytest.raises(LedgerNewer):
        claim(ledger, taken.hold, make_claim(taken, 1), now_ms=ledger.agenda.now_ms())
    with pytest.raises(LedgerNewer):
        take(ledger, who="b")
    for name in SCRIPTS:
        with pytest.raises(LedgerNewer):
            ledger.upgrade._scripts.run(name)
    assert snapshot(ledger) == before


def test_a_step_that_is_made_while_a_batch_is_being_sent_stops_the_older_sender_at_its_next_claim(
    ledger: Ledger,
) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    now_ms = ledger.agenda.now_ms()
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=now_ms).word == "go"
    needs(ledger, SCHEMA)
    assert claim(ledger, taken.hold, make_claim(taken, 1), now_ms=now_ms).word == "go"
    needs(ledger, SCHEMA + 1)
    with pytest.raises(LedgerNewer):
        claim(ledger, taken.hold, make_claim(taken, 2), now_ms=now_ms)
