"""`mms up` on a server that a Sentinel names: every part finds it, and nobody's password is shown."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.sentinel import watched_servers
from tests.stack import ADMIN_TOKEN, Terminal, until

pytestmark = pytest.mark.slow


def campaign_of(terminal: Terminal, rows: int) -> str:
    """The id of a campaign that was submitted now."""
    path = terminal.folder / "people.csv"
    path.write_text("phone\n" + "".join(f"1212555{row:04d}\n" for row in range(1000, 1000 + rows)))
    said = ("--from", "15162065575", "--message", "Hello", "--quiet-hours", "off", "--yes", "--json")
    submitted = terminal.mms("campaign", "submit", str(path), *said)
    assert submitted.returncode == 0, submitted.stderr
    return str(json.loads(submitted.stdout)["id"])


def completed(terminal: Terminal, campaign: str) -> bool:
    """Whether nothing of it is left to do."""
    shown = terminal.mms("campaign", "show", campaign, "--json")
    return shown.returncode == 0 and json.loads(shown.stdout)["state"] == "completed"


def shown_by_flower(terminal: Terminal) -> str:
    """Flower's page of the broker."""
    url = f"http://127.0.0.1:{terminal.flower_port}/broker"
    return httpx.get(url, auth=("admin", ADMIN_TOKEN), timeout=30).text


def test_all_parts_work_through_sentinels_alone(tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    password = "their+p@ss/%word"
    with watched_servers(tmp_path / "servers", replicas=0, sentinels=1, password=password) as watched:
        address = watched.url_with("", 3, sentinel_password=quote(password, safe=""))
        terminal = Terminal(folder, MMS_REDIS_URL=address)
        try:
            terminal.up("--simulate")
            doctor = terminal.mms("doctor").stdout
            assert "bad " not in doctor
            assert "Redis: MMS_REDIS_URL answers" in doctor
            assert "broker: the ledger's Redis answers" in doctor
            campaign = campaign_of(terminal, 20)
            until(lambda: completed(terminal, campaign), what="the campaign's end")
            page = until(lambda: (shown := shown_by_flower(terminal)) * (">send<" in shown), what="a queue")
            assert f"sentinel://127.0.0.1:{watched.sentinels[0].port}/3" in page
            logs = (folder / ".mms" / "logs").glob("*.log")
            said = [doctor, page, terminal.said(), *(log.read_text() for log in logs)]
            assert not any(word in text for word in (password, quote(password, safe="")) for text in said)
        finally:
            terminal.end()
