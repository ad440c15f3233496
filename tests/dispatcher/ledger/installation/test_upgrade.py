"""A step's cursor: kept in the ledger, moved by one worker at a time, gone when the step is done."""

from __future__ import annotations

from dispatcher.ledger.installation.upgrade import StepProgress
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import FIRST, PROGRAM, Schema


def test_a_step_begins_without_a_cursor_and_goes_on_where_its_last_bite_ended(ledger: Ledger) -> None:
    assert ledger.upgrade.begin(2, FIRST) == ""
    assert ledger.upgrade.advance(2, "", "17")
    assert ledger.upgrade.begin(2, FIRST) == "17"
    assert ledger.upgrade.progress() == StepProgress(2, 1, "")
    assert ledger.upgrade.schema().version == FIRST


def test_of_two_that_did_the_same_bite_one_moves_the_cursor(ledger: Ledger) -> None:
    assert ledger.upgrade.begin(2, FIRST) == ledger.upgrade.begin(2, FIRST) == ""
    assert ledger.upgrade.advance(2, "", "17")
    assert not ledger.upgrade.advance(2, "", "17")
    assert not ledger.upgrade.advance(2, "", None), "nor is the step done"
    assert ledger.upgrade.schema().version == FIRST


def test_a_step_that_is_done_leaves_its_schema_and_nothing_else(ledger: Ledger) -> None:
    assert ledger.upgrade.begin(2, FIRST) == ""
    assert ledger.upgrade.advance(2, "", None)
    assert ledger.upgrade.schema() == Schema(2, FIRST, "")
    assert ledger.upgrade.progress() is None
    assert ledger.redis.exists(keys.UPGRADE) == 0
    assert ledger.upgrade.begin(2, FIRST) is None


def test_a_step_whose_turn_has_not_come_does_not_begin_and_keeps_nobody_out(ledger: Ledger) -> None:
    assert ledger.upgrade.begin(3, 2) is None
    assert ledger.upgrade.schema() == Schema(FIRST, FIRST, "")


def test_older_programs_are_kept_out_before_the_first_bite_and_never_let_in_again(ledger: Ledger) -> None:
    assert ledger.upgrade.begin(2, 2) == ""
    assert ledger.upgrade.schema() == Schema(FIRST, 2, PROGRAM)
    assert ledger.upgrade.advance(2, "", None)
    assert ledger.upgrade.begin(3, FIRST) == ""
    assert ledger.upgrade.schema().needs == 2


def test_what_a_step_waits_for_is_kept_until_it_begins(ledger: Ledger) -> None:
    ledger.upgrade.wait(2, "send@here")
    assert ledger.upgrade.progress() == StepProgress(2, 0, "send@here")
    assert ledger.upgrade.begin(2, FIRST) == ""
    assert ledger.upgrade.progress() == StepProgress(2, 0, "")
