"""`mms callbacks` against the simulator, over HTTP."""

from __future__ import annotations

import pytest

from dispatcher.carrierx.account import find_did
from dispatcher.carrierx.client import CarrierX
from dispatcher.ledger.ledger import Ledger
from dispatcher.simulator.account import GROUP_SID
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.store import PARTNER_SID
from tests.mms import Mms

NUMBER = "15162065575"
PARTNER = f"/partners/{PARTNER_SID}"


def test_the_partners_callback_is_set_and_its_other_callbacks_stay(
    mms: Mms, simulator: SimulatorHandle
) -> None:
    client = CarrierX(simulator.url, simulator.token)
    client.change_object(PARTNER, {"callbacks": {"voice": "https://example.com/voice"}})
    said = mms("callbacks", "set", "--partner", PARTNER_SID, "--url", "https://example.com/sms")
    assert said.status == 0, said.err
    callbacks = (client.get_object(PARTNER) or {})["callbacks"]
    assert callbacks == {"sms": "https://example.com/sms", "voice": "https://example.com/voice"}


@pytest.mark.slow
def test_a_number_shows_all_levels_and_the_first_that_is_set_is_in_force(mms: Mms) -> None:
    mms("callbacks", "set", "--partner", PARTNER_SID, "--url", "https://example.com/partner")
    assert mms("callbacks", "show", "--did", NUMBER, "--json").json["in_force"] == "partner"
    mms("callbacks", "set", "--did-group", GROUP_SID, "--url", "https://example.com/group")
    assert mms("callbacks", "show", "--did", NUMBER, "--json").json["in_force"] == "did_group"
    mms("callbacks", "set", "--did", "+1 516 206 5575", "--url", "https://example.com/did")
    shown = mms("callbacks", "show", "--did", NUMBER, "--json").json
    assert shown["in_force"] == "did"
    assert [level["url"] for level in shown["levels"]] == [
        "https://example.com/did",
        "https://example.com/group",
        "https://example.com/partner",
    ]
    assert "in force" in mms("callbacks", "show", "--did", NUMBER).out


def test_a_url_can_be_taken_away(mms: Mms) -> None:
    mms("callbacks", "set", "--did", NUMBER, "--url", "https://example.com/did")
    assert "not set" in mms("callbacks", "set", "--did", NUMBER, "--none").out
    assert "no callback is in force" in mms("callbacks", "show", "--did", NUMBER).out


def test_the_url_defaults_to_our_own_receiver_and_its_key_is_not_shown(
    mms: Mms, simulator: SimulatorHandle
) -> None:
    mms.environment["MMS_PUBLIC_URL"] = "https://mms.example.com"
    mms.environment["MMS_CALLBACK_KEY"] = "the-key-of-this-test"
    said = mms("callbacks", "set", "--partner", PARTNER_SID)
    assert said.status == 0, said.err
    assert "the-key-of-this-test" not in said.out
    client = CarrierX(simulator.url, simulator.token)
    callbacks = (client.get_object(PARTNER) or {})["callbacks"]
    assert callbacks["sms"] == "https://mms.example.com/callbacks/carrierx/the-key-of-this-test"


def test_an_object_that_is_not_there_is_said(mms: Mms) -> None:
    said = mms("callbacks", "set", "--did-group", "nobody", "--url", "https://example.com")
    assert said.status == 2
    assert "no such did group" in said.err


def test_one_object_has_to_be_named(mms: Mms) -> None:
    assert mms("callbacks", "show").status == 2
    assert mms("callbacks", "show", "--did", NUMBER, "--partner", PARTNER_SID).status == 2


def test_everything_else_of_a_number_and_of_its_group_survives_the_write(
    mms: Mms, simulator: SimulatorHandle
) -> None:
    client = CarrierX(simulator.url, simulator.token)
    did = find_did(client, NUMBER)
    assert did is not None
    paths = (f"/phonenumber/dids/{did.sid}", f"/phonenumber/did_groups/{GROUP_SID}")
    for path in paths:
        client.change_object(path, {"name": "kept", "callbacks": {"voice": "https://example.com/voice"}})
    before = [client.get_object(path) or {} for path in paths]
    mms("callbacks", "set", "--did", NUMBER, "--url", "https://example.com/sms")
    mms("callbacks", "set", "--did-group", GROUP_SID, "--url", "https://example.com/sms")
    after = [client.get_object(path) or {} for path in paths]
    assert after == [{**body, "callback_url": "https://example.com/sms"} for body in before]


def test_callbacks_that_nobody_could_read_are_shown_and_doctor_says_that_there_are_any(
    mms: Mms, ledger: Ledger
) -> None:
    assert mms("callbacks", "unread").out == "every callback could be read\n"
    ledger.dead_letters.bury("héllo \x1b]52;c;aGk=\x07".encode("latin-1"), 1_800_000_000_000)
    said = mms("callbacks", "unread")
    assert said.out.startswith("2027-01-15T08:00:00.000Z  héllo ")
    assert mms("callbacks", "unread", "--json").json[0]["received_at"] == "2027-01-15T08:00:00.000Z"
    assert "1 callback could not be read" in mms("doctor").out
    ledger.dead_letters.erase_before(ledger.agenda.now_ms() + 60_000)
    assert ledger.dead_letters.count() == 0
