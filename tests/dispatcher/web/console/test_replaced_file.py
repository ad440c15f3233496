"""A draft that is opened again, or another file in the place of one that was checked: no guess and no answer that
belongs to the first file is taken for the second."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.dispatcher.web.console.test_campaigns import hidden, post_new

FIRST = "Name,Home Phone,Client Mobile,SMS Opt-In\nA,12125550100,12125550101,yes\n"
#: The same people, one of whom said no in a column that the first file does not have.
OTHER = "Name,Home Phone,Client Mobile,SMS Opt-In,Do Not Text\nA,12125550100,12125550101,yes,yes\nB,,12125550102,yes,\n"
TEXT = {"message": "Hi"}


def value(page: httpx.Response, name: str) -> str:
    """What the form posts for this field as it stands."""
    fields = re.findall(rf'<input ([^>]*)name="{name}"[^>]* value="([^"]*)"([^>]*)', page.text)
    return next((text for head, text, rest in fields if "radio" not in head or "checked" in rest), "")


@pytest.mark.slow
def test_what_was_guessed_for_a_draft_is_guessed_again_for_another_file(operator: httpx.Client) -> None:
    kept = post_new(operator, "keep", FIRST, encoding="utf-8", **TEXT)
    draft = kept.headers["location"].removeprefix("/campaigns/")
    page = operator.get(f"/new?draft={draft}")
    given = {name: value(page, name) for name in ("to", "consent", "sheet", "encoding")}
    assert given == {"to": "", "consent": "", "sheet": "", "encoding": "utf-8"}
    other = post_new(operator, "check", OTHER, held=hidden(page, "held"), **given, **TEXT)
    assert "Send to 1 recipient<" in other.text


@pytest.mark.slow
@pytest.mark.parametrize("said", [{"to": "Client Mobile"}, {"consent": "SMS Opt-In"}])
def test_what_was_said_of_a_file_holds_for_another_with_the_same_headings_only(
    operator: httpx.Client, said: dict[str, str]
) -> None:
    [(name, column)] = said.items()
    held = hidden(post_new(operator, "check", FIRST, **said, **TEXT), "held")
    same = post_new(operator, "check", FIRST + "C,,12125550103,yes\n", held=held, **said, **TEXT)
    assert "Send to 2 recipients" in same.text
    assert value(same, name) == column
    other = post_new(operator, "check", OTHER, held=hidden(same, "held"), **said, **TEXT)
    assert "Send to 1 recipient<" in other.text
    assert value(other, name) == ""


def test_the_encoding_that_was_said_of_a_file_is_not_that_of_another(operator: httpx.Client) -> None:
    said = {"encoding": "iso-8859-5"}
    held = hidden(post_new(operator, "check", "phone,first_name\n12125550101,Zoe\n", **said), "held")
    names = ("Zoë", "José Müller", "François", "Señora Muñoz", "Jürgen Weiß")
    rows = "".join(f"1212555010{index},{name}\n" for index, name in enumerate(names, 1))
    other = f"phone,first_name\n{rows}".encode("cp1252")
    assert "Hi Zoë" in post_new(operator, "check", other, held=held, **said).text
    assert "Hi Zoë" not in post_new(operator, "check", other, **said).text
