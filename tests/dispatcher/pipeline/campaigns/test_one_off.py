from __future__ import annotations

import pytest

from dispatcher.errors import InputError
from dispatcher.pipeline.campaigns.one_off import OneOffMessage, outcome_of, submit_one_off
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.factories import SENDER


def test_a_message_to_one_person_goes_as_it_was_written(runtime: Runtime) -> None:
    one_off = OneOffMessage(SENDER, ("12125550101",), "Please sign with [First Name] and *|DATE|*")
    made = submit_one_off(runtime.ledger, one_off, runtime.settings, name="one")
    expand(runtime, made)
    ((batch, _),) = runtime.ledger.batches.read(made, [0])
    assert [message.text for message in batch.messages] == [one_off.text]
    assert [leg.state for leg in outcome_of(runtime.ledger, made).legs] == ["pending"]


def test_a_message_of_which_nothing_would_be_seen_is_refused(runtime: Runtime) -> None:
    with pytest.raises(InputError, match="nothing of the text would be seen"):
        submit_one_off(
            runtime.ledger,
            OneOffMessage(SENDER, ("12125550101",), "\u200b \ufeff"),
            runtime.settings,
            name="one",
        )
    assert runtime.ledger.campaigns.list() == []
