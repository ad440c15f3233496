"""Numbers and callback URLs, against the simulator and against stand-ins that answer oddly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dispatcher.carrierx.account import (
    SENDING_MMS,
    Level,
    callback_in_force,
    callback_url,
    find_did,
    set_callback_url,
)
from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import NotFound, OutcomeUnknown
from dispatcher.simulator.launch import running_simulator
from dispatcher.simulator.store import PARTNER_SID
from tests.dispatcher.carrierx.stub import OTHER, SENDER, StubServer, answer, client_of

URL = "https://mms.example/callbacks"


@pytest.fixture
def client() -> Iterator[CarrierX]:
    with running_simulator(callback_url="https://first.example/") as simulator:
        yield CarrierX(simulator.url, simulator.token)


def test_a_rented_number_is_found_and_can_send_mms(client: CarrierX) -> None:
    did = find_did(client, SENDER)
    assert did is not None
    assert (did.number, did.can(SENDING_MMS)) == (SENDER, True)
    assert SENDER not in repr(did)


@pytest.mark.parametrize(
    ("capabilities", "can"), [(31, True), (4, False), (0, False), (None, None), ("x", None)]
)
def test_messaging_that_is_not_enabled_is_told(
    stub: StubServer, capabilities: object, can: bool | None
) -> None:
    item = {"did_sid": "d", "phonenumber": SENDER, "active_capabilities": capabilities}
    stub.script = lambda request: answer(200, {"items": [item]})
    did = find_did(client_of(stub), SENDER)
    assert did is not None
    assert did.can(SENDING_MMS) is can


def test_a_number_of_an_ignored_filter_is_not_taken_for_ours(stub: StubServer) -> None:
    items = [{"did_sid": "d", "phonenumber": OTHER}, {"phonenumber": SENDER}, 7]
    stub.script = lambda request: answer(200, {"items": items})
    assert find_did(client_of(stub), SENDER) is None


@pytest.mark.parametrize("body", [{}, {"items": 1}])
def test_a_list_that_is_none_is_no_answer(stub: StubServer, body: object) -> None:
    stub.script = lambda request: answer(200, body)
    with pytest.raises(OutcomeUnknown):
        find_did(client_of(stub), SENDER)


def test_the_most_particular_url_is_in_force(client: CarrierX) -> None:
    did = find_did(client, SENDER)
    assert did is not None
    assert callback_in_force(client, did) == ("partner", "https://first.example/")
    assert did.group_sid is not None
    set_callback_url(client, "did_group", did.group_sid, f"{URL}/group")
    assert callback_in_force(client, did) == ("did_group", f"{URL}/group")
    set_callback_url(client, "did", did.sid, f"{URL}/did")
    changed = find_did(client, SENDER)
    assert changed is not None
    assert callback_in_force(client, changed) == ("did", f"{URL}/did")


def test_a_url_can_be_taken_away(client: CarrierX) -> None:
    set_callback_url(client, "partner", PARTNER_SID, None)
    assert callback_url(client, "partner", PARTNER_SID) is None


def test_the_partners_other_callbacks_are_written_back(stub: StubServer) -> None:
    partner = {"callbacks": {"sms": None, "voice": "https://v.example"}}
    stub.script = lambda request: answer(200, request.json if request.body else partner)
    set_callback_url(client_of(stub), "partner", "p", URL)
    assert stub.requests[1].line == "PATCH /partners/p HTTP/1.1"
    assert stub.requests[1].json == {"callbacks": {"sms": URL, "voice": "https://v.example"}}


@pytest.mark.parametrize("level", ["did", "did_group", "partner"])
def test_an_object_that_is_not_there_is_not_found(client: CarrierX, level: Level) -> None:
    with pytest.raises(NotFound):
        set_callback_url(client, level, "unknown", URL)


def test_a_change_that_does_not_show_is_told(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, {"callback_url": None})
    with pytest.raises(OutcomeUnknown):
        set_callback_url(client_of(stub), "did", "d", URL)
