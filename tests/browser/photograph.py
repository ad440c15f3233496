"""`python -m tests.browser.photograph docs/images`: the console's pages as pictures, from a simulated stack."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from dispatcher.web.console.pages import PAGES
from tests.browser.chromium import chromium
from tests.browser.pages import check, fill_in, log_in, send, write_csv
from tests.browser.seed import seed
from tests.stack import Terminal, until

WIDE = {"width": 1240, "height": 860}
PHONE = {"width": 390, "height": 844}


class Camera:
    """Takes pictures of one stack's pages."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self._browser = browser
        self._address = address
        self._folder = folder

    def open(self, *, phone: bool = False, dark: bool = False) -> Page:
        """A page that is logged in."""
        context = self._browser.new_context(
            base_url=self._address,
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            locale="en-US",
            timezone_id="America/New_York",
        )
        page = context.new_page()
        log_in(page)
        return page

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        """Save a picture."""
        page.screenshot(path=self._folder / f"{name}.png", full_page=whole)


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, chromium() as browser:
        terminal = Terminal(Path(work))
        try:
            terminal.up("--simulate")
            camera = Camera(browser, f"http://127.0.0.1:{terminal.web_port}", folder)
            seed(terminal)
            _photograph(camera, Path(work))
        finally:
            terminal.end()


def _photograph(camera: Camera, work: Path) -> None:
    page = camera.open()
    fill_in(page, write_csv(work / "winter.csv", 120), name="Winter thank-you")
    check(page)
    send(page)
    page.get_by_text("completed").wait_for()
    bad = ("1.5162E+10", "555-01", "12125550100x9", "two 12125550111 / 12125550112")
    file = write_csv(work / "spring.csv", 900, bad)
    fill_in(page, file, name="Spring sale", rate="40/s", media="https://www.example.com/rosewood-spring.jpg")
    camera.take(page, "new")
    check(page)
    camera.take(page, "checked")
    campaign = send(page)
    delivered = page.locator(".figures [data-live=count-delivered]")
    until(lambda: int(delivered.inner_text().replace(",", "")) > 150, 60, "150 deliveries")
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("paused by admin").first.wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()
    camera.take(page, "campaign")
    for name, path in {
        **{page.title.lower(): page.path for page in PAGES if page.in_navigation and page.who == "viewer"},
        "recipients": f"/campaigns/{campaign}/recipients",
        "recipient": f"/campaigns/{campaign}/recipients/0.0",
        "bad-row": f"/campaigns/{campaign}/recipients/0.2",
        "cancel": f"/campaigns/{campaign}/cancel",
    }.items():
        page.goto(path)
        camera.take(page, name, whole=name not in {"recipients", "inbound"})
    for name, options in {"dark": {"dark": True}, "phone": {"phone": True}}.items():
        page = camera.open(**options)
        for what, path in {
            "campaigns": "/",
            "campaign": f"/campaigns/{campaign}",
            "recipients": f"/campaigns/{campaign}/recipients",
            "recipient": f"/campaigns/{campaign}/recipients/0.0",
        }.items():
            page.goto(path)
            camera.take(page, f"{what}-{name}", whole=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
