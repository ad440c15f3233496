"""Opt-outs, inbound messages, health and the journal for programs."""

from __future__ import annotations

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.ledger import Ledger

NUMBER, OTHER, OURS = "15165550123", "15165550124", "15162065575"


def came_in(ledger: Ledger, sid: str, at_ms: int = 1_700_000_000_000) -> None:
    message = Inbound(sid, at_ms, NUMBER, OURS, "stop by at 5?", (), "doubtful")
    ledger.inbound.keep(b"0-1", message, needs_review=True, follows=False)


def test_numbers_go_out_and_come_back_in(api: httpx.Client, ledger: Ledger) -> None:
    out = api.post("/opt-outs", json={"numbers": ["(516) 555-0123", OTHER], "source": "by letter"})
    assert out.json() == {"changed": 2}
    [entry] = api.get("/opt-outs", params={"number": "516-555-0123"}).json()["items"]
    assert (entry["number"], entry["state"], entry["source"]) == (NUMBER, "out", "by letter")
    assert api.post("/opt-outs/remove", json={"numbers": [NUMBER]}).json() == {"changed": 1}
    assert not ledger.optouts.is_out(NUMBER)
    assert api.get("/opt-outs", params={"number": NUMBER}).json()["items"][0]["state"] == "in"


def test_one_number_that_is_none_keeps_all_from_being_written(api: httpx.Client, ledger: Ledger) -> None:
    answer = api.post("/opt-outs", json={"numbers": [NUMBER, "12345"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "input")
    assert "12345" not in answer.text
    assert not ledger.optouts.is_out(NUMBER)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"numbers": []}', b'{"numbers": ["x"], "more": 1}', b"\xff"])
def test_a_body_that_is_no_such_object_is_a_problem(api: httpx.Client, body: bytes) -> None:
    answer = api.post("/opt-outs", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_of_more_than_a_megabyte_is_refused(api: httpx.Client) -> None:
    assert api.post("/opt-outs", content=b" " * 1_200_000).status_code == 413


def test_all_opt_outs_are_seen_once_page_by_page(api: httpx.Client, ledger: Ledger) -> None:
    numbers = [f"1516555{index:04}" for index in range(25)]
    ledger.optouts.put(
        OptOut(number, "out", 1_000 + index // 10, "import") for index, number in enumerate(numbers)
    )
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = api.get("/opt-outs", params={"limit": 4, **({"cursor": cursor} if cursor else {})}).json()
        seen += [entry["number"] for entry in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == numbers


def test_a_list_is_imported_and_downloaded(api: httpx.Client, ledger: Ledger) -> None:
    files = {"file": ("list.csv", f"number,source\n{NUMBER},=SUM(1)\nnobody,x\n")}
    done = api.post("/opt-outs/import", files=files).json()
    assert (done["read"], done["changed"], done["unusable"]) == (1, 1, 1)
    assert done["lines"] == [{"line": 3, "problem": "this is not a US or Canadian number"}]
    text = api.get("/opt-outs/export").text
    assert text.splitlines()[0] == "number,state,source,at"
    assert f"{NUMBER},out,'=SUM(1)," in text
    assert api.post("/opt-outs/import", data={"x": "1"}).status_code == 422


def test_a_doubtful_message_is_seen_and_decided(api: httpx.Client, ledger: Ledger) -> None:
    came_in(ledger, "a1")
    [item] = api.get("/inbound", params={"waiting": True}).json()["items"]
    assert (item["from"], item["to"], item["waiting"]) == (NUMBER, OURS, True)
    decided = api.post("/inbound/a1/decide", json={"decision": "stop"})
    assert (decided.status_code, decided.json()["waiting"]) == (200, False)
    assert ledger.optouts.is_out(NUMBER)
    assert api.post("/inbound/nobody/decide", json={"decision": "stop"}).status_code == 404
    assert api.post("/inbound/a1/decide", json={"decision": "perhaps"}).status_code == 422


def test_inbound_messages_are_paged_by_the_last_one_seen(api: httpx.Client, ledger: Ledger) -> None:
    for index in range(5):
        came_in(ledger, f"sid-{index}", 1_700_000_000_000 + index)
    first = api.get("/inbound", params={"limit": 3}).json()
    came_in(ledger, "sid-9", 1_800_000_000_000)
    second = api.get("/inbound", params={"limit": 3, "cursor": first["next"]}).json()
    assert [item["sid"] for item in first["items"] + second["items"]] == [f"sid-{n}" for n in (4, 3, 2, 1, 0)]
    assert second["next"] is None


@pytest.mark.slow
def test_health_and_journal_are_there_for_programs(api: httpx.Client, ledger: Ledger) -> None:
    health = api.get("/health").json()
    assert health["ok"] is False
    assert {"subject", "verdict", "seen", "mend"} == set(health["findings"][0])
    api.post("/opt-outs", json={"numbers": [NUMBER]})
    [line] = api.get("/journal").json()["items"]
    assert (line["who"], line["did"], line["campaign"]) == ("admin", "opted 1 number out", None)
    assert api.get("/journal", params={"campaign": "spring-abc234"}).json()["items"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/opt-outs"),
        ("POST", "/opt-outs/remove"),
        ("POST", "/opt-outs/import"),
        ("POST", "/inbound/a1/decide"),
        ("PUT", "/schedules/weekly-abc234"),
        ("PUT", "/schedules/waiting/spring-abc234"),
        ("POST", "/schedules/weekly-abc234/cancel"),
    ],
)
def test_a_viewers_token_may_not_act(api: httpx.Client, redis: Redis, method: str, path: str) -> None:
    token, _ = ApiTokens(redis).create("ann", "viewer")
    answer = api.request(method, path, headers={"authorization": f"Bearer {token}"}, json={})
    assert answer.status_code == 403
    for seen in ("/opt-outs", "/opt-outs/export", "/inbound", "/schedules", "/health", "/journal"):
        assert api.get(seen, headers={"authorization": f"Bearer {token}"}).status_code == 200
