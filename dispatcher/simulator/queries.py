"""What can be asked of the simulator: messages, detail records, and the objects that hold callback URLs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from dispatcher.simulator.account import Account, merge
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.http_server import Reply, Request
from dispatcher.simulator.list_endpoints import Clause, envelope, read_filter
from dispatcher.simulator.store import Store, TakenMessage, carrierx_time
from dispatcher.simulator.validation import error_body, is_own

_NOT_FOUND = Reply(404, error_body("Not found"))


class Queries:
    """Answers everything but the POST of a message."""

    def __init__(self, store: Store, account: Account) -> None:
        self._store = store
        self._account = account

    def answer(self, request: Request, faults: Faults) -> Reply:
        """The reply to a request on one of CarrierX's paths."""
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["sms", "messages"]:
                return self._listed(request, faults, self._messages)
            case "GET", ["sms", "messages", sid]:
                taken = self._store.messages.get(sid)
                body = taken.body() if taken else self._store.inbound.get(sid)
                return Reply(200, body) if body else _NOT_FOUND
            case "GET", ["sms", "message_drs"]:
                return self._listed(request, faults, self._records)
            case "GET", ["phonenumber", "dids"]:
                return self._dids(request, faults)
            case (("GET" | "PATCH"), [*_, _]):
                return self._object(request)
            case _:
                return Reply(405, error_body("Method not allowed"))

    def _listed(self, request: Request, faults: Faults, items: Any) -> Reply:
        if faults.list_status != 200:
            return Reply(faults.list_status, error_body("The list cannot be given"))
        try:
            clauses = read_filter(request.query.get("filter", ""))
            wanted = () if faults.list_ignores_filter else clauses
            return Reply(200, envelope(items(wanted, faults), request.query, wanted))
        except ValueError as error:
            return Reply(400, error_body(str(error)))

    def _messages(self, clauses: tuple[Clause, ...], faults: Faults) -> Iterator[dict[str, Any]]:
        yield from reversed(list(self._store.inbound.values()))
        yield from (taken.body() for taken in self._candidates(clauses, faults.list_lag_ms))

    def _candidates(self, clauses: tuple[Clause, ...], lag_ms: float) -> Iterable[TakenMessage]:
        """Newest first; a filter on `user_data` alone decides over a long list, so it has an index."""
        wanted = next((c.value for c in clauses if (c.attribute, c.op) == ("user_data", "eq")), None)
        visible = self._store.visible(lag_ms, wanted)
        return reversed(list(visible))

    def _records(self, clauses: tuple[Clause, ...], faults: Faults) -> Iterator[dict[str, Any]]:
        for taken in self._candidates(clauses, faults.record_lag_ms):
            for member in taken.to:
                word = taken.words.get(member)
                if word is not None:
                    yield _record(taken, member, word, faults)

    def _dids(self, request: Request, faults: Faults) -> Reply:
        try:
            clauses = read_filter(request.query.get("filter", ""))
            asked = [each.value for each in clauses if (each.attribute, each.op) == ("phonenumber", "eq")]
            for number in faults.own_numbers or asked:
                self._account.did(number)
            ours = self._account.dids.values()
            found = [did for did in ours if is_own(did["phonenumber"], faults.own_numbers)]
            return Reply(200, envelope(found, request.query, clauses))
        except ValueError as error:
            return Reply(400, error_body(str(error)))

    def _object(self, request: Request) -> Reply:
        found = self._found(request.path.strip("/").split("/"))
        if found is None:
            return _NOT_FOUND
        if request.method == "PATCH":
            try:
                changes = json.loads(request.body)
            except (ValueError, RecursionError):
                changes = None
            if not isinstance(changes, dict):
                return Reply(400, error_body("The body is not an object"))
            merge(found, changes)
        return Reply(200, found)

    def _found(self, path: list[str]) -> dict[str, Any] | None:
        match path:
            case ["partners", sid] if sid == self._account.partner["partner_sid"]:
                return self._account.partner
            case ["phonenumber", "dids", sid]:
                return self._account.dids.get(sid)
            case ["phonenumber", "did_groups", sid]:
                return self._account.groups.get(sid)
            case _:
                return None


def _record(taken: TakenMessage, member: str, word: str, faults: Faults) -> dict[str, Any]:
    return {
        "dr_sid": f"{taken.sid}-{member[-4:]}",
        "date_start": carrierx_time(taken.created),
        "date_stop": carrierx_time(taken.changed or taken.created),
        "direction": "outbound",
        "number_src": taken.sender,
        "number_dst": member,
        "number_group_dst": list(taken.to) if taken.group else [],
        "status": word,
        "type": "mms" if taken.is_mms else "sms",
        "user_data": taken.user_data,
        "price": "0.01",
        "vendor_error_code": faults.vendor_error_code if word == "failed" else None,
    }
