"""Many POSTs on one thread: the same endings as `CarrierX.send`, on ready connections only."""

from __future__ import annotations

import json
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.carrierx import transport
from dispatcher.carrierx._http_reader import read_answer
from dispatcher.carrierx.client import CarrierX
from dispatcher.carrierx.multiplexer import Multiplexer
from dispatcher.errors import ApiError, NotSent, OutcomeUnknown
from dispatcher.model.receipt import MessageStatus
from tests.dispatcher.carrierx.stub import SID, TOKEN, Request, StubServer, answer, client_of, outgoing, taken

CERTIFICATE = Path(__file__).parent / "selfsigned.pem"
BODY = json.dumps(taken()).encode()


def chunked(*parts: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks


#: What a server may say, whole.
REPLIES = {
    "the object": answer(200, taken()),
    "the object, kept alive": answer(200, taken(), Connection="keep-alive"),
    "the object, then closed": answer(200, taken(), Connection="close"),
    "in chunks": chunked(BODY[:40], BODY[40:]),
    "in chunks that look like an end": chunked(b'{"a":"\r\n0\r\n\r\n",', BODY[1:]),
    "compressed": answer(200, zlib.compress(BODY), Content_Encoding="deflate"),
    "compressed badly": answer(200, b"no", Content_Encoding="gzip"),
    "after a continue": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200, taken()),
    "nothing in it": answer(200),
    "no JSON": answer(200, b"<html>"),
    "no sid": answer(200, {"status": "queued"}),
    "a refusal": answer(400, {"errors": [{"field": "to", "message": "is no number"}]}),
    "a refusal in chunks": chunked(b'{"message":"no"}').replace(b"200 OK", b"422 No"),
    "no room": answer(429, {}, Retry_After="7"),
    "no token": answer(401),
    "a fault": answer(503, b"later", Retry_After="3"),
    "a redirect": answer(302, b"", Location="http://elsewhere.example/"),
    "nothing to say": b"HTTP/1.1 204 No Content\r\n\r\n",
    "two lengths": answer(200, taken()).replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"),
}


def ended(stub: StubServer, client: CarrierX, reply: bytes | None) -> MessageStatus | ApiError:
    """How a POST ends that this thread writes itself, on a connection that an earlier one made ready."""
    stub.script = lambda request: answer(200, taken())
    client.send(outgoing())
    stub.script = lambda request: reply
    with Multiplexer[str]() as exchanges:
        assert exchanges.begin("it", client, outgoing(), lambda: True)
        over, deadline = exchanges.wait(5), time.monotonic() + 60
        while not over and time.monotonic() < deadline:
            over = exchanges.wait(5)
        assert [one.tag for one in over] == ["it"]
        return over[0].outcome


def sent(stub: StubServer, client: CarrierX, reply: bytes) -> MessageStatus | ApiError:
    stub.script = lambda request: reply
    try:
        return client.send(outgoing())
    except ApiError as error:
        return error


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_every_answer_means_what_it_means_to_send(stub: StubServer, reply: bytes) -> None:
    here, there = (ended(stub, client_of(stub), reply), sent(stub, client_of(stub), reply))
    assert type(here) is type(there)
    if isinstance(here, ApiError) and isinstance(there, ApiError):
        assert vars(here) == vars(there)
    else:
        assert here == there


@pytest.mark.parametrize("name", ["the object", "in chunks", "after a continue", "a refusal", "compressed"])
def test_an_answer_in_single_bytes_is_read_and_its_connection_used_again(name: str) -> None:
    whole = REPLIES[name]
    got, found = bytearray(), []
    for byte in whole:
        got.append(byte)
        found.append(read_answer(got))
    assert [answer is None for answer in found] == [True] * (len(whole) - 1) + [False]
    assert found[-1] is not None
    assert found[-1].reusable


@pytest.mark.parametrize(
    ("name", "connections"),
    [
        ("the object", 1),
        ("in chunks", 1),
        ("a refusal", 1),
        ("the object, then closed", 2),
        ("two lengths", 2),
    ],
)
def test_a_connection_is_used_again_unless_it_is_over(stub: StubServer, name: str, connections: int) -> None:
    client = client_of(stub)
    ended(stub, client, REPLIES[name])
    sent(stub, client, answer(200, taken()))
    assert stub.connections == connections


def test_what_is_written_is_what_send_writes(stub: StubServer) -> None:
    client = client_of(stub)
    ended(stub, client, answer(200, taken()))
    by_send, here = stub.requests
    assert (here.line, here.body) == (by_send.line, by_send.body)
    assert {**here.headers, "connection": None} == {**by_send.headers, "connection": None}


@pytest.mark.parametrize("reset", [True, False])
def test_a_connection_broken_after_the_request_is_unknown_and_not_repeated(
    stub: StubServer, reset: bool
) -> None:
    stub.reset = reset
    assert isinstance(ended(stub, client_of(stub), None), OutcomeUnknown)
    assert len(stub.requests) == 2


@pytest.mark.parametrize("reply", [b"", answer(200, taken())[:-5], b"HTTP/1.1 200 OK\r\nCont"])
def test_an_answer_that_does_not_come_whole_in_time_is_unknown(stub: StubServer, reply: bytes) -> None:
    error = ended(stub, client_of(stub, read_timeout=0.1), reply)
    assert isinstance(error, OutcomeUnknown)
    assert "in time" in str(error)


def test_what_is_no_http_is_unknown_at_once(stub: StubServer) -> None:
    began = time.monotonic()
    assert isinstance(ended(stub, client_of(stub, read_timeout=30), b"hello"), OutcomeUnknown)
    assert time.monotonic() - began < 20


def test_without_a_ready_connection_nothing_is_done(stub: StubServer) -> None:
    client = client_of(stub)
    with Multiplexer[str]() as exchanges:
        assert not exchanges.begin("it", client, outgoing(), lambda: True)
    assert stub.requests == []


@pytest.mark.parametrize("how", ["idled", "closed by the server", "client closed"])
def test_a_connection_that_is_not_fresh_is_not_written_to(stub: StubServer, how: str) -> None:
    stub.close_after_answer = how == "closed by the server"
    client = client_of(stub, idle_limit=0.0 if how == "idled" else 60)
    client.send(outgoing())
    if how == "closed by the server":
        assert stub.closed_one.wait(60)
    if how == "client closed":
        client.close()
    with Multiplexer[str]() as exchanges:
        assert not exchanges.begin("it", client, outgoing(), lambda: True)
    assert len(stub.requests) == 1


def test_a_permit_withdrawn_is_not_sent_and_asked_once(stub: StubServer) -> None:
    client, answers = client_of(stub), iter([False])
    client.send(outgoing())
    with Multiplexer[str]() as exchanges:
        assert exchanges.begin("it", client, outgoing(), lambda: next(answers))
        assert isinstance(exchanges.wait(60)[0].outcome, NotSent)
    assert len(stub.requests) == 1
    client.send(outgoing())
    assert stub.connections == 1


def test_many_are_under_way_at_once_and_each_gets_its_own_answer(stub: StubServer) -> None:
    client, together = client_of(stub, pool_size=20, read_timeout=60), threading.Barrier(20)

    def meet(request: Request) -> bytes:
        together.wait(60)
        return answer(200, taken(user_data=request.json["user_data"]))

    stub.script = meet
    senders = [threading.Thread(target=client.send, args=(outgoing(),)) for _ in range(20)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    found: dict[int, MessageStatus | ApiError] = {}
    with Multiplexer[int]() as exchanges:
        for index in range(20):
            assert exchanges.begin(index, client, outgoing(user_data=f"c.{index}"), lambda: True)
        while len(found) < 20:
            found |= {over.tag: over.outcome for over in exchanges.wait(5)}
    assert [getattr(found[index], "user_data", None) for index in range(20)] == [
        f"c.{index}" for index in range(20)
    ]
    assert stub.connections == 20


def test_another_thread_ends_the_wait() -> None:
    with Multiplexer[str]() as exchanges:
        threading.Timer(0.05, exchanges.wake).start()
        began = time.monotonic()
        assert exchanges.wait(30) == []
        assert time.monotonic() - began < 20
    exchanges.wake()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], ssl.SSLContext]:
    """Makes a server's context whose certificate clients trust, as they would CarrierX's."""

    def context() -> ssl.SSLContext:
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        trusting.check_hostname = False
        monkeypatch.setattr(transport, "_verifying_context", lambda: trusting)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(CERTIFICATE)
        return server

    return context


def test_over_tls_it_is_the_same(stub: StubServer, trusted: Callable[[], ssl.SSLContext]) -> None:
    stub.tls = trusted()
    client = CarrierX(f"https://localhost:{stub.address.rpartition(':')[2]}", TOKEN, read_timeout=60)
    long = answer(200, taken(message="x" * 100_000))
    for reply in (answer(200, taken()), long):
        outcome = ended(stub, client, reply)
        assert isinstance(outcome, MessageStatus)
        assert outcome.message_sid == SID
    assert stub.connections == 1
