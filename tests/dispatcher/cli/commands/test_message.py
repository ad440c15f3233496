"""`mms message send` and `status`: through the ledger, to a simulated CarrierX over HTTP."""

from __future__ import annotations

import pytest

from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.cli.worker import working
from tests.mms import Mms

OURS = "15162065575"
MEDIA = "https://storage.carrierx.com/f/cdac0471-f144-42a2-94f8-d9838ce5e4b9"


def people(*lines: int) -> list[str]:
    """`--to` for each of these fictional numbers."""
    return [word for line in lines for word in ("--to", f"1516555{line:04}")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([*people(101), "--message", "Sent via the API"], {"media_urls": [], "to": ["15165550101"]}),
        ([*people(101), "--media", MEDIA], {"message": None, "media_urls": [MEDIA]}),
        (
            [*people(101, 102, 103), "--message", "A group"],
            {"to": ["15165550101", "15165550102", "15165550103"]},
        ),
    ],
)
def test_a_message_is_sent_and_its_sid_said(
    mms: Mms, runtime: Runtime, simulator: SimulatorHandle, arguments: list[str], expected: dict[str, object]
) -> None:
    with working(runtime):
        said = mms("message", "send", "--from", OURS, *arguments, "--json")
    assert said.status == 0, said.err
    (message,) = simulator.received().messages
    assert {name: message[name] for name in expected} == expected
    assert message["from"] == OURS
    status = mms("message", "status", said.json["message_sid"], "--json").json
    assert status["message_sid"] == said.json["message_sid"]
    assert status["direction"] == "outbound"
    assert status["from"] == OURS
    (note,) = AuditLog(runtime.ledger.redis).latest(9)
    assert (note.did, note.campaign) == ("sent a message", said.json["campaign"])


@pytest.mark.slow
def test_a_refusal_is_told_and_ends_with_one(mms: Mms, runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.set_faults(refuse_share=1.0)
    with working(runtime):
        said = mms("message", "send", "--from", OURS, *people(101), "--message", "x")
    assert said.status == 1
    assert "rejected" in said.out


def test_a_status_that_carrierx_does_not_know_is_said(mms: Mms) -> None:
    assert mms("message", "status", "nobody").status == 2


@pytest.mark.parametrize(
    "arguments",
    [
        people(101),
        [*people(101), "--message", "Hi {{name}}"],
        ["--to", "123", "--message", "x"],
        [*people(*range(100, 110)), "--message", "x"],
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_happens(
    mms: Mms, simulator: SimulatorHandle, arguments: list[str]
) -> None:
    assert mms("message", "send", "--from", OURS, *arguments).status == 2
    assert mms("campaign", "list", "--json").json == []
