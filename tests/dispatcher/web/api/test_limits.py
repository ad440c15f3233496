from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.settings import Settings
from tests.dispatcher.web.conftest import CSV
from tests.factories import CAMPAIGN, START_MS, add_campaign, claim, make_batch, make_claim, take
from tests.valkey import set_clock

NUMBER = "15162065575"


def line_of(api: httpx.Client, scope: str) -> dict[str, Any] | None:
    found = [line for line in api.get("/limits").json()["limits"] if line["scope"] == scope]
    return found[0] if found else None


def words(ledger: Ledger, messages: range) -> list[str]:
    taken = take(ledger)
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=1, look_ms=1)
    taken = take(ledger, who="b")
    now_ms = START_MS
    return [claim(ledger, taken.hold, make_claim(taken, n), now_ms=now_ms).word for n in messages]


def test_what_is_in_force_is_shown(api: httpx.Client, ledger: Ledger, settings: Settings) -> None:
    put_rates_in_force(ledger, settings)
    set_limit(ledger, ACCOUNT, rate="50/s", burst=5, per_day=1000, zone="America/New_York")
    ledger.agenda.hold(ACCOUNT, 60_000, slower=True)
    found = api.get("/limits").json()
    assert (found["stopped"], found["failures_in_a_row"]) == (None, 0)
    account, sender = found["limits"]
    held_until = account.pop("held_until")
    assert account == {
        "scope": "account",
        "rate": "50/s",
        "burst": 5.0,
        "set_by": "operator",
        "per_day": 1000,
        "zone": "America/New_York",
        "used": 0,
        "pace": 0.7,
        "disabled": False,
    }
    assert held_until.endswith("Z")
    assert (sender["scope"], sender["rate"], sender["set_by"]) == ("sender", "200/s", "settings")


def test_the_limit_of_a_campaign_that_is_over_is_in_force_no_more(api: httpx.Client, ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    set_limit(ledger, LimitScope.campaign(CAMPAIGN), rate="3/s")
    assert line_of(api, f"campaign:{CAMPAIGN}") is not None
    ledger.redis.hset(f"mms:c:{CAMPAIGN}", "state", "completed")
    assert line_of(api, f"campaign:{CAMPAIGN}") is None


def test_the_next_claim_obeys_a_change(api: httpx.Client, timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger, make_batch(*[1] * 20))
    answer = api.put(f"/limits/campaign:{CAMPAIGN}", json={"rate": "10/s", "burst": 3})
    assert (answer.status_code, answer.json()["rate"], answer.json()["burst"]) == (200, "10/s", 3)
    assert words(timed_ledger, range(4)) == ["go", "go", "go", "wait"]
    assert api.get(f"/campaigns/{CAMPAIGN}").json()["rate"] == "10/s"


def test_only_what_is_given_changes(api: httpx.Client) -> None:
    api.put("/limits/account", json={"rate": "50/s", "burst": 5})
    api.put("/limits/account", json={"per_day": 200, "zone": "UTC"})
    assert api.put("/limits/account", json={"burst": 7}).json()["rate"] == "50/s"
    changed = api.put("/limits/account", json={"per_day": 300}).json()
    assert (changed["rate"], changed["burst"], changed["per_day"], changed["zone"]) == ("50/s", 7, 300, "UTC")
    assert api.put("/limits/account", json={"per_day": 0}).json()["per_day"] is None


def test_a_sender_is_taken_out_of_use_and_into_it_again(api: httpx.Client, ledger: Ledger) -> None:
    assert api.put("/limits/sender:+1 516 206 5575", json={"enabled": False}).json()["disabled"]
    assert ledger.limits.disabled() == {NUMBER}
    assert not api.put(f"/limits/sender:{NUMBER}", json={"enabled": True}).json()["disabled"]
    assert line_of(api, f"sender:{NUMBER}") is None


def test_what_an_operator_set_outlives_workers_and_a_reset_brings_their_settings_back(
    api: httpx.Client, ledger: Ledger, settings: Settings
) -> None:
    """A worker's settings, not those of the process that resets."""
    worker = settings.model_copy(update={"account_rate": "33/s"})
    put_rates_in_force(ledger, worker)
    api.put("/limits/account", json={"rate": "50/s", "per_day": 10})
    put_rates_in_force(ledger, worker)
    in_force = line_of(api, "account")
    assert in_force is not None
    assert (in_force["rate"], in_force["set_by"]) == ("50/s", "operator")
    back = api.delete("/limits/account").json()
    assert (back["rate"], back["set_by"], back["per_day"]) == ("33/s", "settings", None)


def test_a_reset_of_a_campaign_brings_its_own_rate_back(api: httpx.Client) -> None:
    settings = {"from": "12125550100", "message": "Hi", "rate": "20/s"}
    campaign_id = api.post("/campaigns", files={"file": ("a.csv", CSV)}, data=settings).json()["id"]
    scope = f"campaign:{campaign_id}"
    assert api.put(f"/limits/{scope}", json={"rate": "1/s"}).json()["set_by"] == "operator"
    back = api.delete(f"/limits/{scope}").json()
    assert (back["rate"], back["set_by"]) == ("20/s", "settings")


def test_a_running_campaign_says_when_it_will_be_done_and_what_binds(
    api: httpx.Client, ledger: Ledger
) -> None:
    add_campaign(ledger, make_batch(*[1] * 100))
    api.put("/limits/account", json={"rate": "1/s"})
    shown, listed = api.get(f"/campaigns/{CAMPAIGN}").json(), api.get("/campaigns").json()["items"][0]
    for campaign in (shown, listed):
        left = datetime.fromisoformat(campaign["finish_at"]).timestamp() - ledger.agenda.now_ms() / 1000
        assert 95 <= left <= 102
        assert campaign["reason"] == "as fast as the limit of the account allows"
    api.put("/limits/account", json={"rate": "10/s"})
    later = api.get(f"/campaigns/{CAMPAIGN}").json()["finish_at"]
    assert later < shown["finish_at"]


def test_the_journal_says_who_changed_what_without_a_number(api: httpx.Client, ledger: Ledger) -> None:
    add_campaign(ledger)
    for scope in ("account", f"sender:{NUMBER}", f"campaign:{CAMPAIGN}"):
        api.put(f"/limits/{scope}", json={"rate": "5/s"})
    notes = AuditLog(ledger.redis).latest(3)
    assert [(note.who, note.did, note.campaign) for note in notes] == [
        ("admin", "changed the limits of the campaign", CAMPAIGN),
        ("admin", "changed the limits of one sender", ""),
        ("admin", "changed the limits of the account", ""),
    ]


@pytest.mark.parametrize(
    ("scope", "body", "status"),
    [
        ("account", {}, 422),
        ("account", {"rate": "fast"}, 422),
        ("account", {"rate": "1000000000000/s"}, 422),
        ("account", {"rate": "0.0001/h"}, 422),
        ("account", {"burst": 0}, 422),
        ("account", {"burst": 5}, 422),
        ("account", {"zone": "UTC"}, 422),
        ("account", {"rate": "5/s", "per_day": 5, "zone": "Mars/Olympus"}, 422),
        ("account", {"per_day": -1}, 422),
        ("account", {"enabled": False}, 422),
        ("account", {"colour": "red"}, 422),
        ("nothing", {"rate": "5/s"}, 422),
        ("sender:12", {"rate": "5/s"}, 422),
        ("campaign:none", {"rate": "5/s"}, 404),
        ("campaign:A:counts", {"rate": "5/s"}, 404),
    ],
)
def test_what_cannot_be_used_is_a_problem_and_changes_nothing(
    api: httpx.Client, scope: str, body: dict[str, Any], status: int
) -> None:
    answer = api.put(f"/limits/{scope}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["hint"]
    assert api.get("/limits").json()["limits"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"burst": NaN}', b'{"rate": "5/s", "rate": 5}'])
def test_a_body_that_is_not_what_it_should_be_is_a_problem(api: httpx.Client, body: bytes) -> None:
    answer = api.put("/limits/account", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "input")


def test_a_body_without_end_is_refused(api: httpx.Client) -> None:
    assert api.put("/limits/account", content=b" " * 20_000).status_code == 413


@pytest.mark.slow
def test_a_viewer_looks_and_does_not_change(api: httpx.Client, ledger: Ledger) -> None:
    viewer, _ = ApiTokens(ledger.redis).create("eve", "viewer")
    headers = {"authorization": f"Bearer {viewer}"}
    assert api.get("/limits", headers=headers).status_code == 200
    assert api.put("/limits/account", json={"rate": "5/s"}, headers=headers).status_code == 403
    assert api.delete("/limits/account", headers=headers).status_code == 403
    assert api.get("/limits").json()["limits"] == []
