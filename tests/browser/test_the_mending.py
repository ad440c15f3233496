"""A file as a CRM exports it, with two columns of numbers and five bad cells: from the drop to what was sent, without
leaving the page and without a mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dispatcher.simulator.client import SimulatorHandle
from dispatcher.stack.simulator_service import TOKEN
from tests.browser.pages import MESSAGE, SENDER, check, fill_in
from tests.browser.test_looks import serious
from tests.stack import Terminal, until

pytestmark = pytest.mark.slow

HEADINGS = "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner"
#: What stands in the column of the mobile numbers, and what a person makes of it.
CELLS = (
    ("(212) 555-0142", ""),
    ("212-555-014", "212-555-0143"),
    ("call after six", "(212) 555-0144"),
    ("", "2125550145"),
    ("212 555 0146 / 212 555 0147", "212 555 0146"),
    ("1.2125E+10", "+1 212 555 0148"),
    ("2125550149", ""),
)


def hubspot(path: Path) -> Path:
    """The export: a home number for each, which nobody meant, and a mobile number, five of which are bad."""
    rows = (
        f"{5101 + place},Mendel {place},Example,p{place}@example.com,+1312555015{place},{cell},Inez"
        for place, (cell, _) in enumerate(CELLS)
    )
    path.write_text("\n".join((HEADINGS, *rows)) + "\n")
    return path


def drop(page: Page, file: Path) -> None:
    """Let a file fall where one may."""
    data = page.evaluate_handle(
        "([name, text]) => { const data = new DataTransfer();"
        " data.items.add(new File([text], name, { type: 'text/csv' })); return data; }",
        [file.name, file.read_text()],
    )
    page.locator("[data-drop]").first.dispatch_event("drop", {"dataTransfer": data})


def texted(stack: Terminal) -> list[str]:
    """The numbers to which CarrierX was given a message for one of these people, once all were."""
    port = (stack.folder / ".mms" / "run" / "simulator-port").read_text().strip()
    received = SimulatorHandle(f"http://127.0.0.1:{port}", TOKEN).received()
    ours = [str(to) for each in received.messages if "Mendel" in str(each) for to in each["to"]]
    return ours if len(ours) >= len(CELLS) else []


def beside(page: Page, line: int) -> Locator:
    """What is said of a row's cell."""
    return page.locator(f"#wrong-{line}")


def test_a_file_with_five_bad_cells_is_mended_by_keyboard_and_sent_without_leaving_the_page(
    page: Page, stack: Terminal, folder: Path
) -> None:
    page.goto("/new")
    drop(page, hubspot(folder / "contacts.csv"))
    page.get_by_label("From", exact=True).fill(SENDER)
    page.get_by_label("Message").fill(MESSAGE)
    page.get_by_label("Hours").select_option("off")
    page.get_by_label("Name").press("Enter")
    page.get_by_role("heading", name="What would happen").wait_for()
    recipients = page.locator("dl.pairs > div", has=page.locator("dt", has_text="Recipients"))
    expect(recipients.locator("dd > strong")).to_have_text("Mobile Phone Number")
    expect(page.get_by_role("button", name="Send to").first).to_have_text("Send to 2 recipients")
    fields = page.locator("[data-mend]")
    expect(fields).to_have_count(5)
    assert [fields.nth(place).input_value() for place in range(5)] == [cell for cell, good in CELLS if good]
    assert serious(page) == []

    fields.first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("212-555")
    page.keyboard.press("Enter")
    expect(fields.nth(1)).to_be_focused()
    expect(beside(page, 3)).to_contain_text("The number has 6 digits")
    page.keyboard.type("555")
    page.keyboard.press("Escape")
    expect(fields.nth(1)).to_have_value("call after six")
    expect(beside(page, 4)).to_contain_text("This is not a phone number")
    fields.first.focus()
    for place, (_, good) in enumerate((cell, good) for cell, good in CELLS if good):
        expect(fields.nth(place)).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type(good)
        page.keyboard.press("Enter")
        expect(beside(page, place + 3)).to_have_text("Good.")
    expect(page.locator("[data-mend-said]")).to_contain_text("None left on this page.")
    again = page.locator("[data-check-again]")
    expect(again).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Send to").first).to_have_text("Send to 7 recipients")
    expect(fields).to_have_count(0)
    expect(page.get_by_text("5 cells mended")).to_be_visible()
    assert page.url.endswith("/new")
    page.get_by_role("button", name="Send to").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/campaigns/*")
    expect(page.locator(".figures [data-live=done-share]")).to_have_text("100 %")
    expect(page.get_by_text("sent, 5 cells mended on lines 3, 4, 5, 6 and 7")).to_be_visible()
    expect(page.get_by_text("5 cells of its file")).to_be_visible()
    expected = [f"121255501{last}" for last in (42, 43, 44, 45, 46, 48, 49)]
    assert sorted(until(lambda: texted(stack), what="what was sent")) == expected


def test_the_last_cell_of_a_page_leads_to_the_next_page(page: Page, folder: Path) -> None:
    file = folder / "many.csv"
    file.write_text("phone\n12125550160\n" + "".join(f"{bad}\n" for bad in range(51)))
    fill_in(page, file, name="Many")
    page.get_by_label("Message").fill("Rosewood: hi. Reply STOP to opt out.")
    check(page)
    fields = page.locator("[data-mend]")
    expect(fields).to_have_count(50)
    page.locator("button[data-rows]").focus()
    page.keyboard.press("Enter")
    expect(fields).to_have_count(1)
    expect(fields.first).to_be_focused()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("12125550161")
    page.keyboard.press("Enter")
    expect(beside(page, 53)).to_have_text("Good.")
    expect(page.locator("[data-check-again]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send to").first).to_have_text("Send to 2 recipients")
    expect(fields).to_have_count(50)
