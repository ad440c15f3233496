"""What a person does before a campaign is sent, and with one that runs: step by step, in a real browser."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import check, fill_in, log_in, send, write_csv
from tests.browser.test_looks import serious
from tests.stack import Terminal, until

pytestmark = pytest.mark.slow


def write_png(path: Path, width: int = 120, height: int = 90) -> Path:
    """A picture in one colour."""
    lines = (b"\0" + bytes((60, 150, 110)) * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


def test_a_picture_is_shown_a_row_is_tried_a_draft_is_kept_opened_and_sent(
    page: Page, stack: Terminal, folder: Path
) -> None:
    fill_in(page, write_csv(folder / "draft.csv", 9), name="Draft sale")
    page.get_by_label("Pictures of your own").set_input_files(write_png(folder / "spring.png"))
    check(page)
    picture = page.locator(".screen img").first
    picture.scroll_into_view_if_needed()
    until(lambda: picture.evaluate("node => node.complete && node.naturalWidth") == 120)
    page.get_by_label("To my number").fill("(212) 555-0155")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("It is on its way")).to_be_visible()
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator("[data-badge]").first).to_have_text("draft")
    page.get_by_role("link", name="Open", exact=True).click()
    expect(page.get_by_label("Name")).to_have_value("Draft sale")
    expect(page.locator(".screen img").first).to_be_visible()
    send(page)
    expect(page.locator(".figures [data-live=done-share]")).to_have_text("100 %")
    page.goto("/?q=draft+sale")
    expect(page.locator(".campaigns > li")).to_have_count(2)  # the campaign and the test; the draft is gone


def test_a_running_campaign_shows_its_pace_takes_another_rate_and_is_found(
    open_page: Open, page: Page, folder: Path
) -> None:
    fill_in(page, write_csv(folder / "paced.csv", 200), name="Paced sale", rate="15/s")
    check(page)
    campaign = send(page)
    expect(page.locator("[data-chart]")).to_be_visible()  # without a reload
    expect(page.locator("[data-live=held-to]")).to_contain_text("the limit of the campaign")
    page.get_by_label("Messages a second at most").fill("40/s")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("[data-live=held-to]")).to_contain_text("40")
    plain = open_page(java_script_enabled=False, bypass_csp=True)
    log_in(plain)
    plain.goto(f"/campaigns/{campaign}")
    assert plain.locator("[data-path=area]").get_attribute("d")
    flower = plain.get_by_role("link", name="in Flower").get_attribute("href")
    assert flower is not None
    assert flower.endswith(f"/tasks?name=send_batch%20kwargs%3Acampaign%3D{campaign}")
    page.goto("/?q=PACED")
    expect(page.get_by_role("link", name="Paced sale")).to_be_visible()


def test_axe_finds_nothing_serious_on_a_campaign_with_everything_on_it(open_page: Open, folder: Path) -> None:
    for scheme, rows in (("light", 60), ("dark", 61)):
        page = open_page(color_scheme=scheme, bypass_csp=True)
        log_in(page)
        fill_in(page, write_csv(folder / f"{scheme}.csv", rows), name=f"Whole {scheme}", rate="6/s")
        check(page)
        assert serious(page) == []
        send(page)
        expect(page.locator("[data-chart]")).to_be_visible()
        assert serious(page) == []
