"""Opt-outs and inbound messages in the console."""

from __future__ import annotations

import re

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from dispatcher.web.console.pages import PAGES

NUMBER, OTHER, OURS = "15165550123", "15165550124", "15162065575"


def csrf(browser: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/").text)
    assert found
    return found[1]


def came_in(ledger: Ledger, sid: str, text: str, meaning: str = "doubtful", **more: str) -> None:
    message = Inbound(sid, 1_700_000_000_000 + len(sid), NUMBER, OURS, text, (), meaning, **more)
    ledger.inbound.keep(b"0-1", message, needs_review=meaning == "doubtful", follows=False)


def test_the_page_lists_who_opted_out_with_how_we_know(operator: httpx.Client, ledger: Ledger) -> None:
    ledger.optouts.put([OptOut(NUMBER, "out", 1_700_000_000_000, "<by telephone>")])
    page = operator.get("/opt-outs").text
    assert "1 number that nothing is sent to" in page
    assert "(516) 555-0123" in page
    assert "&lt;by telephone&gt;" in page


def test_numbers_are_opted_out_and_let_back_in(operator: httpx.Client, ledger: Ledger) -> None:
    form = {"csrf": csrf(operator), "numbers": "(516) 555-0123\n516.555.0124", "source": "by letter"}
    answer = operator.post("/opt-outs/put", data={**form, "state": "out"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/opt-outs?done=out")
    assert ledger.optouts.is_out(NUMBER)
    assert ledger.optouts.is_out(OTHER)
    assert "nothing is sent to them" in operator.get("/opt-outs?done=out").text
    operator.post("/opt-outs/put", data={**form, "numbers": NUMBER, "state": "in"})
    assert not ledger.optouts.is_out(NUMBER)
    again = operator.post("/opt-outs/put", data={**form, "numbers": NUMBER, "state": "in"})
    assert again.headers["location"] == "/opt-outs?done=same"


def test_what_is_no_number_is_refused_and_what_was_typed_stays(
    operator: httpx.Client, ledger: Ledger
) -> None:
    form = {"csrf": csrf(operator), "numbers": f"{NUMBER}\n12345", "state": "out"}
    answer = operator.post("/opt-outs/put", data=form)
    assert answer.status_code == 422
    assert "not a US or Canadian number" in answer.text
    assert f"{NUMBER}\n12345" in answer.text
    assert not ledger.optouts.is_out(NUMBER)


def test_a_search_says_what_is_known_of_one_number(operator: httpx.Client, ledger: Ledger) -> None:
    ledger.optouts.put([OptOut(NUMBER, "out", 1_000, "keyword"), OptOut(OTHER, "in", 1_000, "operator")])
    assert "opted out</span>" in operator.get("/opt-outs?number=516-555-0123").text
    assert "In again" in operator.get(f"/opt-outs?number={OTHER}").text
    assert "Never was on the list" in operator.get("/opt-outs?number=15165550125").text
    assert "not a US or Canadian number" in operator.get("/opt-outs?number=12").text


def test_the_list_goes_on_where_a_page_ended(operator: httpx.Client, ledger: Ledger) -> None:
    ledger.optouts.put(OptOut(f"1516555{index:04}", "out", 1_000, "import") for index in range(120))
    seen: list[str] = []
    path = "/opt-outs"
    while path:
        page = operator.get(path).text
        seen += re.findall(r"\(516\) 555-(\d{4})", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1] if following else ""
    assert sorted(seen) == [f"{index:04}" for index in range(120)]


def test_an_imported_list_says_what_became_of_it(operator: httpx.Client, ledger: Ledger) -> None:
    files = {"file": ("list.csv", f"number\n{NUMBER}\nnobody\n{OTHER}\n")}
    answer = operator.post("/opt-outs/import", data={"csrf": csrf(operator)}, files=files)
    assert answer.status_code == 200
    assert "2 read, 2 changed, 1 not usable" in answer.text
    assert "Line 3: this is not a US or Canadian number" in answer.text
    assert ledger.optouts.is_out(OTHER)


def test_without_a_file_nothing_is_imported_and_the_page_says_so(operator: httpx.Client) -> None:
    answer = operator.post("/opt-outs/import", data={"csrf": csrf(operator)}, files={"file": ("", "")})
    assert answer.status_code == 422
    assert "No file was chosen" in answer.text


def test_an_export_is_safe_in_a_spreadsheet_and_can_be_imported_again(
    operator: httpx.Client, ledger: Ledger
) -> None:
    ledger.optouts.put([OptOut(NUMBER, "out", 1_000, "=HYPERLINK(1)"), OptOut(OTHER, "in", 2_000, "@x")])
    answer = operator.get("/opt-outs/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="opt-outs.csv"'
    cells = [cell for line in answer.text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    before = sorted(ledger.optouts.all())
    ledger.redis.delete("mms:optout", "mms:optout:order")
    files = {"file": ("opt-outs.csv", answer.text)}
    operator.post("/opt-outs/import", data={"csrf": csrf(operator)}, files=files)
    assert sorted(ledger.optouts.all()) == before


@pytest.mark.parametrize(("word", "out"), [("stop", True), ("ignore", False)])
def test_a_person_decides_what_may_be_an_opt_out(
    operator: httpx.Client, ledger: Ledger, word: str, out: bool
) -> None:
    came_in(ledger, "a1", "stop by at 5?")
    assert "stop by at 5?" in operator.get("/opt-outs").text
    form = {"csrf": csrf(operator), "sid": "a1", "word": word}
    assert operator.post("/opt-outs/decide", data=form).headers["location"] == f"/opt-outs?done={word}"
    assert ledger.optouts.is_out(NUMBER) is out
    assert ledger.inbound.review_count() == 0
    assert "stop by at 5?" not in operator.get("/opt-outs").text


@pytest.mark.slow
def test_what_was_done_is_in_the_journal_without_a_number(
    operator: httpx.Client, ledger: Ledger, redis: Redis
) -> None:
    came_in(ledger, "a1", "stop by at 5?")
    form = {"csrf": csrf(operator), "numbers": NUMBER, "state": "out"}
    operator.post("/opt-outs/put", data=form)
    operator.post("/opt-outs/decide", data={"csrf": form["csrf"], "sid": "a1", "word": "ignore"})
    did = [note.did for note in AuditLog(redis).latest(2)]
    assert did == ["decided that a message is no opt-out", "opted 1 number out"]


POSTS = [
    ("/opt-outs/put", {"numbers": NUMBER, "state": "out"}),
    ("/opt-outs/import", {}),
    ("/opt-outs/decide", {"sid": "a1", "word": "stop"}),
    ("/schedule/weekly-abc234", {"every": "daily 09:00 UTC"}),
    ("/schedule/weekly-abc234/cancel", {}),
    ("/schedule/waiting/spring-abc234", {"at": "2030-01-01T10:00Z"}),
    ("/health/limits", {"what": "account", "rate": "1/s"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "fields"), POSTS)
def test_a_form_without_this_sessions_mark_does_nothing(
    operator: httpx.Client, ledger: Ledger, path: str, fields: dict[str, str]
) -> None:
    assert operator.post(path, data={**fields, "csrf": "another"}).status_code == 403
    assert not ledger.optouts.is_out(NUMBER)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "fields"), POSTS)
def test_a_viewer_looks_at_every_page_and_acts_on_none(
    browser: httpx.Client, ledger: Ledger, redis: Redis, path: str, fields: dict[str, str]
) -> None:
    token, _ = ApiTokens(redis).create("ann", "viewer")
    browser.post("/login", data={"token": token})
    came_in(ledger, "a1", "stop by at 5?")
    seen = [page.path for page in PAGES if page.in_navigation and page.who == "viewer"]
    for page in (*seen, f"/opt-outs?number={NUMBER}"):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert 'method="post"' not in answer.text.replace('method="post" action="/logout"', "")
    assert browser.post(path, data={**fields, "csrf": csrf(browser)}).status_code == 403
    assert not ledger.optouts.is_out(NUMBER)


def test_the_inbound_page_says_what_came_what_it_means_and_what_followed(
    operator: httpx.Client, ledger: Ledger
) -> None:
    came_in(ledger, "a1", "STOP", "stop", outcome="answered")
    came_in(ledger, "a22", "<b>who is this</b>", "none", outcome="answered within the hour")
    page = operator.get("/inbound").text
    assert page.index("&lt;b&gt;who is this") < page.index("STOP")
    assert "opted out</span>" in page
    assert "· answered" in page
    assert "not answered: answered within the hour" in page


def test_inbound_messages_are_paged_and_new_ones_move_no_page(operator: httpx.Client, ledger: Ledger) -> None:
    for index in range(30):
        came_in(ledger, f"sid-{'x' * index}", f"message {index:02}", "none")
    first = operator.get("/inbound").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    came_in(ledger, f"sid-{'x' * 40}", "the newest", "none")
    second = operator.get(following[1]).text
    seen = re.findall(r"message (\d\d)", first + second)
    assert seen == [f"{index:02}" for index in reversed(range(30))]
    assert operator.get("/inbound?after=nobody").status_code == 422
