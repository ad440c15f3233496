"""The client of CarrierX's Core API: send, look up, list. One object per process, used by all its threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import requests
from urllib3.util import Timeout

from dispatcher.carrierx._error_mapping import (
    HttpAnswer,
    failure_of_answer,
    failure_of_exception,
    not_the_object,
)
from dispatcher.carrierx.detail_records import DetailRecord, read_detail_record
from dispatcher.carrierx.pagination import ListPage, read_page
from dispatcher.carrierx.schema import NotTheObjectError, read_object, read_status, write_message
from dispatcher.carrierx.transport import CarrierAdapter, Permit, begin_exchange, was_written
from dispatcher.errors import ApiError, Refused
from dispatcher.host.egress import DIRECT, Egress
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus

#: CarrierX: the most items a list gives at once.
LIMIT_MAX = 1000
#: More than a page of 1,000 objects ever is; a longer body is not ours to read.
BODY_MAX = 32 * 1024 * 1024
CHUNK = 64 * 1024
DEFAULT_PORT = {"http": 80, "https": 443}

Item = TypeVar("Item")


class _ListQuery(NamedTuple):
    filter: str
    limit: int
    offset: int
    order: str


class CarrierX:
    """CarrierX's API at `base_url`. Time-outs and `idle_limit` in seconds.

    Thread-safe. Connections must not cross a fork: make one in each process. Nothing is sent twice by itself,
    no redirect is followed; the environment is not read here: proxy and certificates are those of `egress`.
    Every call raises the `ApiError` tree and nothing else; see `dispatcher.carrierx._error_mapping` for the table.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        connect_timeout: float = 5,
        read_timeout: float = 30,
        pool_size: int = 64,
        idle_limit: float = 3.0,
        egress: Egress = DIRECT,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self.read_timeout = read_timeout
        self._timeout = Timeout(connect=connect_timeout, read=read_timeout)
        tls = self._base_url.lower().startswith("https")
        self._adapter = CarrierAdapter(pool_size=pool_size, idle_limit=idle_limit, tls=tls, egress=egress)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers = requests.structures.CaseInsensitiveDict(
            {
                "Authorization": f"Bearer {token}",
                "User-Agent": "mms-dispatcher",
            }
        )
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)

    def __repr__(self) -> str:
        return f"CarrierX({self._base_url!r})"

    def send(self, outgoing: Outgoing, *, permit: Permit | None = None) -> MessageStatus:
        """POST one message (`POST /sms/messages`); what CarrierX took it as.

        `permit` is asked once, on a ready connection just before the first byte; its no is a `NotSent`.

        Raises:
            NotSent: nothing was written: safe to try again.
            Throttled: 429, 409 and their like: safe to try again later.
            Forbidden: 403, 402: no to this message, or to all of the account.
            Refused: CarrierX said no to this message; `field` and `text` are its words.
            Unauthorized: 401: the token does not work.
            OutcomeUnknown: it may have been taken.
        """
        body = write_message(outgoing)
        answer = self._exchange(lambda: self._posting(body), permit)
        return _read(answer, read_status)

    def ready_connection(self) -> Any:
        """A connection that a POST can be written to at once, or None; `give_back` it afterwards."""
        return self._adapter.take_ready()

    def give_back(self, connection: Any) -> None:
        """A connection of `ready_connection`, open if it can be used again, else closed."""
        self._adapter.put_back(connection)

    def request_of(self, outgoing: Outgoing) -> bytes:
        """The POST of `send`, head and body, as it is written to a connection."""
        body = write_message(outgoing)
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def read_taken(self, answer: HttpAnswer) -> MessageStatus | ApiError:
        """What the answer to such a POST means, as `send` tells it."""
        try:
            return _read(answer, read_status)
        except ApiError as error:
            return error

    def get_message(self, sid: str) -> MessageStatus | None:
        """Ask for one message (`GET /sms/messages/{sid}`); None when CarrierX does not know it (404).

        Raises:
            ApiError: there is no such answer; `OutcomeUnknown` here means that the question stays open.
        """
        try:
            return self._get(f"/sms/messages/{quote(sid, safe='')}", {}, read_status)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def list_messages(
        self, *, filter: str = "", limit: int = LIMIT_MAX, offset: int = 0, order: str = ""
    ) -> ListPage[MessageStatus]:
        """One page of messages (`GET /sms/messages`).

        `filter` is `attr op value and …`, `order` is `attr asc` or `attr desc`, both CarrierX's own words.
        CarrierX may ignore the filter or lag: compare every item, and take silence for no answer.
        """
        listing = _ListQuery(filter, limit, offset, order)
        return self._list("/sms/messages", read_status, listing)

    def list_detail_records(
        self, *, filter: str = "", limit: int = LIMIT_MAX, offset: int = 0, order: str = ""
    ) -> ListPage[DetailRecord]:
        """One page of detail records (`GET /sms/message_drs`), where failures have `vendor_error_code`."""
        listing = _ListQuery(filter, limit, offset, order)
        return self._list("/sms/message_drs", read_detail_record, listing)

    def get_object(self, path: str, query: dict[str, object] | None = None) -> dict[str, Any] | None:
        """Any other object of the API as it stands; None for 404."""
        try:
            return self._get(path, query or {}, lambda body: body)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def change_object(self, path: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """`PATCH` an object of the API; the object as it stands afterwards."""
        request = requests.Request("PATCH", f"{self._base_url}{path}", json=dict(changes))
        return _read(self._exchange(lambda: self._session.prepare_request(request)), lambda body: body)

    def close(self) -> None:
        """Close the pooled connections. A later call is `NotSent`."""
        self._session.close()

    @cached_property
    def _post(self) -> requests.PreparedRequest:
        """The POST as far as it is the same for every message: URL parsed and headers checked once."""
        request = requests.Request("POST", f"{self._base_url}/sms/messages")
        prepared = self._session.prepare_request(request)
        prepared.headers["Content-Type"] = "application/json"
        prepared.headers.pop("Content-Length", None)
        return prepared

    @cached_property
    def _head(self) -> bytes:
        """The POST's head up to the length of its body, made of what `requests` prepared."""
        url = urlsplit(self._post.url)
        assert isinstance(url, SplitResult)
        port = f":{url.port}" if url.port not in (None, DEFAULT_PORT[url.scheme]) else ""
        name = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
        headers = {"Host": f"{name}{port}", "Accept-Encoding": "identity", **self._post.headers}
        lines = [
            f"POST {self._post.path_url} HTTP/1.1",
            *(f"{key}: {value}" for key, value in headers.items()),
        ]
        return "\r\n".join([*lines, "Content-Length: "]).encode("latin-1")

    def _posting(self, body: bytes) -> requests.PreparedRequest:
        same, request = self._post, requests.PreparedRequest()
        request.method, request.url, request.body = same.method, same.url, body
        # A plain dict: these headers are written once and never looked up.
        request.headers = {**same.headers, "Content-Length": str(len(body))}  # type: ignore[assignment]
        return request

    def _list(
        self, path: str, read: Callable[[Mapping[str, Any]], Item], listing: _ListQuery
    ) -> ListPage[Item]:
        query = {name: value for name, value in listing._asdict().items() if value}
        return self._get(
            path, query, lambda body: read_page(body, read, offset=listing.offset, limit=listing.limit)
        )

    def _get(self, path: str, query: dict[str, object], read: Callable[[dict[str, Any]], Item]) -> Item:
        # Percent-encoded spaces: `+` means a space in forms only, and a filter is full of them.
        url = f"{self._base_url}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        request = requests.Request("GET", url)
        return _read(self._exchange(lambda: self._session.prepare_request(request)), read)

    def _exchange(
        self, prepare: Callable[[], requests.PreparedRequest], permit: Permit | None = None
    ) -> HttpAnswer:
        """One request, one answer. The only place where foreign exceptions arrive; none of them leaves."""
        begin_exchange(permit)
        failure: ApiError
        try:
            response = self._adapter.send(prepare(), timeout=self._timeout)  # type: ignore[arg-type]
            return _answer(response, time.monotonic() + self.read_timeout)
        except Exception as error:
            failure = failure_of_exception(error, written=was_written())
        # Raised out here: no foreign exception, whose text may hold a header, may hang on as its context.
        raise failure


def _answer(response: requests.Response, deadline: float) -> HttpAnswer:
    """The answer, read whole. A body that trickles beyond the deadline (monotonic) or never ends is given up."""
    raw, body = response.raw, bytearray()
    while chunk := raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > BODY_MAX or time.monotonic() > deadline:
            raw.close()
            raise TimeoutError
    headers = {name.lower(): value for name, value in raw.headers.items()}
    return HttpAnswer(response.status_code, headers, bytes(body))


def _read(answer: HttpAnswer, read: Callable[[dict[str, Any]], Item]) -> Item:
    failure = failure_of_answer(answer)
    if failure is not None:
        raise failure
    try:
        return read(read_object(answer.body))
    except NotTheObjectError:
        pass
    raise not_the_object(answer)
