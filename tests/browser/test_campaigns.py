from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import check, fill_in, log_in, number_of, send, write_csv
from tests.stack import Terminal, until

pytestmark = pytest.mark.slow

BAD = ("1.5162E+10", "555-01", "nobody")


def figure(page: Page, name: str) -> int:
    return int(page.locator(f".figures [data-live={name}]").inner_text().replace(",", ""))


def shown(stack: Terminal, campaign: str) -> dict[str, int]:
    answer: dict[str, int] = stack.web(f"/api/v1/campaigns/{campaign}").json()["counts"]
    return answer


def test_a_file_with_errors_is_mended_sent_and_watched_to_its_end(
    page: Page, stack: Terminal, folder: Path
) -> None:
    fill_in(page, write_csv(folder / "spring.csv", 30, BAD), name="Mended sale")
    check(page)
    expect(page.get_by_text("rows that cannot be sent").first).to_be_visible()
    expect(page.get_by_text("its last digits are lost")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of them as a file").click()
    errors = folder / "errors.csv"
    download.value.save_as(errors)
    mend(errors, folder / "mended.csv")
    page.get_by_label("Another file").set_input_files(folder / "mended.csv")
    page.locator("#campaign").get_by_role("button", name="Check again").click()
    expect(page.get_by_role("button", name="Send to 3 recipients").first).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Mended sale")  # nothing is typed twice
    expect(page.locator(".screen .bubble").first).to_contain_text("the spring sale starts on Friday")
    campaign = send(page)
    expect(page.locator(".figures [data-live=done-share]")).to_have_text("100 %")
    until(lambda: shown(stack, campaign)["delivered"] + shown(stack, campaign)["failed"] == 3)
    numbers_agree(page, stack, campaign)


def test_what_a_campaign_comes_to_is_on_its_page_without_loading_it_again(page: Page, folder: Path) -> None:
    fill_in(page, write_csv(folder / "live.csv", 60, BAD), name="Live page", rate="20/s")
    check(page)
    send(page)
    expect(page.locator(".figures [data-live=done-share]")).to_have_text("100 %")
    expect(page.get_by_role("heading", name="Why rows were not sent or failed")).to_be_visible()
    expect(page.get_by_role("heading", name="By sender and by carrier")).to_be_visible()
    expect(page.get_by_role("link", name="Rows that cannot be sent")).to_be_visible()
    expect(page.get_by_text("until the file is read")).to_be_hidden()


def mend(errors: Path, to: Path) -> None:
    """What a person does in a spreadsheet."""
    with errors.open(newline="") as source, to.open("w", newline="") as out:
        rows = list(csv.DictReader(source))
        assert [row["error_line"] for row in rows] == ["4", "7", "10"]
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        for index, row in enumerate(rows):
            writer.writerow({**row, "phone": number_of(500 + index)})


def numbers_agree(page: Page, stack: Terminal, campaign: str) -> None:
    """The table on the page is the ledger's, row by row."""
    page.reload()
    for state, count in shown(stack, campaign).items():
        expect(page.locator(f"[data-live=count-{state}]").last).to_have_text(str(count))


def test_a_campaign_is_watched_live_paused_resumed_and_cancelled(
    page: Page, stack: Terminal, folder: Path
) -> None:
    fill_in(page, write_csv(folder / "slow.csv", 400), name="Slow sale", rate="20/s")
    check(page)
    campaign = send(page)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    until(lambda: figure(page, "count-delivered") > 5)  # without a reload
    expect(page.locator(".now")).to_contain_text("finished about")
    expect(page.locator(".now time")).not_to_contain_text("UTC")  # told live, on the reader's clock
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused by admin")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    in_flight = ("sending", "unconfirmed")
    until(lambda: not any(shown(stack, campaign)[state] for state in in_flight))
    pending = shown(stack, campaign)["pending"]
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("[data-badge]").first).to_have_text("running")
    until(lambda: shown(stack, campaign)["pending"] < pending)
    page.get_by_role("link", name="Cancel…").click()
    expect(page.get_by_role("heading", name="Cancel this campaign?")).to_be_visible()
    page.get_by_role("link", name="Keep it").click()
    expect(page.locator("[data-badge]").first).to_have_text("running")
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the campaign").click()
    expect(page.locator("[data-badge]").first).to_have_text("cancelled")
    assert sum(shown(stack, campaign).values()) == 400
    assert shown(stack, campaign)["cancelled"] > 0
    expect(page.locator(".journal li")).to_have_count(4)


def test_recipients_are_filtered_searched_and_looked_at(page: Page, stack: Terminal, folder: Path) -> None:
    fill_in(page, write_csv(folder / "found.csv", 120, BAD), name="Found sale")
    check(page)
    send(page)
    expect(page.locator(".figures [data-live=done-share]")).to_have_text("100 %")
    page.get_by_role("link", name="Search, look at each").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 3")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Invalid")).click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Find a number").fill("(212) 555-0177")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="(212) 555-0177").click()
    expect(page.get_by_role("heading", name="(212) 555-0177")).to_be_visible()
    expect(page.get_by_role("heading", name="Handed to CarrierX")).to_be_visible()
    expect(page.locator(".screen .bubble")).to_contain_text("See you at Rosewood Garden.")
    page.go_back()
    page.get_by_label("Find a number").fill("212 555")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("a whole number")


def test_a_viewer_sees_everything_and_can_press_nothing(
    page: Page, open_page: Open, stack: Terminal, folder: Path
) -> None:
    fill_in(page, write_csv(folder / "viewed.csv", 300), name="Viewed sale", rate="10/s")
    check(page)
    campaign = send(page)
    made = stack.mms("token", "create", "--role", "viewer", "--name", "Vera", "--json")
    assert made.returncode == 0, made.stderr
    viewer = open_page()
    log_in(viewer, json.loads(made.stdout)["token"])
    expect(viewer.get_by_role("link", name="New campaign")).to_have_count(0)
    viewer.goto(f"/campaigns/{campaign}")
    expect(viewer.get_by_role("heading", name="Viewed sale")).to_be_visible()
    expect(viewer.locator(".steer")).to_have_count(0)
    viewer.goto("/new")
    expect(viewer.get_by_text("Your login may look, not act.")).to_be_visible()
    assert stack.mms("token", "remove", json.loads(made.stdout)["id"]).returncode == 0
    viewer.goto("/")
    expect(viewer.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the campaign").click()


@pytest.mark.parametrize("how", ["with JavaScript", "without"])
def test_logging_in_and_out(open_page: Open, how: str) -> None:
    page = open_page(java_script_enabled=how == "with JavaScript")
    page.goto("/health")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("That token is not known.")
    log_in(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
