"""What is said beside a message while somebody writes it."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from dispatcher.model.segments import utf16_units
from dispatcher.web.console._text_help import odd_characters
from tests.dispatcher.web.conftest import CSV
from tests.dispatcher.web.console.test_campaigns import hidden, post_new

#: More rows than a block has, in CSV; the last has the longest name.
MANY = (
    "phone,first_name\n"
    + "".join(f"1212234{row:04},Name{row}\n" for row in range(3000))
    + "12122349999,María\n"
)


def said(browser: httpx.Client, held: str = "", **fields: str) -> str:
    """The page for a message as it stands, as text; a form sends CRLF."""
    csrf = hidden(browser.get("/new"), "csrf")
    answer = browser.post("/new/text", files={"message": (None, "")} | {
        name: (None, value) for name, value in {"csrf": csrf, "held": held, **fields}.items()
    })  # fmt: skip
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def bubble(page: str) -> str:
    found = re.search(r'<p class="bubble">(.*?)</p>', page, re.DOTALL)
    assert found, page
    return found[1]


@pytest.fixture
def held(operator: httpx.Client) -> str:
    """A file that was checked."""
    return hidden(post_new(operator, "check", MANY), "held")


def test_a_text_is_counted_before_there_is_a_file(operator: httpx.Client) -> None:
    page = said(operator, message="Hi there,\r\nit is “on”")
    assert "As written: 20 characters, 1 segment, Unicode." in page
    assert "LEFT DOUBLE QUOTATION MARK" in page
    assert 'data-write="Hi there,\nit is "on""' in page
    assert "bubble" not in page


def test_any_row_is_shown_with_the_text_as_it_stands(operator: httpx.Client, held: str) -> None:
    for row, name in {1: "Name0", 2: "Name1", 2500: "Name2499", 3001: "María"}.items():
        page = said(operator, held, message="Hi {{first_name}}!", row=str(row))
        assert bubble(page) == f"Hi {name}!"
        assert f"Line {row + 1}: SMS, {4 + len(name)} characters, 1 segment" in page
    assert "From the row: í LATIN SMALL LETTER I WITH ACUTE" in page
    assert (
        bubble(said(operator, held, message="“{{first_name}}”", row="3001", smart_encoding="yes"))
        == '"María"'
    )


@pytest.mark.parametrize("name", ["3º", "½", "€5", "À", "“x”", "it’s", 'a, "b"'])
def test_letters_that_are_few_are_shown_as_they_stand(operator: httpx.Client, name: str) -> None:
    cell = name.replace('"', '""')
    rows = f'\ufeffphone,first_name\n12125550101,"{cell}"\n'
    held = hidden(post_new(operator, "check", rows), "held")
    assert bubble(said(operator, held, message="Hi {{first_name}}")) == f"Hi {name}"


def test_what_is_wrong_is_said_while_one_writes(operator: httpx.Client, held: str) -> None:
    assert "The message has a {{ or }} without its partner" in said(operator, held, message="Hi {{fir")
    assert "did you mean 'first_name'?" in said(operator, held, message="Hi {{frst_name}}")
    assert "Write a message, and the row is shown with it." in said(operator, held, message="")
    assert "The file has no row 3002." in said(operator, held, message="Hi", row="3002")
    assert "Line 2: The finished message has" in said(operator, held, message="{{first_name}}" * 400)
    assert "is not kept any more" not in said(operator, "x" * 32, message="Hi")


def test_placeholders_of_other_systems_are_replaced_with_one_press(operator: httpx.Client, held: str) -> None:
    page = said(operator, held, message="Hi {FirstName}, *|IF:X|*{{first_name|default:'you'}}")
    assert 'data-write="Hi {{first_name}}, *|IF:X|*{{first_name|you}}"' in page
    assert "are placeholders of another system" in page


def test_the_page_of_a_check_has_the_columns_the_row_and_the_longest(operator: httpx.Client) -> None:
    page = unescape(post_new(operator, "check", MANY, message="Hi {{first_name}}").text)
    assert re.findall(r'data-insert="([^"]+)"', page) == ["{{phone}}", "{{first_name}}"]
    assert (
        'data-row="3001"' not in page
    )  # by segments all are alike, by characters the first of the longest names
    assert 'data-row="1001" title="Line 1002: 11 characters, 1 segment"' in page
    again = post_new(operator, "check", None, held=hidden(httpx.Response(200, text=page), "held"), row="3001")
    assert "Hi María" in again.text  # without JavaScript, too


def test_a_row_is_read_by_the_column_that_was_chosen_before(operator: httpx.Client) -> None:
    file = "Phone A,Phone B,first_name\n12125550101,12125550102,Ann\n12125550103,12125550104,Ben\n"
    asked = post_new(operator, "check", file)
    assert asked.status_code == 422
    assert "bubble" not in asked.text
    checked = post_new(operator, "check", file, to="Phone B")
    sent = post_new(operator, "send", None, held=hidden(checked, "held"), to="Phone B")
    assert sent.status_code == 303
    again = post_new(operator, "check", file, name="Again")
    assert bubble(said(operator, hidden(again, "held"), message="Hi {{first_name}}")) == "Hi Ann"


def test_a_refused_message_keeps_the_help_that_mends_it(operator: httpx.Client) -> None:
    page = post_new(operator, "check", CSV, message="Hi [First Name]")
    assert page.status_code == 422
    assert 'data-write="Hi {{first_name}}"' in page.text


def test_nobody_is_helped_without_a_login_or_from_elsewhere(
    browser: httpx.Client, operator: httpx.Client
) -> None:
    assert operator.post("/new/text", data={"message": "x"}).status_code == 403
    browser.cookies.clear()
    assert browser.post("/new/text", data={"message": "x"}).status_code in (303, 401, 403)


def test_odd_characters_are_named_where_they_stand() -> None:
    text = "😀 it’s {{Jo’s|“x”}}\u200b ’ é"
    odd = list(odd_characters(text))
    assert [(each.char, each.times, each.plain) for each in odd] == [
        ("😀", 1, None),
        ("’", 2, "'"),
        ("“", 1, '"'),
        ("”", 1, '"'),
        ("\u200b", 1, ""),
    ]
    assert [each.at for each in odd] == [utf16_units(text[: text.index(char)]) for char in "😀’“”\u200b"]
    assert (odd[4].shown, odd[1].before, odd[1].after[:3]) == ("␣", "😀 it", "s {")
    assert [each.char for each in odd_characters(text, smart=True)] == ["😀"]
    assert next(odd_characters("👩\u200d👧 ❤\ufe0f")).name == "WOMAN"
