"""The kit itself: it sees what is broken, knows where there is no history, and works from one end to the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.upgrade.rolling import Order, roll
from tests.upgrade.trees import NoHistoryError, checked_out, this_version
from tests.upgrade.verdict import PAUSE_SECONDS, Verdict, arrivals_in

WELL = Verdict(
    rows=3,
    numbers=("a", "b", "c"),
    arrivals=(("a", 1.0), ("b", 2.0), ("c", 3.0)),
    counts={"delivered": 3},
    schema=2,
    wanted_schema=2,
    audit_clean=True,
    alarms={},
    strangers=(),
)


def test_an_upgrade_that_went_well_breaks_nothing() -> None:
    assert list(WELL.broken()) == []
    assert (WELL.twice, WELL.lost, WELL.longest_pause, WELL.rate) == (0, 0, 1.0, 1.5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arrivals": (*WELL.arrivals, ("a", 3.5))}, "1 numbers got more than one message"),
        ({"arrivals": WELL.arrivals[:2]}, "1 rows were lost"),
        ({"arrivals": (*WELL.arrivals[:2], ("c", 2.1 + PAUSE_SECONDS))}, "nothing was sent for 10.1 s"),
        ({"counts": {"delivered": 2, "pending": 1}}, "the ledger says"),
        ({"audit_clean": False}, "the books are off"),
        ({"alarms": {"forgotten_claim": 1}}, "alarms rang"),
        ({"schema": 1}, "of schema 1, not 2"),
        ({"strangers": ("send-1@here",)}, "of another version are left: send-1@here"),
    ],
)
def test_what_is_broken_is_said(changes: dict[str, object], said: str) -> None:
    [sentence] = replace(WELL, **changes).broken()  # type: ignore[arg-type]
    assert said in sentence


def test_each_member_of_a_group_arrives() -> None:
    assert arrivals_in([{"to": ["a", "b"], "created": 5}]) == [("a", 5.0), ("b", 5.0)]


def test_a_commit_that_is_not_here_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoHistoryError, match="0123456789 is not in the history here"):
        checked_out("0123456789", tmp_path / "old")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_only_control_worker_and_a_sender_are_replaced_under_a_campaign_without_a_pause(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    tree = this_version(tmp_path / "new")
    order = Order(tree, tree, rows=800, rate=100, names=("control", "send-1"))
    verdict = roll(order, tmp_path, said.append)
    assert list(verdict.broken()) == []
    assert [line.split(":")[0] for line in said] == [" 10% sent", " 85% sent"]
    assert len(verdict.arrivals) == 800
