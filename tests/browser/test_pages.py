"""Schedule, Opt-outs, Inbound and Health in a real browser: by mouse, by keyboard, on a phone, for a viewer."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import FOR_VIEWERS, log_in
from tests.browser.seed import ledger_of, seed
from tests.browser.test_looks import PHONE, serious, tab_to, tab_to_field
from tests.stack import Terminal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def seeded(stack: Terminal) -> None:
    """An installation that was used for a while."""
    seed(stack)


@pytest.fixture
def viewer(open_page: Open, stack: Terminal) -> Page:
    """A page of somebody who may only look."""
    done = stack.mms("token", "create", "--name", f"viewer {stack.web_port}", "--role", "viewer", "--json")
    token = re.search(r'"token": "([^"]+)"', done.stdout)
    assert token, done.stderr
    page = open_page()
    log_in(page, token[1])
    return page


def test_a_list_is_imported_by_file_and_exported_again(page: Page, folder: Path, stack: Terminal) -> None:
    file = folder / "list.csv"
    file.write_text("number,source\n12125550150,letter\nnobody,letter\n12125550151,=1+1\n")
    page.goto("/opt-outs")
    page.get_by_label("A .csv, a workbook, or a plain list of numbers").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="2 read, 2 changed, 1 not usable")).to_be_visible()
    expect(page.get_by_text("Line 3: this is not a US or Canadian number")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="The whole list").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert {"12125550150", "12125550151"} <= {row["number"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


def test_a_number_is_searched_opted_out_and_let_back_in(page: Page, stack: Terminal) -> None:
    page.goto("/opt-outs")
    page.get_by_role("searchbox", name="Find a number").fill("212 555 0160")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Never was on the list")).to_be_visible()
    answer = page.get_by_role("region", name="The number you looked for")
    for button, out in (("Opt out", True), ("Let back in", False)):
        answer.get_by_label("How you know").fill("by telephone")
        answer.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_contain_text("Done")
        assert ledger_of(stack).optouts.is_out("12125550160") is out
        page.goto("/opt-outs?number=12125550160")


def test_a_doubtful_message_is_decided_by_keyboard_alone(page: Page, stack: Terminal) -> None:
    page.goto("/inbound")
    tab_to(page, "2 may be an opt-out: decide")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="May be an opt-out")).to_be_visible()
    tab_to(page, "Dismiss")
    page.keyboard.press("Enter")
    expect(page.get_by_text("it is no opt-out")).to_be_visible()
    expect(page.get_by_text("1 to decide")).to_be_visible()


def test_a_schedule_is_changed_by_keyboard_and_a_wrong_line_says_why(page: Page) -> None:
    page.goto("/schedule")
    tab_to(page, "Change or end")
    page.keyboard.press("Enter")
    for typed in ("whenever", "tue 10:00 America/New_York"):
        tab_to_field(page, "When, with a zone")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        if typed == "whenever":
            expect(page.get_by_role("alert")).to_contain_text("recurring time")
    expect(page.get_by_text("Tue, ").first).to_be_visible()
    expect(page.get_by_text("10:00 E").first).to_be_visible()


def test_a_start_is_moved_and_a_schedule_is_ended_only_when_asked_twice(page: Page) -> None:
    page.goto("/schedule")
    page.get_by_text("Change or cancel").click()
    page.get_by_label("Another start, with a zone").fill("2031-12-23 08:00 America/New_York")
    page.get_by_role("button", name="Change").last.click()
    expect(page.get_by_text("2031-12-23 08:00 America/New_York")).to_be_visible()
    page.get_by_text("Change or end").click()
    page.get_by_role("link", name="End this schedule…").click()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", name="Weekly rosewood news")).to_be_visible()


def test_a_limit_is_set_on_the_health_page_and_noted(page: Page) -> None:
    page.goto("/health")
    page.get_by_text("Change a limit").click()
    page.get_by_label("Whose", exact=True).fill("sender:12125550177")
    page.get_by_label("Rate").fill("3/s")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_role("row", name="(212) 555-0177")).to_contain_text("3/s")
    expect(page.get_by_text("changed the limits of one sender").first).to_be_visible()


def test_where_carrierx_calls_back_is_shown_by_level(page: Page) -> None:
    page.goto("/health")
    page.get_by_role("searchbox", name="One of your numbers").fill("(212) 555-0100")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="The account in force")).to_contain_text("/callbacks/carrierx/***")
    expect(page.get_by_role("row", name="The number")).to_contain_text("not set")


def test_a_viewer_sees_everything_and_is_offered_nothing_to_press(viewer: Page) -> None:
    for path in (*FOR_VIEWERS, "/opt-outs?number=12125550105"):
        viewer.goto(path)
        buttons = {button.inner_text() for button in viewer.get_by_role("button").all()}
        assert buttons <= {"Log out", "Find", "Look", "Copy"}, path
    expect(viewer.get_by_role("link", name="New campaign")).to_have_count(0)


def test_every_page_can_be_read_without_javascript(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    log_in(page)
    texts = {
        "/": "Campaigns",
        "/schedule": "Weekly rosewood news",
        "/opt-outs": "written request of May 3",
        "/inbound": "Lovely picture, thank you!",
        "/health": "Limits in force",
    }
    assert texts.keys() == set(FOR_VIEWERS)
    for path, text in texts.items():
        page.goto(path)
        expect(page.get_by_text(text).first).to_be_visible()


ADDRESSES = (*FOR_VIEWERS, "/opt-outs?number=12125550105", "/health?number=12125550100")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE])
def test_axe_finds_nothing_serious_on_these_pages_and_nothing_scrolls_sideways(
    open_page: Open, scheme: str, size: dict[str, int]
) -> None:
    page = open_page(color_scheme=scheme, viewport=size, bypass_csp=True)
    log_in(page)
    found = []
    for address in ADDRESSES:
        page.goto(address)
        for summary in page.locator("summary").all():
            summary.click()
        found += serious(page)
        assert page.locator("html").evaluate("node => node.scrollWidth") <= size["width"], address
    assert found == []


def test_no_page_asks_anybody_else_for_anything(page: Page, stack: Terminal) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in FOR_VIEWERS:
        page.goto(path)
    assert asked
    assert all(url.startswith(f"http://127.0.0.1:{stack.web_port}/") for url in asked)
