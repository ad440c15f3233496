"""Every ending of a request to CarrierX, in one table. `docs/carrierx.md` shows it; a test walks every line.

    | what happened                                                  | outcome          |
    |----------------------------------------------------------------|------------------|
    | 200 with the object                                            | accepted         |
    | 401                                                            | Unauthorized     |
    | 403, 402; any other refusal whose words speak of funds or of a | Forbidden        |
    |   suspended account                                            |                  |
    | 429, 409, 421, 423, 425                                        | Throttled        |
    | 407: of a proxy on the way                                     | NotSent          |
    | 408                                                            | OutcomeUnknown   |
    | 400, 404, 413, 415, 422, 451 and every other 4xx               | Refused          |
    | 1xx, other 2xx, 3xx, 5xx, 200 with anything but the object     | OutcomeUnknown   |
    | an exception before the first byte was written                 | NotSent          |
    | an exception at the first byte or after it                     | OutcomeUnknown   |

The last two lines are decided by a fact (was a byte handed to the socket?), not by the exception's class: the
libraries raise the same class for a reset in the TLS handshake and for one after the body.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import requests
from urllib3 import exceptions as urllib3_errors

from dispatcher.carrierx._retry_after import retry_after_seconds
from dispatcher.carrierx.schema import NotTheObjectError, read_json, text_of
from dispatcher.carrierx.transport import PermitWithdrawnError
from dispatcher.errors import (
    ApiError,
    Complaint,
    Forbidden,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unauthorized,
)

_Refusal = TypeVar("_Refusal", Refused, Forbidden)

TEXT_MAX = 300
#: Of an error body so many entries are read, and so much of each text: more than a group needs.
COMPLAINTS_MAX, WORDS_MAX = 50, 1_000
#: Words of a refusal that speak of the account, whatever its status. Read wrongly they do no harm: another message
#: tells whether they were about this one.
_OF_THE_ACCOUNT = re.compile(
    r"(insufficient|not enough|no|low|out of|exceed\w*)\W+(\w+\W+){0,3}(funds?|balance|credits?)\b"
    r"|payment (is )?required|(account|partner)\W+(\w+\W+){0,3}(suspended|disabled|blocked|closed|inactive)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer, read whole. `headers` has lower-case names; the body stays out of the repr."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


#: Words for an exception before the first byte. The first class that fits names it; all are `NotSent`.
_NEVER_LEFT: tuple[tuple[type[Exception], str], ...] = (
    (urllib3_errors.NameResolutionError, "CarrierX's host name cannot be resolved"),
    (urllib3_errors.ProxyError, "the proxy did not let us through to CarrierX"),
    (urllib3_errors.NewConnectionError, "CarrierX cannot be connected to"),
    (urllib3_errors.ConnectTimeoutError, "connecting to CarrierX took too long"),
    (requests.exceptions.ConnectTimeout, "connecting to CarrierX took too long"),
    (requests.exceptions.SSLError, "no TLS connection to CarrierX could be made"),
    (ssl.SSLError, "no TLS connection to CarrierX could be made"),
    (urllib3_errors.ClosedPoolError, "the client was closed"),
    (PermitWithdrawnError, "the request was no longer wanted when its first byte was due"),
    (ValueError, "the request to CarrierX cannot be written: its URL or a header is not valid"),
    (Exception, "the connection to CarrierX failed before the request was written"),
)

#: The same after the first byte; all are `OutcomeUnknown`.
_MAY_HAVE_ARRIVED: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.Timeout, "CarrierX did not answer in time"),
    (urllib3_errors.TimeoutError, "CarrierX did not answer in time"),
    (TimeoutError, "CarrierX did not answer in time"),
    (Exception, "the connection to CarrierX broke before its answer was read"),
)


def failure_of_exception(error: Exception, *, written: bool) -> ApiError:
    """What a foreign exception means. `written`: the first byte of the request was handed to the socket."""
    if written:
        return OutcomeUnknown(_words(error, _MAY_HAVE_ARRIVED))
    return NotSent(_words(error, _NEVER_LEFT))


def failure_of_answer(answer: HttpAnswer) -> ApiError | None:
    """What an answer's status means; None for 200, whose body has yet to be read."""
    match answer.status:
        case 200:
            return None
        case 401:
            return Unauthorized(f"CarrierX refuses the token: {answer.status}", status=answer.status)
        case 402 | 403:
            return _refused(answer, Forbidden)
        case 407:
            return NotSent("a proxy between us and CarrierX wants a login (407)", status=407)
        case 409 | 421 | 423 | 425 | 429:
            return Throttled(
                f"CarrierX asks for patience: {answer.status}",
                status=answer.status,
                retry_after=retry_after_seconds(answer.headers),
                field=_words_of_refusal(answer.body)[0],
            )
        case status if 400 <= status < 500 and status != 408:
            refused = _refused(answer, Refused)
            return _refused(answer, Forbidden) if _OF_THE_ACCOUNT.search(refused.text) else refused
        case _:
            return OutcomeUnknown(f"CarrierX answered {answer.status}", status=answer.status)


def not_the_object(answer: HttpAnswer) -> OutcomeUnknown:
    """A 200 whose body is not what was asked for."""
    return OutcomeUnknown("CarrierX answered 200 without the object", status=answer.status)


def _refused(answer: HttpAnswer, kind: type[_Refusal]) -> _Refusal:
    field_name, text, complaints = _words_of_refusal(answer.body)
    return kind(
        f"CarrierX refused the request: {answer.status}",
        status=answer.status,
        field=field_name,
        text=text,
        complaints=complaints,
    )


def _words_of_refusal(body: bytes) -> tuple[str | None, str, tuple[Complaint, ...]]:
    """The first field named, the texts and all entries of CarrierX's error body, which may be anything at all."""
    try:
        value = read_json(body)
    except NotTheObjectError:
        return None, "", ()
    if not isinstance(value, dict):
        return None, "", ()
    details = value.get("errors")
    errors = [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    named = next((name for item in errors if (name := text_of(item.get("field")))), None)
    texts = dict.fromkeys(text for item in errors if (text := text_of(item.get("message"))))
    text = "; ".join(texts) or text_of(value.get("message")) or ""
    whole = {"message": value.get("message")}
    complaints = tuple(map(_complaint, [*errors[:COMPLAINTS_MAX], whole]))
    return (named[:TEXT_MAX] if named else None), text[:TEXT_MAX], complaints


def _complaint(item: Mapping[str, object]) -> Complaint:
    field, text, reference = (text_of(item.get(name)) for name in ("field", "message", "reference_sid"))
    return Complaint(*(part[:WORDS_MAX] if part else None for part in (field, text, reference)))


def _words(error: Exception, table: tuple[tuple[type[Exception], str], ...]) -> str:
    chain = _chain(error)
    return next(words for kind, words in table if any(isinstance(link, kind) for link in chain))


def _chain(error: Exception) -> list[BaseException]:
    """The exception and those it wraps, as `requests` and `urllib3` pack them: in `args[0]` and `reason`."""
    chain: list[BaseException] = []
    link: object = error
    while isinstance(link, BaseException) and link not in chain and len(chain) < 8:
        chain.append(link)
        link = getattr(link, "reason", None) or next(
            (inner for inner in link.args if isinstance(inner, BaseException)), None
        )
    return chain
