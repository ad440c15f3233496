"""Every line of the table of outcomes, over real sockets."""

from __future__ import annotations

import http.client
import inspect
import json
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests
import urllib3

from dispatcher.carrierx._error_mapping import failure_of_exception
from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ApiError, Forbidden, NotSent, OutcomeUnknown, Refused, Throttled, Unauthorized
from tests.dispatcher.carrierx.stub import NUMBER, SID, TOKEN, StubServer, answer, client_of, outgoing, taken

ERROR_BODY = {
    "message": "Validation failed",
    "errors": [{"field": "to", "message": f"{NUMBER} cannot be reached", "reference_sid": None}],
}


def failure(server: StubServer, **options: float) -> ApiError:
    with pytest.raises(ApiError) as caught:
        client_of(server, **options).send(outgoing())
    return caught.value


def test_200_with_the_object_is_accepted(stub: StubServer) -> None:
    status = client_of(stub).send(outgoing())
    assert (status.message_sid, status.status) == (SID, "queued")


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 415, 422, 451])
def test_a_4xx_is_refused_with_field_and_text_kept(stub: StubServer, status: int) -> None:
    stub.script = lambda request: answer(status, ERROR_BODY)
    error = failure(stub)
    assert isinstance(error, Refused)
    assert (error.status, error.field, error.text) == (status, "to", f"{NUMBER} cannot be reached")


def test_a_refusal_keeps_its_text_out_of_the_error_sentence(stub: StubServer) -> None:
    stub.script = lambda request: answer(422, ERROR_BODY)
    error = failure(stub)
    assert NUMBER not in str(error) + repr(error)


def test_a_long_text_of_a_refusal_is_trimmed_to_300_characters(stub: StubServer) -> None:
    stub.script = lambda request: answer(400, {"message": "x" * 5000})
    error = failure(stub)
    assert isinstance(error, Refused)
    assert error.text == "x" * 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<p>",
        b"[]",
        b'"no"',
        b'{"errors": 3}',
        b'{"errors": [1, {"field": []}]}',
        b"\xff",
        b"[" * 99999,
    ],
)
def test_a_refusal_with_an_unreadable_body_is_still_a_refusal(stub: StubServer, body: bytes) -> None:
    stub.script = lambda request: answer(400, body)
    error = failure(stub)
    assert isinstance(error, Refused)
    assert (error.field, error.text) == (None, "")


@pytest.mark.parametrize("status", [401, 403])
def test_401_and_403_are_unauthorized(stub: StubServer, status: int) -> None:
    stub.script = lambda request: answer(status, ERROR_BODY)
    error = failure(stub)
    assert isinstance(error, Unauthorized)
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, "no", Unauthorized),
        (403, "no", Forbidden),
        (402, "no", Forbidden),
        (400, "Insufficient funds", Forbidden),
        (422, "Not enough prepaid balance to send", Forbidden),
        (400, "This account has been suspended", Forbidden),
        (400, "The balance of the text is off", Refused),
        (413, "too large", Refused),
        (451, "not here", Refused),
        (407, "who are you", NotSent),
        (409, "conflict", Throttled),
        (421, "elsewhere", Throttled),
        (423, "locked", Throttled),
        (425, "too early", Throttled),
        (302, "", OutcomeUnknown),
        (511, "log in to this network", OutcomeUnknown),
    ],
)
def test_an_answer_is_for_one_message_for_the_account_or_for_later(
    stub: StubServer, status: int, text: str, kind: type[ApiError]
) -> None:
    body = {"message": "", "errors": [{"field": "to", "message": text, "reference_sid": None}]}
    for told in (json.dumps(body).encode(), b"<html>blocked</html>"):
        said = answer(status, told)
        stub.script = lambda _, said=said: said  # type: ignore[misc]
        error = failure(stub)
        if told[:1] == b"{" or status not in (400, 422):
            assert type(error) is kind


@pytest.mark.parametrize("status", [409, 429])
def test_409_and_429_are_throttled(stub: StubServer, status: int) -> None:
    stub.script = lambda request: answer(status, ERROR_BODY, Retry_After="7")
    error = failure(stub)
    assert isinstance(error, Throttled)
    assert (error.status, error.retry_after) == (status, 7.0)


def test_retry_after_as_a_date_is_counted_from_the_answers_own_date(stub: StubServer) -> None:
    now = datetime(2031, 5, 1, 12, tzinfo=UTC)
    dates = {
        "Date": format_datetime(now, usegmt=True),
        "Retry_After": format_datetime(now + timedelta(seconds=90), usegmt=True),
    }
    stub.script = lambda request: answer(429, b"", **dates)
    error = failure(stub)
    assert isinstance(error, Throttled)
    assert error.retry_after == 90


@pytest.mark.parametrize("value", ["soon", "-4", "1e400", "9" * 40, ""])
def test_an_unreadable_retry_after_is_none(stub: StubServer, value: str) -> None:
    stub.script = lambda request: answer(429, b"", Retry_After=value)
    error = failure(stub)
    assert isinstance(error, Throttled)
    assert error.retry_after is None


@pytest.mark.parametrize("status", [103, 201, 202, 206, 300, 308, 408, 500, 502, 503, 504, 599])
def test_408_5xx_and_other_1xx_2xx_3xx_are_unknown(stub: StubServer, status: int) -> None:
    stub.script = lambda request: answer(status, taken())
    error = failure(stub)
    assert isinstance(error, OutcomeUnknown)
    assert error.status == status


def test_204_is_unknown(stub: StubServer) -> None:
    stub.script = lambda request: b"HTTP/1.1 204 No Content\r\n\r\n"
    assert isinstance(failure(stub), OutcomeUnknown)


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_redirect_is_unknown_and_not_followed(stub: StubServer, status: int) -> None:
    stub.script = lambda request: answer(status, b"", Location="/elsewhere")
    assert isinstance(failure(stub), OutcomeUnknown)
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"[]",
        b"null",
        b"{}",
        b'{"status": "queued"}',
        b'{"message_sid": "x"}',
        b'{"message_sid": null, "status": "queued"}',
        b'{"message_sid": "x", "status": ["queued"]}',
        b"[" * 200_000,
    ],
)
def test_200_with_a_body_that_is_not_the_object_is_unknown(stub: StubServer, body: bytes) -> None:
    stub.script = lambda request: answer(200, body)
    assert isinstance(failure(stub), OutcomeUnknown)


def test_a_body_cut_short_is_unknown(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, taken())[:-20]
    stub.close_after_answer = True
    assert isinstance(failure(stub), OutcomeUnknown)


def test_a_body_that_cannot_be_decompressed_is_unknown(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, b"not gzip", Content_Encoding="gzip")
    assert isinstance(failure(stub), OutcomeUnknown)


def test_an_answer_that_is_not_http_is_unknown(stub: StubServer) -> None:
    stub.script = lambda request: b"hello\r\n\r\n"
    stub.close_after_answer = True
    assert isinstance(failure(stub), OutcomeUnknown)


def test_a_read_time_out_is_unknown(stub: StubServer) -> None:
    held = threading.Event()
    stub.script = lambda request: answer(200, taken()) if held.wait(20) else None
    error = failure(stub, read_timeout=0.1)
    held.set()
    assert isinstance(error, OutcomeUnknown)
    assert "in time" in str(error)


def test_a_read_time_out_in_the_middle_of_the_body_is_unknown(stub: StubServer) -> None:
    stub.script = lambda request: answer(200, taken())[:-5]
    error = failure(stub, read_timeout=0.1)
    assert isinstance(error, OutcomeUnknown)
    assert "in time" in str(error)


def test_a_body_that_trickles_beyond_the_time_out_is_unknown() -> None:
    gone = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with suppress(OSError), connection:
            while not gone.wait(0.01):
                connection.sendall(b" ")

    thread = threading.Thread(target=trickle)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(OutcomeUnknown, match="in time"):
        CarrierX(url, TOKEN, read_timeout=0.1).send(outgoing())
    gone.set()
    thread.join()
    listener.close()


@pytest.mark.parametrize("reset", [True, False])
def test_a_connection_broken_after_the_request_is_unknown(stub: StubServer, reset: bool) -> None:
    stub.script, stub.reset = lambda request: None, reset
    assert isinstance(failure(stub), OutcomeUnknown)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("reset", [True, False])
def test_a_recycled_connection_broken_after_the_request_is_unknown_and_not_repeated(
    stub: StubServer, reset: bool
) -> None:
    client = client_of(stub)
    client.send(outgoing())
    stub.script, stub.reset = lambda request: None, reset
    with pytest.raises(OutcomeUnknown):
        client.send(outgoing())
    assert [request.connection for request in stub.requests] == [1, 1]


def test_a_refused_connection_is_not_sent() -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}"
        with pytest.raises(NotSent, match="connected") as caught:
            CarrierX(url, TOKEN).send(outgoing())
    assert caught.value.status is None


def test_an_unknown_host_is_not_sent() -> None:
    with pytest.raises(NotSent, match="resolved"):
        CarrierX("http://no-such-host.invalid", TOKEN).send(outgoing())


def test_a_connect_time_out_is_not_sent() -> None:
    # A full backlog: the kernel leaves further connections unanswered.
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(address)
    with pytest.raises(NotSent, match="too long"):
        CarrierX(f"http://127.0.0.1:{address[1]}", TOKEN, connect_timeout=0.1).send(outgoing())
    for one in [*waiting, listener]:
        one.close()


def hang_up_after(first_bytes: bytes) -> str:
    """The address of a server that says this to the first bytes of a client, and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        connection.recv(1)
        connection.sendall(first_bytes)
        connection.close()
        listener.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_without_tls_is_not_sent() -> None:
    address = hang_up_after(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(NotSent):
        CarrierX(f"https://{address}", TOKEN).send(outgoing())


def test_a_certificate_nobody_vouches_for_is_not_sent(stub: StubServer) -> None:
    stub.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stub.tls.load_cert_chain(Path(__file__).with_name("selfsigned.pem"))
    with pytest.raises(NotSent, match="TLS"):
        CarrierX(f"https://{stub.address}", TOKEN).send(outgoing())
    assert stub.requests == []


def test_a_variable_of_the_environment_does_not_change_whom_to_trust(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = Path(__file__).with_name("selfsigned.pem")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(pem))
    stub.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stub.tls.load_cert_chain(pem)
    with pytest.raises(NotSent, match="TLS"):
        CarrierX(f"https://{stub.address}", TOKEN).send(outgoing())


def test_a_reset_in_the_tls_handshake_is_not_sent() -> None:
    with pytest.raises(NotSent):
        CarrierX(f"https://{hang_up_after(b'')}", TOKEN).send(outgoing())


def test_a_silent_tls_handshake_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NotSent):
            CarrierX(url, TOKEN, connect_timeout=0.1).send(outgoing())


@pytest.mark.parametrize(
    "url",
    ["", "api.example", "ftp://api.example", "http://", "http://[::1", "http://a b", "http://x:99999999"],
)
def test_an_invalid_url_is_not_sent(url: str) -> None:
    with pytest.raises(NotSent):
        CarrierX(url, TOKEN).send(outgoing())


@pytest.mark.parametrize("token", ["two\nlines", "kaputt\r\nX: y", "snow\u2603"])
def test_a_token_that_fits_no_header_is_not_sent_and_not_told(stub: StubServer, token: str) -> None:
    with pytest.raises(NotSent) as caught:
        CarrierX(stub.url, token).send(outgoing())
    assert token not in str(caught.value)
    assert caught.value.__context__ is None
    assert stub.requests == []


def test_a_closed_client_is_not_sent(stub: StubServer) -> None:
    client = client_of(stub)
    client.send(outgoing())
    client.close()
    with pytest.raises(NotSent):
        client.send(outgoing())
    assert len(stub.requests) == 1


def test_a_permit_withdrawn_before_the_first_byte_is_not_sent(stub: StubServer) -> None:
    with pytest.raises(NotSent):
        client_of(stub).send(outgoing(), permit=lambda: False)
    assert stub.requests == []


def test_a_permit_is_asked_once_on_a_ready_connection(stub: StubServer) -> None:
    asked: list[int] = []

    def permit() -> bool:
        asked.append(stub.connections)
        return True

    client_of(stub).send(outgoing(), permit=permit)
    assert len(asked) == 1


def _exception_classes() -> list[type[Exception]]:
    found: list[type[Exception]] = []
    for module in (requests.exceptions, urllib3.exceptions, ssl, socket, http.client):
        found += [
            kind
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if issubclass(kind, Exception) and not issubclass(kind, Warning) and kind not in found
        ]
    return found


@pytest.mark.parametrize("kind", _exception_classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_exception_of_the_libraries_is_left_unmapped(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    assert isinstance(failure_of_exception(error, written=False), NotSent)
    assert isinstance(failure_of_exception(error, written=True), OutcomeUnknown)


def test_the_texts_of_foreign_exceptions_are_not_passed_on() -> None:
    error = requests.exceptions.InvalidHeader(f"Bearer {TOKEN} for {NUMBER}")
    for written in (True, False):
        words = str(failure_of_exception(error, written=written))
        assert TOKEN not in words
        assert NUMBER not in words
