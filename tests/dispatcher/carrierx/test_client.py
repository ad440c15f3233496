"""What the client writes, what it asks, and how it treats its connections."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import OutcomeUnknown, Refused
from tests.dispatcher.carrierx.stub import (
    NUMBER,
    OTHER,
    SENDER,
    SID,
    TOKEN,
    Request,
    StubServer,
    answer,
    client_of,
    outgoing,
    taken,
)


def query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.line.split(" ")[1]).query)


def test_an_mms_has_from_to_message_media_and_user_data(stub: StubServer) -> None:
    client_of(stub).send(outgoing())
    assert stub.requests[0].json == {
        "from": SENDER,
        "to": NUMBER,
        "message": "a private text",
        "media_urls": ["https://media.example/cat.png"],
        "user_data": "c.0.0.1.mac",
    }


def test_an_sms_has_no_media(stub: StubServer) -> None:
    client_of(stub).send(outgoing(media=()))
    assert set(stub.requests[0].json) == {"from", "to", "message", "user_data"}


def test_a_media_only_mms_has_no_message(stub: StubServer) -> None:
    client_of(stub).send(outgoing(text=None))
    assert set(stub.requests[0].json) == {"from", "to", "media_urls", "user_data"}


def test_a_group_has_group_recipients_in_place_of_to_and_a_from(stub: StubServer) -> None:
    client_of(stub).send(outgoing(to=(NUMBER, OTHER), media=()))
    body = stub.requests[0].json
    assert set(body) == {"from", "group_recipients", "message", "user_data"}
    assert (body["from"], body["group_recipients"]) == (SENDER, [NUMBER, OTHER])


def test_the_post_carries_token_and_content_type(stub: StubServer) -> None:
    client_of(stub).send(outgoing())
    request = stub.requests[0]
    assert request.line == "POST /sms/messages HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == stub.address


def test_paths_are_relative_to_the_base_url(stub: StubServer) -> None:
    CarrierX(f"{stub.url}/core/v2/", TOKEN).send(outgoing())
    assert stub.requests[0].line == "POST /core/v2/sms/messages HTTP/1.1"


def test_texts_in_any_script_arrive_whole(stub: StubServer) -> None:
    text = 'Grüße, 世界 👋 "quoted" \u2028 \\ \x00'
    client_of(stub).send(outgoing(text=text))
    assert stub.requests[0].json["message"] == text


def test_nothing_of_the_environment_reaches_the_request(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client_of(stub).send(outgoing())
    client_of(stub).get_message(SID)
    assert len(stub.requests) == 2


def test_neither_token_nor_number_shows_in_a_repr() -> None:
    shown = repr(CarrierX("http://api.example", TOKEN)) + repr(outgoing())
    assert TOKEN not in shown
    assert NUMBER not in shown


def test_urls_with_numbers_are_not_logged(stub: StubServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client_of(stub).send(outgoing())
    with pytest.raises(OutcomeUnknown):
        client_of(stub).list_messages(filter=f"to eq {NUMBER}")
    assert NUMBER not in caplog.text


def test_a_connection_is_used_again(stub: StubServer) -> None:
    client = client_of(stub)
    for _ in range(3):
        client.send(outgoing())
    assert stub.connections == 1


def test_an_answer_in_chunks_is_read_and_its_connection_used_again(stub: StubServer) -> None:
    body = json.dumps(taken()).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:50], body[50:], b""))
    stub.script = lambda request: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    client = client_of(stub)
    assert [client.send(outgoing()).message_sid for _ in range(2)] == [SID, SID]
    assert stub.connections == 1


def test_a_connection_is_used_again_after_a_refusal(stub: StubServer) -> None:
    client = client_of(stub)
    stub.script = lambda request: answer(400, {"message": "no"})
    with pytest.raises(Refused):
        client.send(outgoing())
    stub.script = lambda request: answer(200, taken())
    client.send(outgoing())
    assert stub.connections == 1


def test_no_post_goes_out_on_a_connection_that_idled_too_long(stub: StubServer) -> None:
    client = client_of(stub, idle_limit=0.0)
    client.send(outgoing())
    client.send(outgoing())
    assert [request.connection for request in stub.requests] == [1, 2]


def test_a_server_that_closes_idle_connections_loses_no_post(stub: StubServer) -> None:
    stub.close_after_answer = True
    client = client_of(stub, idle_limit=0.0)
    for _ in range(20):
        client.send(outgoing())
    assert [request.connection for request in stub.requests] == list(range(1, 21))


def test_a_connection_closed_while_it_idled_is_noticed_before_the_post(stub: StubServer) -> None:
    stub.close_after_answer = True
    client = client_of(stub, idle_limit=60)
    client.send(outgoing())
    assert stub.closed_one.wait(60)
    client.send(outgoing())
    assert [request.connection for request in stub.requests] == [1, 2]


def test_many_threads_share_a_small_pool(stub: StubServer) -> None:
    client = client_of(stub, pool_size=4, read_timeout=60)
    at_once = threading.Barrier(40)

    def send(index: int) -> str | None:
        at_once.wait(60)
        return client.send(outgoing(user_data=f"c.{index}")).user_data

    stub.script = lambda request: answer(200, taken(user_data=request.json["user_data"]))
    with ThreadPoolExecutor(40) as threads:
        assert list(threads.map(send, range(40))) == [f"c.{index}" for index in range(40)]
    assert len(stub.requests) == 40


def test_get_message_reads_the_object(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, taken(status="delivered"))
    status = client_of(stub).get_message(SID)
    assert status is not None
    assert status.status == "delivered"
    assert stub.requests[0].line == f"GET /sms/messages/{SID} HTTP/1.1"


def test_get_message_is_none_for_404(stub: StubServer) -> None:
    stub.script = lambda request: answer(404, {"message": "Not found"})
    assert client_of(stub).get_message(SID) is None


def test_get_message_raises_for_other_refusals(stub: StubServer) -> None:
    stub.script = lambda request: answer(400)
    with pytest.raises(Refused):
        client_of(stub).get_message(SID)


def test_a_sid_cannot_leave_its_place_in_the_path(stub: StubServer) -> None:
    client_of(stub).get_message("a/../b?c")
    assert stub.requests[0].line == "GET /sms/messages/a%2F..%2Fb%3Fc HTTP/1.1"


def test_list_messages_asks_with_filter_limit_offset_and_order(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, {"items": [taken()], "has_more": False})
    page = client_of(stub).list_messages(
        filter='user_data eq "a.b"', limit=5, offset=10, order="date_created asc"
    )
    assert query(stub.requests[0]) == {
        "filter": ['user_data eq "a.b"'],
        "limit": ["5"],
        "offset": ["10"],
        "order": ["date_created asc"],
    }
    assert "+" not in stub.requests[0].line
    assert [item.message_sid for item in page.items] == [SID]
    assert not page.has_more


def test_items_that_cannot_be_read_are_left_out_and_counted(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, {"items": [taken(), 7, {"to": 1}, None], "has_more": True})
    page = client_of(stub).list_messages(offset=3)
    assert (len(page.items), page.received, page.next_offset) == (1, 4, 7)


@pytest.mark.parametrize(
    ("body", "has_more"),
    [
        ({"items": [taken()], "has_more": True, "total": None}, True),
        ({"items": [taken()], "has_more": False, "total": 99}, False),
        ({"items": [taken()]}, True),
        ({"items": [], "has_more": True}, False),
    ],
)
def test_has_more_is_followed_and_total_is_not(stub: StubServer, body: object, has_more: bool) -> None:
    stub.script = lambda request: answer(200, body)
    assert client_of(stub).list_messages(limit=1).has_more is has_more


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {}}, [], "x"])
def test_a_list_without_items_is_no_answer(stub: StubServer, body: object) -> None:
    stub.script = lambda request: answer(200, body)
    with pytest.raises(OutcomeUnknown):
        client_of(stub).list_messages()


def test_detail_records_have_the_vendors_error_code(stub: StubServer) -> None:
    record = {
        "dr_sid": "d",
        "number_src": SENDER,
        "number_dst": NUMBER,
        "status": "Failed",
        "user_data": "a.b",
        "vendor_error_code": 4470,
        "date_start": "2031-05-01T00:00:00.000Z",
    }
    stub.script = lambda request: answer(200, {"items": [record], "has_more": False})
    (found,) = client_of(stub).list_detail_records(filter="status eq failed").items
    assert (found.to, found.status, found.vendor_error_code) == (NUMBER, "failed", "4470")
    assert NUMBER not in repr(found)
    assert stub.requests[0].line.startswith("GET /sms/message_drs?")
