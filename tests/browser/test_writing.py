"""A message is written with help: columns, counts, any row, what makes it longer, all from the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import check, fill_in, log_in, write_csv
from tests.browser.test_looks import PHONE, serious, tab_to

pytestmark = pytest.mark.slow


@pytest.fixture
def checked(page: Page, folder: Path) -> Page:
    """A page whose file was checked."""
    fill_in(page, write_csv(folder / "written.csv", 30), name="Written")
    check(page)
    return page


def test_columns_are_put_in_and_rows_are_shown_while_one_writes(checked: Page) -> None:
    message, bubble = checked.get_by_label("Message"), checked.locator("[data-compose] .bubble")
    message.fill("Northwind: ")
    tab_to(checked, "first_name")
    checked.keyboard.press("Enter")
    expect(message).to_be_focused()
    checked.keyboard.type("!")
    expect(message).to_have_value("Northwind: {{first_name}}!")
    expect(bubble).to_have_text("Northwind: Ann!")
    checked.get_by_label("Row shown").fill("7")
    expect(bubble).to_have_text("Northwind: Gus!")
    checked.get_by_role("button", name="The next row").click()
    expect(bubble).to_have_text("Northwind: Hana!")
    checked.keyboard.press("Control+End")
    expect(checked.get_by_text("Line 9: SMS, 16 characters, 1 segment")).to_be_visible()
    checked.get_by_role("button", name="The longest").click()
    expect(bubble).to_have_text("Northwind: Carla!")


def test_what_makes_a_text_unicode_is_shown_at_its_place_and_replaced(checked: Page) -> None:
    message = checked.get_by_label("Message")
    message.fill("It’s {first_name}’s\u200b 😀")
    help_given = checked.locator("[data-written=notes]")
    expect(help_given).to_contain_text("RIGHT SINGLE QUOTATION MARK, 2 times")
    help_given.get_by_role("button", name="␣").click()
    selected = "node => node.value.slice(node.selectionStart, node.selectionEnd)"
    assert message.evaluate(selected) == "\u200b"
    checked.get_by_role("button", name="Write {{first_name}} instead").click()
    expect(message).to_have_value("It’s {{first_name}}’s\u200b 😀")
    checked.get_by_role("button", name="Write them plainly").click()
    expect(message).to_have_value("It's {{first_name}}'s 😀")
    expect(help_given).to_contain_text("GRINNING FACE")
    expect(help_given.get_by_role("button", name="plainly")).to_have_count(0)
    message.press("Control+z")
    expect(message).to_have_value("It’s {{first_name}}’s\u200b 😀")


def test_the_help_is_for_everybody_and_fits_a_phone(open_page: Open, folder: Path) -> None:
    page = open_page(viewport=PHONE, bypass_csp=True)
    log_in(page)
    fill_in(page, write_csv(folder / "fits.csv", 5), name="Fits")
    check(page)
    page.get_by_label("Message").fill("Hi [first_name] “there” " + "…" * 50)
    expect(page.locator("[data-written=notes]")).to_contain_text("HORIZONTAL ELLIPSIS")
    assert serious(page) == []
    assert page.locator("html").evaluate("node => node.scrollWidth") <= PHONE["width"]
