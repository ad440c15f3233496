"""What other clients of CarrierX say, its own Python client among them, and what they are answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from dispatcher.carrierx.webhook import read_callback
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.seeded_random import CARRIERS, carrier_of
from tests.dispatcher.carrierx.stub import NUMBER, OTHER, SENDER
from tests.dispatcher.simulator.receiver import Receiver

LEGACY = {"from_did": SENDER, "to_did": NUMBER, "message": "hi"}
PICTURE = "https://m.example/a.png"


def as_own_client(
    simulator: SimulatorHandle, method: str, path: str, *, login: bool = False, **options: Any
) -> requests.Response:
    """A request as CarrierX's Python client makes it: JSON as text, a token or else a login."""
    headers = {"Content-type": "application/json"}
    if not login:
        headers["Authorization"] = f"Bearer {simulator.token}"
    auth = ("somebody", simulator.token) if login else None
    url = f"{simulator.url}/sms/messages{path}"
    return requests.request(method, url, headers=headers, auth=auth, timeout=60, **options)


@pytest.mark.parametrize("login", [False, True], ids=["token", "login"])
def test_the_old_names_are_taken_and_answered_with(simulator: SimulatorHandle, login: bool) -> None:
    made = as_own_client(simulator, "POST", "", login=login, data=json.dumps(LEGACY)).json()
    assert (made["from_did"], made["to_did"], "from" in made, "to" in made) == (SENDER, NUMBER, False, False)
    sid = made["message_sid"]
    got = as_own_client(simulator, "GET", f"/{sid}", login=login).json()
    assert (got["from_did"], got["to_did"]) == (SENDER, NUMBER)
    query = {"offset": 0, "limit": 1000, "filter": f"to_did eq {NUMBER}", "order": None}
    listed = as_own_client(simulator, "GET", "", login=login, params=query).json()["items"]
    assert [item["message_sid"] for item in listed] == [sid]
    assert simulator.received().times(NUMBER) == 1


def test_a_login_with_another_password_is_refused(simulator: SimulatorHandle) -> None:
    for login in (("somebody", "wrong"), ("", ""), (simulator.token, "")):
        answer = requests.get(f"{simulator.url}/sms/messages", auth=login, timeout=60)
        assert answer.status_code == 401


def test_the_question_whether_there_is_one_gets_its_field_and_a_total(simulator: SimulatorHandle) -> None:
    sid = as_own_client(simulator, "POST", "", data=json.dumps(LEGACY)).json()["message_sid"]
    query = {"offset": 0, "limit": 1, "includeFields": "message_sid", "filter": f"message_sid eq {sid}"}
    page = as_own_client(simulator, "GET", "", params=query).json()
    assert (page["items"], page["total"]) == ([{"message_sid": sid}], 1)
    nothing = as_own_client(simulator, "GET", "", params={**query, "filter": "message_sid eq none"}).json()
    assert nothing["total"] == 0


def test_the_next_page_can_be_asked_for_by_the_last_item(simulator: SimulatorHandle) -> None:
    made = [
        as_own_client(simulator, "POST", "", data=json.dumps(LEGACY)).json()["message_sid"] for _ in range(5)
    ]
    query: dict[str, Any] = {"limit": 2}
    seen: list[str] = []
    while True:
        page = as_own_client(simulator, "GET", "", params=query).json()
        seen += [item["message_sid"] for item in page["items"]]
        if not page["has_more"]:
            break
        query["after"] = seen[-1]
    assert seen == made[::-1]
    assert as_own_client(simulator, "GET", "", params={"after": "nobody"}).status_code == 400


def test_a_callback_about_a_message_with_the_old_names_has_them_and_is_read(
    simulator: SimulatorHandle, receiver: Receiver
) -> None:
    as_own_client(simulator, "POST", "", data=json.dumps(LEGACY))
    simulator.wait_for_callbacks()
    body = receiver.bodies[-1]
    assert (body["from_did"], body["to_did"]) == (SENDER, NUMBER)
    assert read_callback(json.dumps(body).encode())


def test_a_to_beside_group_recipients_is_one_of_the_group(simulator: SimulatorHandle) -> None:
    group = {
        "from": SENDER,
        "to": NUMBER,
        "group_recipients": [OTHER],
        "message": "hi",
        "media_urls": [PICTURE],
    }
    made = as_own_client(simulator, "POST", "", data=json.dumps(group)).json()
    assert made["group_recipients"] == [NUMBER, OTHER]
    again = {**group, "group_recipients": [OTHER, NUMBER]}
    assert as_own_client(simulator, "POST", "", data=json.dumps(again)).json()["group_recipients"] == [
        OTHER,
        NUMBER,
    ]


def test_a_callback_can_tell_of_queued_before_the_others(
    simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(queued_callback=True)
    as_own_client(simulator, "POST", "", data=json.dumps(LEGACY))
    simulator.wait_for_callbacks()
    assert [body["status"] for body in receiver.bodies] == ["queued", "sent", "delivered"]


def test_numbers_are_at_several_carriers_and_each_stays_at_its_own() -> None:
    at = {number: carrier_of(str(number)) for number in range(12125550100, 12125550200)}
    assert set(at.values()) == set(CARRIERS)
    assert all(carrier_of(f"+{number}") == carrier for number, carrier in at.items())


def test_a_from_that_is_not_ours_is_refused_once_it_is_said_which_are(simulator: SimulatorHandle) -> None:
    assert as_own_client(simulator, "POST", "", data=json.dumps(LEGACY)).status_code == 200
    simulator.set_faults(Faults(own_numbers=(OTHER,)))
    refused = as_own_client(simulator, "POST", "", data=json.dumps(LEGACY))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "from")
    mine = as_own_client(simulator, "POST", "", data=json.dumps({**LEGACY, "from_did": f"+{OTHER}"}))
    assert mine.status_code == 200
    dids = requests.get(
        f"{simulator.url}/phonenumber/dids?filter=phonenumber eq {SENDER}",
        headers={"Authorization": f"Bearer {simulator.token}"},
        timeout=60,
    )
    assert dids.json()["items"] == []
    with pytest.raises(requests.HTTPError):
        simulator.inbound(from_=NUMBER, to=SENDER, message="STOP")
