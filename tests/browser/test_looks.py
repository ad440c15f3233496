from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import MESSAGE, NAVIGATION, check, fill_in, log_in, send, write_csv

pytestmark = pytest.mark.slow

PHONE = {"width": 360, "height": 740}
_SERIOUS = {"serious", "critical"}


@pytest.fixture
def campaign(page: Page, folder: Path) -> str:
    """A small campaign with an invalid row."""
    file = folder / "looks.csv"
    write_csv(file, 12, ("nobody",))
    fill_in(page, file, name="Looks sale", media="https://www.example.com/spring.jpg")
    page.get_by_text("Groups, rate and limits").click()
    page.get_by_label("Send a file that was sent before").check()
    check(page)
    return send(page)


def addresses(campaign: str) -> list[str]:
    """Every page of the console."""
    one = f"/campaigns/{campaign}"
    parts = ("", "/recipients", "/recipients/0.0", "/recipients/0.2", "/cancel")
    return [*NAVIGATION, "/nothing", *(one + part for part in parts)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE])
def test_axe_finds_nothing_serious_on_any_page(
    open_page: Open, campaign: str, scheme: str, size: dict[str, int]
) -> None:
    page = open_page(color_scheme=scheme, viewport=size, bypass_csp=True)
    page.goto("/login")
    found = serious(page)
    log_in(page)
    for address in addresses(campaign):
        page.goto(address)
        found += serious(page)
    assert found == []


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, with the page and the place."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {violation['id']} at {node['target']}"
        for violation in violations
        if violation["impact"] in _SERIOUS
        for node in violation["nodes"]
    ]


def test_axe_finds_nothing_serious_on_what_a_check_says(open_page: Open, folder: Path) -> None:
    page = open_page(bypass_csp=True)
    log_in(page)
    fill_in(page, write_csv(folder / "checked.csv", 40, ("nobody", "x")), name="Checked")
    check(page)
    assert serious(page) == []


def test_a_phone_never_scrolls_sideways(open_page: Open, campaign: str) -> None:
    page = open_page(viewport=PHONE)
    log_in(page)
    for address in addresses(campaign):
        page.goto(address)
        wide = page.locator("html").evaluate("node => node.scrollWidth")
        assert wide <= PHONE["width"], address


def test_the_dark_is_dark(open_page: Open) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme)
        page.goto("/login")
        grounds[scheme] = page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
    assert grounds == {"light": "rgb(245, 246, 245)", "dark": "rgb(18, 23, 22)"}


def test_a_keyboard_is_enough_to_log_in_check_and_send(open_page: Open, folder: Path) -> None:
    page = open_page()
    page.goto("/login")
    expect(page.get_by_label("Token")).to_be_focused()  # with the first frame, which may come after the page
    page.keyboard.type("admin-token-of-the-tests")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    tab_to(page, "New")
    page.keyboard.press("Enter")
    page.get_by_label("Campaign file").set_input_files(
        write_csv(folder / "keys.csv", 7)
    )  # the system's own dialog
    for label, text in {"Name": "Keys", "From": "12125550100", "Message": MESSAGE}.items():
        tab_to_field(page, label)
        page.keyboard.type(text)
    tab_to(page, "Check the file")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    tab_to(page, "Send to 7 recipients")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()


def test_on_a_phone_the_menu_shows_where_one_is(open_page: Open) -> None:
    page = open_page(viewport=PHONE)
    log_in(page)
    for address in NAVIGATION:
        page.goto(address)
        expect(page.locator(".top nav [aria-current]")).to_be_in_viewport(ratio=1)


def test_the_first_tab_offers_to_skip_to_the_content(page: Page) -> None:
    page.goto("/health")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until this link or button has the focus, which must be seen."""
    page.wait_for_load_state()
    for _ in range(60):
        page.keyboard.press("Tab")
        said, outline = page.evaluate(
            "(node => [node.innerText ?? '', getComputedStyle(node).outlineStyle])(document.activeElement)"
        )
        if said.strip() == text:
            assert outline == "solid"
            return
    raise AssertionError(f"{text!r} cannot be reached by Tab")


def tab_to_field(page: Page, label: str) -> None:
    """Press Tab until the field with this label has the focus."""
    page.wait_for_load_state()
    wanted = page.get_by_label(label, exact=True).get_attribute("id")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == wanted:
            return
    raise AssertionError(f"{label!r} cannot be reached by Tab")
