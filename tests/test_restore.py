"""A data folder is copied in mid-campaign and put back later, with the real store and real processes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.ledger.store import keys
from dispatcher.simulator.client import SimulatorHandle
from tests.stack import STOP_SECONDS, Terminal, live_terminal, until
from tests.standin import number

pytestmark = pytest.mark.slow

ROWS = 400
SENDER = "15162065575"


@pytest.fixture
def terminal(tmp_path: Path, simulator: SimulatorHandle) -> Iterator[Terminal]:
    """A live installation at that CarrierX."""
    terminal = live_terminal(tmp_path, simulator)
    yield terminal
    terminal.end()


def submitted(terminal: Terminal) -> str:
    """A campaign that takes 20 s, long beside how long a stack takes to stop; its id."""
    path = terminal.folder / "spring.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["phone"], *([number(index)] for index in range(ROWS))])
    done = terminal.mms(
        *("campaign", "submit", str(path), "--from", SENDER, "--message", "Hi", "--quiet-hours", "off"),
        *("--rate", "20/s", "--yes"),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def shown(terminal: Terminal, campaign_id: str) -> dict[str, Any]:
    """The campaign as the API has it."""
    found: dict[str, Any] = terminal.web(f"/api/v1/campaigns/{campaign_id}").json()
    return found


def stop(terminal: Terminal) -> None:
    """Ctrl-C, and wait."""
    assert terminal.up_process is not None
    terminal.up_process.terminate()
    terminal.up_process.wait(STOP_SECONDS)


def ticks(terminal: Terminal) -> int:
    """How often the control worker looked at the agenda."""
    address = (terminal.folder / ".mms" / "valkey" / "address").read_text().strip()
    with redis_py.Redis.from_url(address) as client:
        return int(client.hget(keys.TICKS, "n") or 0)


def copied(folder: Path, to: Path) -> None:
    """As `cp -a` copies a folder that is in use: what vanishes meanwhile is not there."""
    try:
        shutil.copytree(folder, to)
    except shutil.Error:
        assert (to / "valkey" / "appendonlydir").is_dir()


def cut(folder: Path, bytes_: int) -> None:
    """Cut so much off the store's append-only file."""
    file = max(
        (folder / "valkey" / "appendonlydir").glob("*.incr.aof"), key=lambda file: file.stat().st_mtime
    )
    with file.open("rb+") as out:
        out.truncate(file.stat().st_size - bytes_)


@pytest.mark.timeout(300)
def test_a_store_whose_end_is_cut_off_sends_nothing_until_it_is_recovered(
    terminal: Terminal, simulator: SimulatorHandle, tmp_path: Path
) -> None:
    terminal.up()
    campaign_id = submitted(terminal)
    until(lambda: simulator.received(messages=False).taken > ROWS / 20, 60, "a twentieth")
    for process in terminal.processes():  # a power cut, with a disk that lies about its syncs
        process.kill()
    until(lambda: not terminal.processes(), 30, "everything's end")
    cut(tmp_path / ".mms", 3_000)
    sent = simulator.received(messages=False).taken

    terminal.up()
    assert "`mms recover`" in terminal.said()
    before = ticks(terminal)
    until(lambda: ticks(terminal) > before + 2, 60, "three ticks")
    assert simulator.received(messages=False).taken == sent
    assert "mms recover" in str(shown(terminal, campaign_id)["reason"])
    assert json.loads(terminal.mms("recover", "--json").stdout)["done"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", [".", "valkey"])
def test_an_older_copy_that_is_put_back_sends_nothing_twice_and_the_campaign_ends(
    terminal: Terminal, simulator: SimulatorHandle, tmp_path: Path, what: str
) -> None:
    folder, copy = tmp_path / ".mms" / what, tmp_path / "copy"
    terminal.up()
    campaign_id = submitted(terminal)
    until(lambda: simulator.received(messages=False).taken > ROWS / 8, 60, "an eighth")
    copied(folder, copy)
    until(lambda: simulator.received(messages=False).taken > ROWS / 4, 60, "a quarter")
    stop(terminal)
    sent = simulator.received(messages=False).taken
    assert sent < ROWS
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)

    terminal.up()
    assert "`mms recover`" in terminal.said()
    before = ticks(terminal)
    until(lambda: ticks(terminal) > before + 2, 60, "three ticks")
    assert simulator.received(messages=False).taken == sent
    doctor = terminal.mms("doctor")
    assert doctor.returncode == 1
    assert "mms recover" in doctor.stdout
    assert "mms recover" in str(shown(terminal, campaign_id)["reason"])

    done = terminal.mms("recover", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["done"]
    assert sent - result["listed"] == 0
    assert 0 < result["found"] < sent
    assert terminal.mms("limits", "set", f"campaign:{campaign_id}", "--rate", "500/s").returncode == 0
    until(lambda: shown(terminal, campaign_id)["state"] == "completed", 150, "the campaign's end")
    received = simulator.received(messages=False)
    assert received.repeated == []
    assert {number(index) for index in range(ROWS)} == set(received.numbers)
    audit = terminal.mms("campaign", "audit", campaign_id)
    assert audit.returncode == 0, audit.stdout
    assert terminal.mms("recover").stdout.startswith("nothing to recover")
