"""Cells mended in the console: checked at once, kept beside the file, sent with it, taken back."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.ledger import Ledger
from dispatcher.roster.mends import split_off
from dispatcher.web.site.staged_mends import PAGE_ROWS, StagedMends
from tests.dispatcher.web.console.test_campaigns import FORM, hidden, post_new

BAD = (
    "phone,first_name,store\n12125550101,Ann,Old Mill\n555,Bob,Rosewood\n12125550103,,Harbor\n"
    '12125550104,Dee, the second,"Old\nMill"\n12\u200b5,Eve,x\n'
)
ReadFile = Callable[[str], str]


@pytest.fixture
def ledger(address: str, redis: Redis) -> Ledger:
    """The application's ledger."""
    return Ledger(redis)


class Page:
    """What an operator sees of one upload, and does with it."""

    def __init__(self, browser: httpx.Client, file: str = BAD) -> None:
        self.browser = browser
        self.answer = post_new(browser, "check", file)
        self.held = hidden(self.answer, "held")
        self.csrf = hidden(self.answer, "csrf")

    def press(self, action: str = "check", **fields: Any) -> httpx.Response:
        """Send the form as it is, with these fields, and without a file."""
        fields = {
            self.name(field[5:]) if field.startswith("mend_") else field: fields[field] for field in fields
        }
        data = {**FORM, "csrf": self.csrf, "held": self.held, "action": action, "rows_page": "1", **fields}
        self.answer = self.browser.post("/new", data=data, files={"file": ("", "")})
        return self.answer

    def mend(self, line: int, value: str, **other: Any) -> httpx.Response:
        """Leave a field, as a browser with scripts tells it."""
        data = {"csrf": self.csrf, "held": self.held, "page": 1, "line": line, "value": value, **other}
        data = {"mark": self.name(line).rpartition("-")[2], **data}
        return self.browser.post("/new/mend", data=data)

    def said(self, line: int, value: str) -> tuple[bool, str]:
        """What is said to it at once."""
        answer = self.mend(line, value)
        assert answer.status_code == 200, answer.text
        return answer.json()["fine"], answer.json()["said"]

    def name(self, line: int | str) -> str:
        """The name of a line's field as the page has it."""
        found = re.search(rf'name="(mend-{line}-[0-9a-f]+)"', self.answer.text)
        return found[1] if found else f"mend-{line}-{'0' * 16}"

    @property
    def fields(self) -> dict[str, str]:
        """The fields of rows that cannot be sent, by line."""
        found = re.findall(r'name="mend-(\d+)-\w+" value="([^"]*)"', self.answer.text)
        return {line: html.unescape(value) for line, value in found}

    @property
    def sendable(self) -> str:
        """What the button that sends says."""
        found = re.search(r"Send to \d+ recipients?", self.answer.text)
        assert found, self.answer.text
        return found[0]


@pytest.fixture
def page(operator: httpx.Client) -> Page:
    """A checked file with four rows that cannot be sent."""
    return Page(operator)


def test_every_row_that_cannot_be_sent_has_a_field_with_what_stands_there(page: Page) -> None:
    assert page.fields == {"3": "555", "4": "", "7": "12\u200b5"}  # that of a row with lines is no input
    assert "It reads <code>12⟨U+200B⟩5</code>" in page.answer.text
    assert f'name="{page.name(5)}" rows="3"' in page.answer.text
    assert "Line 4, first_name" in page.answer.text
    assert page.sendable == "Send to 1 recipient"


def test_a_cell_is_judged_at_once_by_the_same_rules(page: Page, ledger: Ledger) -> None:
    assert page.said(3, "5551") == (
        False,
        "The number has 4 digits; a US or Canadian number has 10, or 11 with a leading 1.",
    )
    assert page.said(3, "(212) 555-0102") == (True, "Good.")
    assert page.said(4, " ") == (
        False,
        "The message needs a value here; fill it in or give a default: {{first_name|there}}.",
    )
    assert page.said(4, "Cyd") == (True, "Good.")
    assert page.said(5, '12125550104,"Dee, the second",Old Mill') == (True, "Good.")
    ledger.optouts.put([OptOut("12125550105", "out", 1, "test")])
    assert page.said(7, "12125550105") == (True, "This number opted out; it is left alone.")


def test_what_was_mended_goes_into_the_next_check_and_what_was_not_is_listed_again(page: Page) -> None:
    page.mend(3, "12125550102")
    page.mend(5, '12125550104,"Dee, the second",Old Mill')
    page.press()
    assert page.sendable == "Send to 3 recipients"
    assert set(page.fields) == {"4", "7"}
    assert "2 cells mended" in page.answer.text
    page.mend(7, "1212555010")
    page.press()
    assert page.fields["7"] == "1212555010"
    page.mend(7, "12125550107")
    page.press()
    assert "3 cells mended" in page.answer.text
    assert re.search(r"12⟨U\+200B⟩5</td><td>12125550107</td>", page.answer.text)


def test_without_scripts_the_form_alone_does_the_same(page: Page) -> None:
    page.press(mend_3="12125550102", mend_4="", mend_7="12\u200b5")
    assert page.sendable == "Send to 2 recipients"
    assert "1 cell mended" in page.answer.text
    assert set(re.findall(r'name="mend-(\d+)-', page.answer.text)) == {"4", "5", "7"}


def test_a_mend_is_taken_back(page: Page) -> None:
    page.press(mend_3="12125550102")
    page.press("", take_back="3")
    assert page.fields["3"] == "555"
    assert "mended</summary>" not in page.answer.text
    page.mend(3, "12125550102")
    page.mend(3, "555")
    page.press()
    assert "mended</summary>" not in page.answer.text, "what stands there again was not mended"


TWO_WRONG = "phone,first_name\n12125550101,Ann\n212555,\n"


def test_a_form_that_is_sent_twice_mends_no_other_cell_of_its_line(operator: httpx.Client) -> None:
    page = Page(operator, TWO_WRONG)
    form = {page.name(3): "2125550102"}
    for _ in range(2):
        page.press(**form)
        assert page.fields == {"3": ""}, "the name, which is wrong by now"
        assert page.sendable == "Send to 1 recipient"
        assert "not taken over" not in page.answer.text, "it stands there already"


def test_what_an_old_page_has_for_a_cell_is_not_taken_over_and_that_is_said(
    operator: httpx.Client, redis: Redis
) -> None:
    page = Page(operator, TWO_WRONG)
    number = page.name(3)
    page.press(**{number: "2125550102"})
    assert "not taken over" not in page.press(**{number: "212555"}).text, "as it was, so nobody wrote it"
    for action in ("send", "keep"):
        shown = page.press(action, **{number: "2125550109"})
        assert "What was written into line 3 was not taken over" in shown.text
        assert page.fields == {"3": ""}
        assert "<td>2125550102</td>" in shown.text
    assert not redis.exists("mms:campaigns")
    page.mend(3, "Bob")
    assert page.mend(3, "Bea", mark=number.rpartition("-")[2]).status_code == 404
    page.press()
    assert page.sendable == "Send to 2 recipients"


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_a_cell_with_lines_keeps_them_however_they_end(operator: httpx.Client, end: str) -> None:
    page = Page(operator, f'phone,first_name\n"212{end}555",Ann\n12125550101,Bob\n')
    assert f'name="{page.name(2)}" rows="3"' in page.answer.text, "a field of one line would lose them"
    page.press(mend_2="212\r\n555")
    assert "mended</summary>" not in page.answer.text, "nobody did anything"
    page.press(mend_2="2125550102")
    assert page.sendable == "Send to 2 recipients"


def test_a_file_that_was_mended_since_its_check_is_checked_before_it_is_sent(
    page: Page, redis: Redis
) -> None:
    page.mend(3, "12125550102")
    shown = page.press("send")
    assert shown.status_code == 200
    assert "Cells were mended since the check" in shown.text
    assert not redis.exists("mms:campaigns")
    assert page.sendable == "Send to 2 recipients"
    assert page.press("send").status_code == 303


@pytest.mark.slow
def test_what_is_sent_is_what_was_mended_and_who_did_how_much_is_noted(
    page: Page, ledger: Ledger, read_file: ReadFile
) -> None:
    page.mend(3, "12125550102")
    page.mend(4, "Cyd")
    page.press()
    campaign = page.press("send").headers["location"].removeprefix("/campaigns/")
    name, chunks = ledger.campaigns.stored_file(campaign)
    mends, file = split_off(ledger.uploads.open(campaign, chunks))
    assert (name, [mend.line for mend in mends], file.read()) == ("spring.csv", [3, 4], BAD.encode())
    read_file(campaign)
    ((batch, _),) = ledger.batches.read(campaign, [0])
    assert [(row.line, row.number) for row in batch.rows][:3] == [
        (2, "12125550101"),
        (3, "12125550102"),
        (4, "12125550103"),
    ]
    assert [message.text for message in batch.messages] == ["Hi Ann", "Hi Bob", "Hi Cyd"]
    shown = page.browser.get(f"/campaigns/{campaign}").text
    assert "sent, 2 cells mended on lines 3 and 4" in shown
    assert "<dt>Mended</dt><dd>2 cells" in shown
    assert "555</" not in shown


@pytest.mark.slow
def test_a_draft_keeps_its_mends_until_it_is_opened_again(page: Page) -> None:
    page.mend(3, "12125550102")
    draft = page.press("keep").headers["location"].removeprefix("/campaigns/")
    page.answer = page.browser.get(f"/new?draft={draft}")
    assert page.sendable == "Send to 2 recipients"
    assert "1 cell mended" in page.answer.text
    page.held = hidden(page.answer, "held")
    page.press("check", take_back="3")
    assert page.fields["3"] == "555"


def test_many_bad_rows_are_mended_a_page_at_a_time(operator: httpx.Client) -> None:
    rows = "".join(f"{line},x\n" for line in range(2, 2 + 2 * PAGE_ROWS + 1))
    page = Page(operator, "phone,first_name\n12125550101,Ann\n" + rows)
    assert len(page.fields) == PAGE_ROWS
    last = operator.get(f"/new/rows/{page.held}", params={"page": 3})
    assert re.findall(r'name="mend-(\d+)-', last.text) == [str(2 + 2 * PAGE_ROWS + 1)]
    assert "Page 3 of 3" in last.text
    [mark] = re.findall(r'data-mark="(\w+)"', last.text)
    page.mend(2 + 2 * PAGE_ROWS + 1, "12125550102", page=3, mark=mark)
    assert "Mended; check again." in operator.get(f"/new/rows/{page.held}", params={"page": 3}).text
    page.press("", rows_to="2", mend_3="12125550103")
    assert "Page 2 of 2" in page.answer.text, "two of the 101 were mended"
    assert page.sendable == "Send to 3 recipients"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"csrf": "wrong"}, 403),
        ({"held": "no-such-upload-no-such-upload"}, 422),
        ({"line": 99}, 422),
        ({"line": 2}, 422),
        ({"mark": "0" * 16}, 422),
        ({"value": "1" * 4001}, 422),
        ({"value": "1212555\x000102"}, 422),
        ({"value": "1212555\x1b0102"}, 422),
    ],
)
def test_only_what_is_listed_is_mended_and_only_by_who_may(
    page: Page, fields: dict[str, Any], status: int
) -> None:
    answer = page.mend(**{"line": 3, "value": "12125550102", **fields})
    assert answer.status_code in (status, 404), answer.text
    page.press()
    assert page.sendable == "Send to 1 recipient"


def test_another_file_starts_without_the_mends_of_the_last(page: Page) -> None:
    page.mend(3, "12125550102")
    page.answer = post_new(page.browser, "check", BAD, held=page.held, **{page.name(3): "12125550102"})
    assert page.fields["3"] == "555"
    assert page.sendable == "Send to 1 recipient"


def test_the_help_beside_the_message_shows_rows_as_they_are_mended(page: Page) -> None:
    page.mend(3, "12125550102")
    fields = {
        **FORM,
        "csrf": page.csrf,
        "held": page.held,
        "row": "2",
        "rows_page": "1",
        page.name(3): "12125550102",
    }
    shown = page.browser.post("/new/text", files={name: (None, value) for name, value in fields.items()})
    assert shown.status_code == 200
    assert "Hi Bob" in shown.text


def test_nobody_fills_the_disk_through_a_cell_whoever_it_is(address: str, page: Page) -> None:
    """Only the head is sent: whoever waited for the body to know who asks would wait for all of it."""
    host, port = address.removeprefix("http://").split(":")
    cookies = "; ".join(f"{name}={value}" for name, value in page.browser.cookies.items())
    for cookie, expected in (("", b" 303 "), (f"Cookie: {cookies}\r\n", b" 413 ")):
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall(
                f"POST /new/mend HTTP/1.1\r\nHost: {host}:{port}\r\n{cookie}Content-Length: {10 << 30}\r\n"
                "Content-Type: multipart/form-data; boundary=xx\r\n\r\n".encode()
            )
            assert expected in line.recv(64)


def test_a_line_that_is_no_number_is_refused(page: Page) -> None:
    for line in ("0", "x", "9" * 5_000):
        assert (
            page.browser.post(
                "/new/mend", data={"csrf": page.csrf, "held": page.held, "line": line, "value": "x"}
            ).status_code
            == 422
        )


def test_mends_that_do_not_fit_what_is_read_now_are_taken_back_beside_the_problem(
    operator: httpx.Client,
) -> None:
    page = Page(operator, "phone,first_name\n12125550101,Zoë\n555é,René\n")
    page.mend(3, "12125550102")
    page.press(encoding="windows-1251")
    assert page.answer.status_code == 422
    assert "What was mended so far" in page.answer.text
    page.press("", take_back="all")
    assert page.answer.status_code == 200
    assert page.fields == {"3": "555é"}
    assert "mended</summary>" not in page.answer.text


def test_a_row_that_could_not_even_be_read_is_not_kept(operator: httpx.Client) -> None:
    page = Page(operator, "phone,first_name\n12125550101,Ann\n2125550102,Bob,x\n")
    assert page.mend(3, "," * 3000).status_code == 422
    assert page.press().status_code == 200
    assert "mended</summary>" not in page.answer.text


def test_what_is_written_while_nothing_is_mended_reads_no_mends(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.mend(3, "12125550102")
    fields = {**FORM, "csrf": page.csrf, "held": page.held}

    def shown(row: str, **other: str) -> str:
        """What is said beside the message."""
        return page.browser.post("/new/text", data={**fields, "row": row, **other}).text

    assert "Hi Bob" in shown("2")
    refused = shown("99")

    def never(*_: object) -> None:
        raise AssertionError("a row that was looked at is looked at again")

    monkeypatch.setattr(StagedMends, "all", never)
    assert "Hello Bob" in shown("2", message="Hello {{first_name}}")
    assert "has no row 99" in refused
    assert shown("99") == refused


def test_mending_a_cell_as_it_was_mended_asks_for_no_other_check(page: Page) -> None:
    page.press(mend_3="12125550102")
    name = page.name(4)
    page.press(**{name: "\x20"})
    sent = page.press("send", **{page.name(4): " "})
    assert sent.status_code == 303
