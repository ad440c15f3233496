from __future__ import annotations

import re

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.claim_wait import ClaimWait
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.pipeline.runtime.counters import ProcessCounters
from tests.dispatcher.web.conftest import TOKEN
from tests.factories import SENDER, add_campaign

_PARTS = ("_bucket", "_sum", "_count")


@pytest.mark.slow
def test_the_health_page_shows_what_doctor_sees(browser: httpx.Client, ledger: Ledger) -> None:
    browser.post("/login", data={"token": TOKEN})
    ledger.campaigns.set_rate(ACCOUNT, (5000, 0))
    ledger.receipts.alarm("user_data_not_ours")
    page = browser.get("/health").text
    assert "every claim is on disk" in page
    assert "nobody works on control, expand, ingest, look, send" in page
    assert "user data not ours" in page
    assert re.search(r"The account\s*</td>\s*<td class=\"number\">200/s", page)
    assert "logged in as admin" in page


def limit_form(browser: httpx.Client, **fields: str) -> dict[str, str]:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/").text)
    assert found
    return {"csrf": found[1], "what": "account", "act": "set", **fields}


@pytest.mark.slow
def test_an_admin_changes_a_limit_and_it_is_in_force_and_noted(browser: httpx.Client, ledger: Ledger) -> None:
    browser.post("/login", data={"token": TOKEN})
    form = limit_form(browser, what="sender:(212) 555-0100", rate="7/s", per_day="500", zone="America/Denver")
    assert browser.post("/health/limits", data=form).status_code == 303
    found = ledger.limits.in_force()
    assert round(found.rates[LimitScope.sender("12125550100")].per_second, 3) == 7
    assert found.caps[LimitScope.sender("12125550100")].most == 500
    page = browser.get("/health").text
    assert "0 of 500 today, America/Denver" in page
    assert "changed the limits of one sender" in page
    form = limit_form(browser, what="sender:12125550100", act="reset")
    assert browser.post("/health/limits", data=form).status_code == 303
    assert "sender:12125550100" not in ledger.limits.in_force().caps


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong", [{"rate": "fast"}, {"what": "nobody", "rate": "1/s"}, {"per_day": "many"}, {}, {"burst": "nan"}]
)
def test_a_limit_that_cannot_be_is_refused_and_what_was_typed_stays(
    browser: httpx.Client, ledger: Ledger, wrong: dict[str, str]
) -> None:
    browser.post("/login", data={"token": TOKEN})
    answer = browser.post("/health/limits", data=limit_form(browser, **wrong))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in wrong.values())
    assert ledger.limits.in_force().rates == {}


def test_a_pace_lowered_after_a_429_and_a_hold_are_shown(browser: httpx.Client, ledger: Ledger) -> None:
    browser.post("/login", data={"token": TOKEN})
    ledger.limits.set_rate(ACCOUNT, 5000, 0)
    ledger.agenda.hold(ACCOUNT, 60_000, slower=True)
    page = browser.get("/health").text
    assert re.search(r"lowered to \d\d % after CarrierX asked to slow down", page)
    assert "held until" in page


@pytest.mark.slow
def test_without_a_token_for_carrierx_the_page_says_so(browser: httpx.Client) -> None:
    browser.post("/login", data={"token": TOKEN})
    assert "There is no token for CarrierX" in browser.get("/health?number=12125550100").text
    assert "not a US or Canadian number" in browser.get("/health?number=1").text


@pytest.mark.slow
def test_metrics_need_a_token_and_a_viewers_will_do(address: str, redis: Redis) -> None:
    assert httpx.get(f"{address}/metrics", trust_env=False, verify=False).status_code == 401
    token, _ = ApiTokens(redis).create("prometheus", "viewer")
    answer = httpx.get(
        f"{address}/metrics", headers={"authorization": f"Bearer {token}"}, trust_env=False, verify=False
    )
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )


def test_metrics_count_and_carry_no_number_and_no_campaign(
    api: httpx.Client, address: str, ledger: Ledger
) -> None:
    campaign_id = add_campaign(ledger)
    ledger.callback_stream.store(b"{}", 0)
    now_ms = ledger.agenda.now_ms()
    still = {"queues": ["look"], "said_ms": now_ms, "still_ms": 90_000, "waiting": {"look": 83, "send": 2}}
    ledger.agenda.sign_of_life("w1", {"queues": ["send", "expand"], "said_ms": now_ms - 1}, now_ms)
    ledger.agenda.sign_of_life("w2", still, now_ms)
    ledger.agenda.note_still("look", "hints wait in look", now_ms)
    text = httpx.get(f"{address}/metrics", headers=api.headers, trust_env=False, verify=False).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['mms_recipients{state="pending"}'] == "3"
    assert values['mms_campaigns{state="running"}'] == "1"
    assert values["mms_callbacks_waiting"] == "1"
    assert values['mms_workers{queue="send"}'] == "1"
    assert values['mms_workers{queue="ingest"}'] == "0"
    assert values['mms_workers{queue="look"}'] == "1"
    assert values['mms_queue_waiting{queue="look"}'] == "83"
    assert values['mms_queue_still_seconds{queue="send"}'] == "0"
    assert 90 <= float(values['mms_queue_still_seconds{queue="look"}']) < 150
    assert values['mms_workers_ended_total{queue="look"}'] == "1"
    assert float(values["mms_oldest_due_batch_seconds"]) >= 0
    assert campaign_id not in text
    assert SENDER not in text


def test_every_metric_is_declared_once_with_its_kind(api: httpx.Client, address: str) -> None:
    text = httpx.get(f"{address}/metrics", headers=api.headers, trust_env=False, verify=False).text
    declared = dict(re.findall(r"^# TYPE (\S+) (gauge|counter|histogram)$", text, re.MULTILINE))
    assert len(declared) == text.count("# TYPE ") > 15
    parts = [f"{name}{part}" for name, kind in declared.items() for part in _PARTS if kind == "histogram"]
    used = set(re.findall(r"^(mms_\w+)", text, re.MULTILINE))
    plain = {name for name, kind in declared.items() if kind != "histogram"}
    assert used == plain - {"mms_queue_waiting"} | set(parts)


def test_durations_are_histograms_whose_buckets_add_up(
    api: httpx.Client, address: str, ledger: Ledger
) -> None:
    counters = ProcessCounters()
    for seconds in (0.02, 0.02, 0.3, 99.0):
        counters.sent("accepted", seconds)
    counters.waited(ClaimWait(LimitScope.sender("12125550100")), 0.2)
    ledger.counters.add(counters.take())
    text = httpx.get(f"{address}/metrics", headers=api.headers, trust_env=False, verify=False).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    below = [
        values[f'mms_send_seconds_bucket{{le="{end}"}}'] for end in ("0.01", "0.025", "0.5", "30.0", "+Inf")
    ]
    assert below == ["0", "2", "3", "3", "4"]
    assert (values["mms_send_seconds_sum"], values["mms_send_seconds_count"]) == ("99.34", "4")
    assert values['mms_sends_total{result="accepted"}'] == "4"
    assert values['mms_limiter_waits_total{limit="sender"}'] == "1"


def test_metrics_count_those_who_are_suppressed_and_those_who_are_unconfirmed(
    api: httpx.Client, address: str, ledger: Ledger
) -> None:
    ledger.optouts.put(
        [OptOut("12125550101", "out", 1, "operator"), OptOut("12125550102", "in", 1, "operator")]
    )
    text = httpx.get(f"{address}/metrics", headers=api.headers, trust_env=False, verify=False).text
    assert "\nmms_suppressed 1\n" in text
    assert "\nmms_unconfirmed 0\n" in text
