"""docs/backup.md as somebody follows it: the nightly copy of a ledger that sends, the drill, the day of the loss."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatcher.simulator.client import SimulatorHandle
from tests.documents.shown import TOP, Block, commands, section
from tests.stack import STOP_SECONDS, Terminal, live_terminal, until
from tests.standin import number

pytestmark = pytest.mark.slow

PAGE = TOP / "docs" / "backup.md"
ROWS = 200


@pytest.fixture
def terminal(tmp_path: Path, simulator: SimulatorHandle) -> Iterator[Terminal]:
    """A live installation at a CarrierX on this machine, that looks quickly for what is unconfirmed."""
    terminal = live_terminal(tmp_path, simulator)
    yield terminal
    terminal.end()


def submitted(terminal: Terminal) -> str:
    """A campaign that takes forty seconds, long beside the commands of the page; its id."""
    path = terminal.folder / "spring.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["phone"], *([number(index)] for index in range(ROWS))])
    line = "mms campaign submit spring.csv --from 15162065575 --message Hi --quiet-hours off --rate 5/s --yes"
    done = terminal.typed(line)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def follow(terminal: Terminal, found: list[Block]) -> list[str]:
    """Type each line; what each said."""
    said = []
    for line in commands(found):
        answer = terminal.typed(line)
        assert answer.returncode == 0, f"{line}\n{answer.stdout}{answer.stderr}"
        said.append(answer.stdout)
    return said


def counts(said: str) -> tuple[str, ...]:
    """What a backup or a restore says of how much is in the copy."""
    (found,) = re.findall(r": (\d+ rows?) of (\d+ campaigns?), (\d+ opt-outs?), ", said)
    return tuple(found)


@pytest.mark.timeout(300)
def test_a_copy_of_a_ledger_that_sends_is_drilled_and_put_back_and_nothing_goes_twice(
    terminal: Terminal, simulator: SimulatorHandle
) -> None:
    terminal.up()
    campaign = submitted(terminal)
    until(lambda: simulator.received(messages=False).taken > ROWS / 20, 60, "a twentieth")
    *_, by_time, by_name = follow(terminal, section(PAGE, "Every night"))
    assert counts(by_time) == counts(by_name) == (f"{ROWS} rows", "1 campaign", "0 opt-outs")
    taken = simulator.received(messages=False).taken
    until(lambda: simulator.received(messages=False).taken > taken, 60, "one that the copy does not know")
    assert "mms_last_backup_timestamp_seconds" in terminal.web("/metrics").text

    drilled, _ = follow(terminal, section(PAGE, "The drill"))
    assert counts(drilled) == counts(by_name)
    refused = terminal.typed("mms restore copies/tonight.zip --replace")
    assert (refused.returncode, "already runs" in refused.stderr) == (2, True)

    assert terminal.up_process is not None
    terminal.up_process.terminate()
    terminal.up_process.wait(STOP_SECONDS)
    sent = simulator.received(messages=False).taken
    assert sent < ROWS
    loss = [block for block in section(PAGE, "After a loss") if block.language == "sh"]
    put_back, recover = loss
    (said,) = follow(terminal, [put_back])
    assert "is in " in said
    terminal.up()
    assert "ATTENTION: the ledger was put back" in terminal.said()
    doctor = terminal.mms("doctor")
    assert (doctor.returncode, "mms recover" in doctor.stdout) == (1, True)
    assert simulator.received(messages=False).taken == sent

    follow(terminal, [recover])
    assert terminal.mms("limits", "set", f"campaign:{campaign}", "--rate", "500/s").returncode == 0

    def state() -> Any:
        return terminal.web(f"/api/v1/campaigns/{campaign}").json()["state"]

    until(lambda: state() == "completed", 150, "the campaign's end")
    received = simulator.received(messages=False)
    assert received.repeated == []
    assert {number(index) for index in range(ROWS)} == set(received.numbers)
