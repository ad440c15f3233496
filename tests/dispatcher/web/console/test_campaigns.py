from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.state import CampaignState
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from tests.dispatcher.web.conftest import CSV, TOKEN

FORM = {"name": "Spring sale", "from": "(212) 555-0100", "message": "Hi {{first_name}}"}


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def post_new(
    browser: httpx.Client, action: str, file: str | bytes | None = CSV, **fields: Any
) -> httpx.Response:
    data = {**FORM, "csrf": hidden(browser.get("/new"), "csrf"), "action": action, **fields}
    files = {"file": ("spring.csv", file)} if file is not None else {"file": ("", "")}
    return browser.post("/new", data=data, files=files)


def send(browser: httpx.Client, **fields: Any) -> str:
    checked = post_new(browser, "check", **fields)
    sent = post_new(browser, "send", None, held=hidden(checked, "held"), **fields)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].removeprefix("/campaigns/")


def test_a_pasted_list_is_checked_kept_and_sent(operator: httpx.Client) -> None:
    pasted = {"list": "2125550101\r\n2125550102\r\n555", "message": "Hi"}
    checked = post_new(operator, "check", None, **pasted)
    assert "<strong>pasted.csv</strong> is kept" in checked.text
    assert "Send to 2 recipients" in checked.text
    held = hidden(checked, "held")
    assert post_new(operator, "send", None, held=held, message="Hi").status_code == 303


@pytest.mark.parametrize("rows", [90_000, 370_000])
def test_a_pasted_list_that_is_too_long_says_so(operator: httpx.Client, rows: int) -> None:
    pasted = {"list": "2125550101\r\n" * rows, "message": "Hi, a text of its own"}
    answer = post_new(operator, "check", None, **pasted)
    assert answer.status_code == 413
    assert "paste a shorter list, or save it as a file and choose that" in answer.text
    if rows == 90_000:  # the form is shown again as it was
        assert "Hi, a text of its own</textarea>" in answer.text


def test_rows_without_consent_are_told_and_sent_only_where_somebody_says_so(operator: httpx.Client) -> None:
    file = "to,SMS Consent\n2125550101,yes\n2125550102,no\n2125550103,maybe\n"
    checked = post_new(operator, "check", file, message="Hi")
    assert "<strong>2</strong><span>without consent, left out</span>" in checked.text
    assert "1 row says neither yes nor no in" in checked.text
    assert "Send to 1 recipient" in checked.text
    all_the_same = post_new(operator, "check", file, message="Hi", on_no_consent="send")
    assert "Send to 3 recipients" in all_the_same.text


def test_a_pasted_list_that_is_refused_can_be_mended_where_it_stands(operator: httpx.Client) -> None:
    refused = post_new(operator, "check", None, list="2125550101\tAnn")
    assert refused.status_code == 422
    assert ">2125550101\tAnn</textarea>" in refused.text


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/new", "/campaigns/x", "/campaigns/x/report", "/events"])
def test_every_page_asks_for_a_login_and_comes_back(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=" + path.replace("/", "%2F")


@pytest.mark.slow
def test_the_admin_token_opens_a_session_whose_id_is_nowhere_in_the_store(
    browser: httpx.Client, redis: Redis
) -> None:
    answer = browser.post("/login", data={"token": TOKEN, "next": "/new"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/new")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    [key] = redis.scan_iter("mms:session:*")
    assert 12 * 3600 - 60 < int(redis.ttl(key)) <= 12 * 3600
    [session_id] = dict(browser.cookies).values()
    assert session_id.encode() not in key
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/login", "/a\nb"]
)
def test_a_login_leads_only_to_our_own_pages(browser: httpx.Client, target: str) -> None:
    answer = browser.post("/login", data={"token": TOKEN, "next": target})
    assert answer.headers["location"] == "/"


def test_a_wrong_token_opens_nothing(browser: httpx.Client) -> None:
    answer = browser.post("/login", data={"token": "wrong"})
    assert answer.status_code == 403
    assert "That token is not known" in answer.text
    assert not browser.cookies


def test_after_ten_wrong_tokens_a_wrong_one_must_wait_and_the_right_one_gets_in(
    browser: httpx.Client,
) -> None:
    for _ in range(10):
        assert browser.post("/login", data={"token": "wrong"}).status_code == 403
    answer = browser.post("/login", data={"token": "wrong"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert browser.post("/login", data={"token": TOKEN}).status_code == 303


def test_after_a_hundred_wrong_tokens_from_anywhere_wrong_ones_must_wait(
    browser: httpx.Client, app: FastAPI
) -> None:
    for number in range(100):
        app.state.site.throttle.wrong(f"192.0.2.{number}", also_all=True)
    assert browser.post("/login", data={"token": "wrong"}).status_code == 429
    assert browser.post("/login", data={"token": TOKEN}).status_code == 303


def test_the_right_token_forgives_an_address_its_wrong_ones(browser: httpx.Client) -> None:
    for _ in range(9):
        browser.post("/login", data={"token": "wrong"})
    assert browser.post("/login", data={"token": TOKEN}).status_code == 303
    assert browser.post("/login", data={"token": "wrong"}).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_a_form_of_another_site_is_refused(browser: httpx.Client, headers: dict[str, str]) -> None:
    assert browser.post("/login", data={"token": TOKEN}, headers=headers).status_code == 403


def test_logging_out_ends_the_session_in_the_store(operator: httpx.Client, redis: Redis) -> None:
    cookies = dict(operator.cookies)
    answer = operator.post("/logout", data={"csrf": hidden(operator.get("/"), "csrf")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert list(redis.scan_iter("mms:session:*")) == []
    operator.cookies.update(cookies)
    assert operator.get("/").status_code == 303


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_form_without_its_sessions_token_does_nothing(
    operator: httpx.Client, redis: Redis, csrf: str
) -> None:
    answer = operator.post("/new", data={**FORM, "csrf": csrf}, files={"file": ("a.csv", CSV)})
    assert answer.status_code == 403
    assert operator.post("/logout", data={"csrf": csrf}).status_code == 403
    assert operator.get("/").status_code == 200


@pytest.mark.slow
def test_a_file_is_checked_before_anything_is_sent(operator: httpx.Client, redis: Redis) -> None:
    answer = post_new(operator, "send", CSV + "123,Dan\n")
    assert answer.status_code == 200
    assert "Send to 3 recipients" in answer.text
    assert "Hi Ann" in answer.text
    assert "a US or Canadian number has 10" in answer.text
    assert not redis.exists("mms:campaigns")


@pytest.mark.slow
def test_the_invalid_rows_of_a_checked_file_are_a_file_to_mend(operator: httpx.Client) -> None:
    held = hidden(post_new(operator, "check", CSV + "123,=Dan\n"), "held")
    answer = operator.get(f"/new/errors/{held}")
    assert answer.headers["content-disposition"] == 'attachment; filename="errors.csv"'
    heading, row = answer.text.splitlines()
    assert heading == "phone,first_name,error_line,error_column,error_code,error_message"
    assert row.startswith("123,'=Dan,5,phone,too_short,")
    assert operator.get("/new/errors/gone-gone-gone-gone-gone").status_code == 404


@pytest.mark.slow
def test_a_checked_file_is_sent_without_uploading_it_again(
    operator: httpx.Client, read_file: Callable[[str], str]
) -> None:
    campaign_id = send(operator)
    assert read_file(campaign_id) == "3 rows"
    page = operator.get(f"/campaigns/{campaign_id}")
    assert "Spring sale" in page.text
    assert 'data-live="count-pending">3<' in page.text


def test_settings_changed_after_the_check_are_checked_first(operator: httpx.Client, redis: Redis) -> None:
    held = hidden(post_new(operator, "check"), "held")
    changed = {"held": held, "message": "Bye {{first_name}}"}
    answer = post_new(operator, "send", None, **changed)
    assert answer.status_code == 200
    assert "The settings changed since the check" in answer.text
    assert not redis.exists("mms:campaigns")
    assert post_new(operator, "send", None, **changed).status_code == 303


@pytest.mark.slow
def test_a_double_click_makes_one_campaign(operator: httpx.Client, redis: Redis) -> None:
    held = hidden(post_new(operator, "check"), "held")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post_new(operator, "send", None, held=held), range(4)))
    assert [answer.status_code for answer in answers] == [303] * 4
    [made] = Ledger(redis).campaigns.list()
    assert post_new(operator, "send", None, held=held).headers["location"] == f"/campaigns/{made.id}"


def test_a_file_that_cannot_be_used_says_why_and_keeps_what_was_typed(operator: httpx.Client) -> None:
    answer = post_new(operator, "check", "first_name\nAnn\n")
    assert answer.status_code == 422
    assert "The campaign file cannot be used" in answer.text
    assert "Hi {{first_name}}</textarea>" in answer.text


@pytest.mark.slow
def test_a_form_without_a_file_says_so(operator: httpx.Client) -> None:
    assert "No file is chosen" in post_new(operator, "check", None).text


@pytest.mark.parametrize(
    ("since_seconds", "status", "said"), [(1, 303, ""), (600, 409, "choose the file again")]
)
def test_a_file_that_another_web_process_sends_is_not_sent_again_and_one_whose_sender_died_is_told_of(
    operator: httpx.Client, redis: Redis, since_seconds: int, status: int, said: str
) -> None:
    held = hidden(post_new(operator, "check"), "held")
    redis.hset(keys.staged(held), "sending", time.time_ns() // 1_000_000 - 1000 * since_seconds)
    answer = post_new(operator, "send", None, held=held)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert not redis.exists(keys.CAMPAIGNS)


@pytest.mark.parametrize("held", ["gone-gone-gone-gone-gone-gone", "../../../etc/passwd", "x"])
def test_an_upload_that_is_not_kept_is_asked_for_again(operator: httpx.Client, held: str) -> None:
    answer = post_new(operator, "send", None, held=held)
    assert answer.status_code == 404
    assert "choose the file again" in answer.text


def test_a_start_is_taken_in_its_time_zone(operator: httpx.Client, redis: Redis) -> None:
    campaign_id = send(operator, at_local="2031-07-01T09:00", at_zone="America/New_York")
    assert Ledger(redis).campaign(campaign_id).start_at == "2031-07-01T13:00:00.000Z"


@pytest.mark.slow
def test_what_people_typed_is_text_never_markup(operator: httpx.Client) -> None:
    campaign_id = send(operator, name='<script>alert("x")</script>')
    for path in ("/", f"/campaigns/{campaign_id}"):
        page = operator.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.slow
def test_pages_carry_no_inline_script_or_style_and_may_load_nothing_foreign(operator: httpx.Client) -> None:
    campaign_id = send(operator)
    for path in ("/", "/new", f"/campaigns/{campaign_id}", "/login", "/nothing"):
        answer = operator.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=|javascript:", answer.text)
        foreign = re.findall(r'(?:src|href)="(?:https?:)?//([^"/:]+)', answer.text)
        assert set(foreign) <= {"127.0.0.1"}


@pytest.mark.parametrize("name", ["console.css", "console.js", "icon.svg"])
def test_the_pages_own_files_are_there(browser: httpx.Client, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 200


@pytest.mark.slow
def test_a_page_that_is_not_there_is_a_page(operator: httpx.Client) -> None:
    answer = operator.get("/campaigns/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.slow
def test_many_campaigns_come_in_pages(operator: httpx.Client, redis: Redis) -> None:
    for number in range(26):
        send(operator, name=f"Campaign no. {number}", allow_same_file="yes")
    first = operator.get("/").text
    assert "Campaign no. 25<" in first
    assert "Campaign no. 0<" not in first
    assert "Campaign no. 0<" in operator.get("/?offset=25").text


@pytest.mark.slow
def test_the_report_is_a_download(operator: httpx.Client, read_file: Callable[[str], str]) -> None:
    campaign_id = send(operator)
    read_file(campaign_id)
    answer = operator.get(f"/campaigns/{campaign_id}/report")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(answer.text.splitlines()) == 4


def events(lines: Iterator[str]) -> Iterator[list[dict[str, Any]]]:
    for line in lines:
        if line.startswith("data: ["):
            yield json.loads(line.removeprefix("data: "))


@pytest.mark.slow
def test_counts_move_on_the_open_page(operator: httpx.Client, read_file: Callable[[str], str]) -> None:
    campaign_id = send(operator)
    with operator.stream("GET", f"/campaigns/{campaign_id}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        live = events(stream.iter_lines())
        [before] = next(live)
        read_file(campaign_id)
        [after] = next(live)
    assert (before["texts"]["rows"], after["texts"]["rows"]) == ("–", "3")
    assert after["texts"]["count-pending"] == "3"


@pytest.mark.slow
def test_the_live_page_ends_when_the_campaign_is_over(operator: httpx.Client, redis: Redis) -> None:
    campaign_id = send(operator)
    Ledger(redis).file_readings.begin(campaign_id, "reader", 1000)
    Ledger(redis).file_readings.fail(campaign_id, "broken", "reader")
    assert Ledger(redis).campaign(campaign_id).state is CampaignState.FAILED
    answer = operator.get(f"/campaigns/{campaign_id}/events")
    assert answer.text.endswith("event: over\ndata: 1\n\n")


@pytest.mark.slow
def test_the_live_page_ends_with_the_session(operator: httpx.Client, app: FastAPI) -> None:
    campaign_id = send(operator)
    with operator.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert next(events(lines))[0]["id"] == campaign_id
        [session_id] = dict(operator.cookies).values()
        app.state.site.sessions.close(session_id)
        assert list(events(lines)) == []


def test_cookies_are_secure_where_the_world_comes_by_https(
    settings: Settings, redis: Redis, published: Any, serve: Any
) -> None:
    public = settings.model_copy(update={"public_url": "https://mms.example.com"})
    address = serve(create_app(public, hints=published.hints()))
    answer = httpx.post(
        f"{address}/login",
        data={"token": TOKEN},
        headers={"origin": "https://mms.example.com"},
        trust_env=False,
    )
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.slow
def test_a_check_leaves_out_who_opted_out(operator: httpx.Client, redis: Redis) -> None:
    Ledger(redis).optouts.put([OptOut("12125550102", "out", 1_800_000_000_000, "console")])
    page = post_new(operator, "check").text
    assert "Send to 2 recipients" in page
    assert "opted out, left alone" in page


def test_a_file_that_leaves_its_column_open_is_asked_about_on_the_page(operator: httpx.Client) -> None:
    asked = post_new(operator, "check", "mobile,cell,first_name\n12125550101,12125550102,Ann\n")
    assert "Which column holds the recipients?" in asked.text
    assert re.findall(r'type="radio" form="campaign" name="to" value="(\w+)"', asked.text) == [
        "mobile",
        "cell",
    ]
    answered = post_new(operator, "check", None, held=hidden(asked, "held"), to="cell")
    assert "What would happen" in answered.text


def test_an_answer_is_remembered_for_the_next_file_with_the_same_headings(operator: httpx.Client) -> None:
    asked = post_new(operator, "check", "Phone 1,Phone 2,first_name\n12125550101,12125550102,Ann\n")
    assert "Which column holds the recipients?" in asked.text
    kept = post_new(operator, "keep", None, held=hidden(asked, "held"), to="Phone 2")
    assert kept.status_code == 303, kept.text
    again = post_new(operator, "check", "Phone 1,Phone 2,first_name\n12125550103,12125550104,Bob\n")
    assert "as chosen before for these headings" in again.text
    assert re.findall(r'name="to" value="([^"]+)" checked', again.text) == ["Phone 2"]
