"""`POST /sms/messages`: check, decide by the faults, take, answer or break."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from dispatcher.simulator.faults import Faults
from dispatcher.simulator.http_server import Connection, Reply, Request
from dispatcher.simulator.message_lifecycle import Walker
from dispatcher.simulator.seeded_random import Fate
from dispatcher.simulator.store import Store
from dispatcher.simulator.validation import complaints, error_body, group_of, read_names

_SERVER_ERROR = error_body("Internal server error")


class MessageCreation:
    """Takes messages, or not, as the faults say."""

    def __init__(self, store: Store, walker: Walker) -> None:
        self._store = store
        self._walker = walker
        self._second = 0
        self._in_second = 0

    def post(self, request: Request, connection: Connection, faults: Faults) -> None:
        """Answer one POST, at once or later, or reset its connection."""
        body = _json_object(request, faults)
        if isinstance(body, Reply):
            self._end(connection, body, 0)
            return
        fate = Fate(faults, self._key(body))
        wait_ms = fate.wait_ms(faults.latency_ms, faults.jitter_ms, "latency")
        if (refusal := self._throttled(fate) or _refused(body, fate)) is not None:
            self._end(connection, refusal, wait_ms)
        elif fate.hits("error_before_share"):
            self._end(connection, Reply(faults.error_status, _SERVER_ERROR), wait_ms)
        elif fate.hits("reset_before_share"):
            self._end(connection, None, wait_ms)
        else:
            self._take(body, connection, fate, wait_ms)

    def _take(self, body: dict[str, Any], connection: Connection, fate: Fate, wait_ms: float) -> None:
        taken = self._store.take(body)
        # The answer is the object as it was taken, however far it has walked when the answer leaves.
        reply = _after_taking(Reply(200, taken.body()), fate)
        if fate.hits("slow_share"):
            wait_ms += fate.faults.slow_ms
        if fate.hits("early_share"):
            self._walker.start(taken, fate, after_first=lambda: self._end(connection, reply, wait_ms))
        else:
            self._walker.start(taken, fate)
            self._end(connection, reply, wait_ms)

    def _key(self, body: dict[str, Any]) -> str:
        """What fate depends on: the message, and how often it was tried."""
        name = str(body.get("user_data") or body.get("to") or body.get("group_recipients"))
        self._store.tries[name] += 1
        return f"{name}#{self._store.tries[name]}"

    def _throttled(self, fate: Fate) -> Reply | None:
        if self._above(fate.faults.throttle_above) or fate.hits("throttle_share"):
            wait = fate.faults.retry_after
            return Reply(429, error_body("Too many requests"), {"Retry-After": wait} if wait else {})
        if fate.hits("conflict_share"):
            return Reply(409, error_body("Conflict"))
        return None

    def _above(self, per_second: float) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._in_second = second, 0
        if per_second and self._in_second >= per_second:
            return True
        self._in_second += 1
        return False

    def _end(self, connection: Connection, reply: Reply | None, wait_ms: float) -> None:
        """Answer after the wait; None resets the connection instead."""
        self._store.answers[str(reply.status) if reply else "reset"] += 1
        loop = asyncio.get_running_loop()
        if reply is None:
            loop.call_later(wait_ms / 1000, connection.reset)
        elif wait_ms > 0:
            loop.call_later(wait_ms / 1000, connection.reply, reply)
        else:
            connection.reply(reply)


def _after_taking(reply: Reply, fate: Fate) -> Reply | None:
    """What is answered though the message was taken; None for a reset."""
    if fate.hits("reset_after_share"):
        return None
    if fate.hits("error_after_share"):
        return Reply(fate.faults.error_status, _SERVER_ERROR)
    if fate.hits("wrong_body_share"):
        return Reply(200, {"ok": True})
    return reply


def _json_object(request: Request, faults: Faults) -> dict[str, Any] | Reply:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Reply(415, error_body("The content type must be application/json"))
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return Reply(400, error_body("The body is not JSON"))
    if not isinstance(body, dict):
        return Reply(400, error_body("The body is not an object"))
    body = read_names(body)
    found = complaints(body, faults.own_numbers)
    return Reply(422, error_body("The message is not valid", *found)) if found else body


def _refused(body: dict[str, Any], fate: Fate) -> Reply | None:
    group, suffixes = list(group_of(body)), fate.faults.refuse_suffixes
    bad = [number for number in group or [body["to"]] if suffixes and number.endswith(suffixes)]
    if not bad and not fate.hits("refuse_share"):
        return None
    errors = error_body(
        "The message is refused", ("group_recipients" if group else "to", "cannot receive messages")
    )
    if group and bad and fate.faults.refuse_names != "nobody":
        errors["errors"] = [_member_refused(group, number, fate.faults.refuse_names) for number in bad]
    return Reply(fate.faults.refuse_status, errors)


def _member_refused(group: list[str], number: str, names: str) -> dict[str, Any]:
    """One entry of the error body, about this member of a group."""
    if names == "index":
        field = f"group_recipients[{group.index(number)}]"
        return {"field": field, "message": "cannot receive messages", "reference_sid": None}
    if names == "reference":
        return {"field": None, "message": "cannot receive messages", "reference_sid": number}
    written = f"+1 ({number[-10:-7]}) {number[-7:-4]}-{number[-4:]}"
    return {
        "field": "group_recipients",
        "message": f"{written} cannot receive messages",
        "reference_sid": None,
    }
