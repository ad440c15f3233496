"""Of which failed rows a record without a mark may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatcher.model.correlation import MessageRef
from dispatcher.pipeline.reconcile._record_matching import Failure
from tests.factories import CAMPAIGN, SENDER, START_MS, number_of

ONE = Failure(MessageRef(CAMPAIGN, 0, 0, 1), 0, number_of(1), frozenset({SENDER}), START_MS, START_MS)


@pytest.mark.parametrize(("apart_ms", "rivals"), [(0, True), (600_000, True), (600_001, False)])
def test_two_failures_are_rivals_when_their_times_are_within_ten_minutes(apart_ms: int, rivals: bool) -> None:
    assert ONE.rivals(replace(ONE, sent_ms=START_MS + apart_ms)) is rivals
    assert ONE.rivals(replace(ONE, sent_ms=START_MS - apart_ms)) is rivals


def test_failures_of_another_number_or_from_other_senders_are_no_rivals() -> None:
    assert not ONE.rivals(replace(ONE, number=number_of(2)))
    assert not ONE.rivals(replace(ONE, senders=frozenset({number_of(9)})))
    assert ONE.rivals(replace(ONE, senders=frozenset({number_of(9), SENDER})))


def test_a_failure_is_shown_without_its_numbers() -> None:
    assert number_of(1) not in repr(ONE)
    assert SENDER not in repr(ONE)
