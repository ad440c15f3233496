"""The simulator keeps CarrierX's contract, as far as that is documented."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import Refused, Unauthorized
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.seeded_random import CARRIERS, carrier_of
from dispatcher.simulator.store import PARTNER_SID
from tests.dispatcher.carrierx.stub import NUMBER, OTHER, SENDER, outgoing
from tests.dispatcher.simulator.receiver import Receiver

MMS = {
    "from": SENDER,
    "to": NUMBER,
    "message": "hi",
    "media_urls": ["https://m.example/a.png"],
    "user_data": "u",
}


def call(simulator: SimulatorHandle, method: str, path: str, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {simulator.token}", **options.pop("headers", {})}
    return requests.request(method, simulator.url + path, headers=headers, timeout=60, **options)


def test_a_post_is_answered_with_the_object_as_the_guide_shows_it(simulator: SimulatorHandle) -> None:
    body = call(simulator, "POST", "/sms/messages", json=MMS).json()
    assert set(body) == {
        "date_changed", "date_created", "date_status_changed", "direction", "from", "group_recipients", "mcc",
        "media_urls", "message", "message_segments", "message_sid", "mnc", "partner_sid", "price", "status", "to",
        "type", "user_data",
    }  # fmt: skip
    assert (body["status"], body["type"], body["direction"]) == ("queued", "mms", "outbound")
    assert (body["price"], body["mcc"], body["date_status_changed"]) == (None, None, None)
    assert body["date_created"].endswith("Z")
    assert len(body["date_created"]) == len("2021-01-18T21:01:13.415Z")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": None}, "from"),
        ({"from": "me"}, "from"),
        ({"to": None}, "to"),
        ({"to": 15162065574}, "to"),
        ({"to": "me", "group_recipients": [OTHER]}, "to"),
        ({"group_recipients": [f"1516206{n:04}" for n in range(9)]}, "group_recipients"),
        ({"to": None, "group_recipients": OTHER}, "group_recipients"),
        ({"to": None, "group_recipients": [f"1516206{n:04}" for n in range(10)]}, "group_recipients"),
        ({"media_urls": ["https://m.example/a.png"] * 11}, "media_urls"),
        ({"media_urls": "https://m.example/a.png"}, "media_urls"),
        ({"message": "x" * 1601}, "message"),
        ({"message": None, "media_urls": []}, "message"),
        ({"user_data": "x" * 251}, "user_data"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    simulator: SimulatorHandle, changes: dict[str, Any], field: str
) -> None:
    response = call(simulator, "POST", "/sms/messages", json={**MMS, **changes})
    assert response.status_code == 422
    body = response.json()
    assert body["errors"][0]["field"] == field
    assert body["errors"][0]["reference_sid"] is None
    assert simulator.received().taken == 0


def test_nine_others_make_the_largest_group(simulator: SimulatorHandle) -> None:
    group = {**MMS, "to": None, "group_recipients": [f"1516206{n:04}" for n in range(9)]}
    assert call(simulator, "POST", "/sms/messages", json=group).status_code == 200


def test_a_long_text_is_fine_in_an_sms(simulator: SimulatorHandle) -> None:
    sms = {"from": SENDER, "to": NUMBER, "message": "x" * 1700}
    body = call(simulator, "POST", "/sms/messages", json=sms).json()
    assert (body["type"], body["message_segments"]) == ("sms", 11)


def test_another_content_type_is_415(simulator: SimulatorHandle) -> None:
    assert call(simulator, "POST", "/sms/messages", data={"from": SENDER}).status_code == 415


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"[" * 100_000])
def test_a_body_that_is_not_an_object_is_400(simulator: SimulatorHandle, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert call(simulator, "POST", "/sms/messages", data=raw, headers=headers).status_code == 400


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic test-token"])
def test_without_the_token_it_is_401(simulator: SimulatorHandle, given: str) -> None:
    response = call(simulator, "POST", "/sms/messages", json=MMS, headers={"Authorization": given})
    assert response.status_code == 401


def test_a_wrong_token_is_unauthorized_to_the_client(simulator: SimulatorHandle) -> None:
    with pytest.raises(Unauthorized):
        CarrierX(simulator.url, "wrong").send(outgoing())


def test_a_message_can_be_asked_for_by_its_sid(client: CarrierX, simulator: SimulatorHandle) -> None:
    sid = client.send(outgoing()).message_sid
    simulator.wait_for_callbacks()
    status = client.get_message(sid)
    assert status is not None
    assert (status.status, status.price) == ("delivered", "0.01")
    assert (int(status.mcc or 0), int(status.mnc or 0)) in CARRIERS
    assert client.get_message("unknown") is None


def test_callbacks_walk_from_sent_to_delivered(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    taken = client.send(outgoing())
    simulator.wait_for_callbacks()
    assert receiver.words() == ["sent", "delivered"]
    last = receiver.bodies[-1]
    assert (last["message_sid"], last["user_data"], last["price"]) == (
        taken.message_sid,
        "c.0.0.1.mac",
        "0.01",
    )
    assert (last["mcc"], last["mnc"]) == carrier_of(NUMBER)


def test_every_member_of_a_group_is_called_back_for(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    client.send(outgoing(to=(NUMBER, OTHER)))
    simulator.wait_for_callbacks()
    assert receiver.words(NUMBER) == receiver.words(OTHER) == ["sent", "delivered"]
    assert all(body["group_recipients"] == [NUMBER, OTHER] for body in receiver.bodies)


def test_the_list_gives_ten_unless_told_and_says_that_there_is_more(
    client: CarrierX, simulator: SimulatorHandle
) -> None:
    for index in range(12):
        client.send(outgoing(user_data=f"u.{index}"))
    body = call(simulator, "GET", "/sms/messages").json()
    assert (body["count"], body["has_more"], body["limit"], body["total"]) == (10, True, 10, None)
    first = client.list_messages(limit=7)
    rest = client.list_messages(limit=7, offset=first.next_offset)
    assert (len(first.items), first.has_more, len(rest.items), rest.has_more) == (7, True, 5, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user_data eq u.3", {"u.3"}),
        ('user_data eq "u.3"', {"u.3"}),
        ("user_data like u.%", {"u.1", "u.2", "u.3"}),
        (f"to eq {NUMBER} and user_data gt u.1", {"u.2", "u.3"}),
        ("user_data ge 'u.2'", {"u.2", "u.3"}),
        ("status eq 'never heard'", set()),
        ("no_such eq 1", set()),
    ],
)
def test_the_list_is_filtered(client: CarrierX, text: str, found: set[str]) -> None:
    for index in (1, 2, 3):
        client.send(outgoing(user_data=f"u.{index}"))
    assert {item.user_data for item in client.list_messages(filter=text).items} == found


def test_the_list_is_ordered(client: CarrierX) -> None:
    for index in (2, 1, 3):
        client.send(outgoing(user_data=f"u.{index}"))
    ordered = client.list_messages(order="user_data desc").items
    assert [item.user_data for item in ordered] == ["u.3", "u.2", "u.1"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "offset=-1",
        "filter=nonsense",
        "filter=a eq 1 or b eq 2",
        "order=a up",
    ],
)
def test_a_list_that_cannot_be_understood_is_400(simulator: SimulatorHandle, query: str) -> None:
    assert call(simulator, "GET", f"/sms/messages?{query}").status_code == 400


def test_detail_records_name_the_reason_of_failed_ones_only(
    client: CarrierX, simulator: SimulatorHandle
) -> None:
    client.send(outgoing(user_data="good"))
    simulator.wait_for_callbacks()
    simulator.set_faults(fail_share=1)
    client.send(outgoing(user_data="bad"))
    simulator.wait_for_callbacks()
    codes = {record.user_data: record.vendor_error_code for record in client.list_detail_records().items}
    assert codes == {"good": None, "bad": "4470"}


def test_the_most_particular_callback_url_is_in_force(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    did = call(simulator, "GET", f"/phonenumber/dids?filter=phonenumber eq {SENDER}").json()["items"][0]
    levels = [
        (f"/partners/{PARTNER_SID}", {"callbacks": {"sms": receiver.url("/partner")}}),
        (f"/phonenumber/did_groups/{did['did_group_sid']}", {"callback_url": receiver.url("/group")}),
        (f"/phonenumber/dids/{did['did_sid']}", {"callback_url": receiver.url("/did")}),
    ]
    for path, change in levels:
        assert call(simulator, "PATCH", path, json=change).status_code == 200
        client.send(outgoing(user_data=path))
        simulator.wait_for_callbacks()
    assert list(dict.fromkeys(receiver.paths)) == ["/partner", "/group", "/did"]


def test_a_patch_merges_nested_objects_and_leaves_ids_alone(simulator: SimulatorHandle) -> None:
    path = f"/partners/{PARTNER_SID}"
    call(simulator, "PATCH", path, json={"callbacks": {"voice": "https://v.example"}, "partner_sid": "other"})
    body = call(simulator, "GET", path).json()
    assert body["callbacks"]["voice"] == "https://v.example"
    assert body["callbacks"]["sms"]
    assert body["partner_sid"] == PARTNER_SID


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/partners/unknown", 404), ("DELETE", "/sms/messages", 405)],
)
def test_other_paths_are_not_there(simulator: SimulatorHandle, method: str, path: str, status: int) -> None:
    assert call(simulator, method, path).status_code == status


def test_numbers_with_the_suffix_are_refused_and_others_are_not(
    client: CarrierX, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(refuse_suffixes=[NUMBER[-2:]])
    with pytest.raises(Refused) as caught:
        client.send(outgoing())
    assert (caught.value.status, caught.value.field) == (400, "to")
    client.send(outgoing(to=(OTHER,)))
