"""What is quarantined of a batch once the ledger was put back: all that is unfinished in it, and nothing else."""

from __future__ import annotations

import pytest

from dispatcher.pipeline.recovery.recover import continue_quarantine
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.factories import (
    CAMPAIGN,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    states,
    take,
)


@pytest.mark.parametrize(
    ("ends", "became"),
    [
        (("accepted", "", "unknown"), ["queued", "unconfirmed", "unconfirmed"]),
        (("refused", "accepted", ""), ["rejected", "queued", "unconfirmed"]),
        (("accepted", "refused", "accepted"), ["queued", "rejected", "queued"]),
    ],
)
def test_of_a_batch_that_is_partly_finished_the_rest_is_quarantined(
    runtime: Runtime, ends: tuple[str, ...], became: list[str]
) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(*[1] * 3))
    taken, now_ms = take(ledger), ledger.agenda.now_ms()
    for message, outcome in enumerate(ends):
        asked = make_claim(taken, message)
        if outcome:
            assert claim(ledger, taken.hold, asked, now_ms=now_ms).word == "go"
            sid = f"sid {message}" if outcome == "accepted" else None
            assert record(ledger, taken.hold, make_record(asked, outcome, sid=sid)) == "ok"
    assert ledger.recovery.quarantine(CAMPAIGN, now_ms + 1, early=False) == "doubt"
    continue_quarantine(runtime)
    assert states(ledger) == became


def test_a_batch_that_is_quarantined_again_in_the_same_recovery_stays_as_it_is(runtime: Runtime) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(*[1] * 3))
    assert ledger.recovery.quarantine(CAMPAIGN, ledger.agenda.now_ms(), early=False) == "doubt"
    for changed in (3, 0):
        found = ledger.recovery.quarantine_batch(CAMPAIGN, 0, [0, 1, 2], look_ms=1, reason="restored")
        assert found == changed
