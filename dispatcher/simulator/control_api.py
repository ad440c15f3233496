"""The simulator's own API under `/_simulator`: faults, what was received, inbound messages."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dispatcher.simulator.faults import Faults
from dispatcher.simulator.http_server import Connection, Reply, Request
from dispatcher.simulator.seeded_random import carrier_of
from dispatcher.simulator.store import PARTNER_SID, carrierx_time
from dispatcher.simulator.validation import error_body, is_own

if TYPE_CHECKING:
    from dispatcher.simulator.engine import Engine

PREFIX = "/_simulator/"


def control(engine: Engine, request: Request, connection: Connection) -> None:
    """Answer a request of the control API."""
    match request.method, request.path.removeprefix(PREFIX):
        case "GET", "faults":
            connection.reply(Reply(200, engine.faults.model_dump()))
        case (("PUT" | "PATCH"), "faults"):
            connection.reply(_set_faults(engine, request))
        case "GET", "received":
            connection.reply(Reply(200, engine.store.received(messages=request.query.get("messages") == "1")))
        case "DELETE", "received":
            engine.store.clear()
            connection.reply(Reply(204))
        case "POST", "inbound":
            _inbound(engine, request, connection)
        case _:
            connection.reply(Reply(404, error_body("Not found")))


def _set_faults(engine: Engine, request: Request) -> Reply:
    """PUT says all faults anew, PATCH changes those it names."""
    try:
        changes = _object(request)
        kept = engine.faults.model_dump() if request.method == "PATCH" else {}
        engine.faults = Faults.model_validate({**kept, **changes})
    except ValidationError as error:
        return Reply(422, error_body("; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())))
    except ValueError as error:
        return Reply(400, error_body(str(error)))
    return Reply(200, engine.faults.model_dump())


def _inbound(engine: Engine, request: Request, connection: Connection) -> None:
    """Somebody texts one of our numbers; answered when the callback was: `answered` is its status or null."""
    try:
        body = _object(request)
        message = _received(body)
    except (ValueError, KeyError):
        connection.reply(Reply(400, error_body("from, to and message or media_urls are needed")))
        return
    if not is_own(message["to"], engine.faults.own_numbers):
        connection.reply(Reply(404, error_body("to is not a number of this account")))
        return
    engine.store.inbound[message["message_sid"]] = message
    url = engine.account.callback_url(str(body["to"]))

    def answered(status: int | None) -> None:
        connection.reply(Reply(200, {"message_sid": message["message_sid"], "answered": status}))

    if url is None:
        answered(None)
    else:
        engine.walker.tell(url, message, engine.faults, answered)


def _received(body: dict[str, Any]) -> dict[str, Any]:
    now = carrierx_time(time.time())
    mcc, mnc = carrier_of(str(body["from"]))
    media = list(body.get("media_urls") or ())
    return {
        "date_changed": now,
        "date_created": now,
        "date_status_changed": now,
        "direction": "inbound",
        "from": str(body["from"]),
        "group_recipients": list(body.get("group_recipients") or ()),
        "mcc": mcc,
        "media_urls": media,
        "message": body.get("message"),
        "message_segments": 1,
        "message_sid": str(uuid.uuid4()),
        "mnc": mnc,
        "partner_sid": PARTNER_SID,
        "price": "0.01",
        "status": "received",
        "to": str(body["to"]),
        "type": "mms" if media else "sms",
        "user_data": None,
    }


def _object(request: Request) -> dict[str, Any]:
    body = json.loads(request.body)
    if not isinstance(body, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004
    return body
