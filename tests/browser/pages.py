"""What a person does in the console, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from dispatcher.web.console.pages import PAGES
from tests.stack import ADMIN_TOKEN

#: The pages that the navigation leads to, and those of them that a viewer is shown.
NAVIGATION = tuple(page.path for page in PAGES if page.in_navigation)
FOR_VIEWERS = tuple(page.path for page in PAGES if page.in_navigation and page.who == "viewer")
SENDER = "(212) 555-0100"
MESSAGE = "Hi {{first_name|there}}, the spring sale starts on Friday. See you at Rosewood Garden."


def number_of(row: int) -> str:
    """A fictional number, another one for each row up to 70,000."""
    exchange, last = divmod(row + 1, 100)
    return f"1{212 + exchange % 700}55501{last:02}"


def write_csv(path: Path, rows: int, bad: Sequence[str] = ()) -> Path:
    """A campaign file of so many good rows, and these cells as numbers of bad ones."""
    names = ("Ann", "Ben", "Carla", "Deepa", "Emil", "Fay", "Gus", "Hana")
    lines = [
        f"{number_of(row)},{names[row % len(names)]},{'New York' if row % 3 else 'Hoboken'}"
        for row in range(rows)
    ]
    for index, cell in enumerate(bad):
        lines.insert(2 + 3 * index, f"{cell},Nobody,Nowhere")
    path.write_text("phone,first_name,city\n" + "".join(f"{line}\n" for line in lines))
    return path


def log_in(page: Page, token: str = ADMIN_TOKEN) -> None:
    """From the login page to the campaigns."""
    page.goto("/login")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Campaigns").wait_for()


def fill_in(page: Page, file: Path, *, name: str, rate: str = "", media: str = "") -> None:
    """A new campaign's form, not pressed yet."""
    page.goto("/new")
    page.get_by_label("Campaign file").set_input_files(file)
    page.get_by_label("Name").fill(name)
    page.get_by_label("From", exact=True).fill(SENDER)
    page.get_by_label("Message").fill(MESSAGE)
    page.get_by_label("Picture addresses").fill(media)
    page.get_by_label("Hours").select_option("off")
    if rate:
        page.get_by_text("Groups, rate and limits").click()
        page.get_by_label("Rate").fill(rate)


def check(page: Page) -> None:
    """Press the form's button and wait for what would happen."""
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("heading", name="What would happen").wait_for()


def send(page: Page) -> str:
    """Press the button that sends; answers the campaign's id."""
    page.get_by_role("button", name="Send to").first.click()
    page.wait_for_url("**/campaigns/*")
    return page.url.rsplit("/", 1)[1]
