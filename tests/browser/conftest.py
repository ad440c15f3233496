"""A simulated stack and a Chromium, and pages of people who are logged in or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium, require_chromium
from tests.browser.pages import log_in
from tests.stack import Terminal

Open = Callable[..., Page]
#: How long a page may take to show something, on a busy machine.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one process: one stack, one Chromium at a time."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """`mms up --simulate`, once for all."""
    require_chromium()
    terminal = Terminal(tmp_path_factory.mktemp("stack"))
    try:
        terminal.up("--simulate")
        yield terminal
    finally:
        terminal.end()


@pytest.fixture(scope="module")
def browser(stack: Terminal) -> Iterator[Browser]:
    """One Chromium for a module: its loop must not run while other tests do."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, stack: Terminal) -> Iterator[Open]:
    """Opens a page in a context of its own; a script error or a refused resource on any page is a failure."""
    wrong: list[str] = []
    contexts = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{stack.web_port}",
            locale="en-US",
            timezone_id="America/New_York",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(open_page: Open) -> Page:
    """An operator's page, logged in."""
    page = open_page()
    log_in(page)
    return page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the operator keeps files."""
    return tmp_path
