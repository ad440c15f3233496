"""The README as a newcomer follows it: its steps in their order on a stack of their own, and what it says of faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.ledger.installation.installation import prepare
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.launch import running_simulator
from tests.documents.shown import TOP, commands, is_shown, section, sessions
from tests.stack import Terminal

pytestmark = pytest.mark.slow

README = TOP / "README.md"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """An empty folder."""
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.end()


@pytest.fixture
def carrierx(terminal: Terminal) -> Iterator[SimulatorHandle]:
    """The account of the reader, on this machine."""
    with running_simulator(callback_url=terminal.callback_url) as handle:
        terminal.environment["MMS_CARRIERX_URL"] = handle.url
        yield handle


def follow(terminal: Terminal, lines: list[str], given: dict[str, str]) -> list[str]:
    """Type each line; answers what each said. `X=…` gets the reader's own value, `ID` the campaign last made."""
    said, campaign = [""], ""
    for line in lines:
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            assert "…" in value
            terminal.environment[name] = given.pop(name)
        elif line == "mms up":
            terminal.up()
        else:
            answer = terminal.typed(line.replace("ID", campaign))
            assert answer.returncode == 0, f"{line}\n{answer.stdout}{answer.stderr}"
            said.append(answer.stdout)
            if " submit " in line:
                campaign = answer.stdout.splitlines()[0]
    return said


def test_the_steps_to_the_first_real_campaign_work_in_their_order(
    terminal: Terminal, carrierx: SimulatorHandle
) -> None:
    lines = commands(section(README, "The first real campaign"))
    assert lines.pop(0) == "source .venv/bin/activate"  # the environment of these tests
    given = {
        "MMS_CARRIERX_TOKEN": carrierx.token,
        "MMS_PUBLIC_URL": f"http://127.0.0.1:{terminal.web_port}",
    }
    said = follow(terminal, lines, given)
    assert given == {}, "each variable is set in a step"
    assert lines.index("mms doctor --from 15162065575") < lines.index("mms up")
    assert "Ann" in said[-1]
    (message,) = carrierx.received().messages
    assert message["to"] == ["15162065574"]


def test_what_it_says_of_faults_is_what_is_said(
    terminal: Terminal, redis: redis_py.Redis, valkey_url: str, tmp_path: Path
) -> None:
    shown = list(sessions(section(README, "When something goes wrong")))
    assert [command for command, _ in shown] == [
        "mms campaign list",
        "mms campaign check campaigns/demo.csv --from 15162065575",
        "mms up",
    ]
    (tmp_path / "campaigns").symlink_to(TOP / "campaigns")
    for command, output in shown:
        if command == "mms up":  # in the folder of a simulation
            terminal.environment |= {"MMS_REDIS_URL": valkey_url, "MMS_CARRIERX_TOKEN": "a-token"}
            prepare(redis, load_settings(redis_url=valkey_url, data_dir=tmp_path, simulate=True))
        answer = terminal.typed(f"{command} 2>&1")
        assert answer.returncode == 2
        assert is_shown(output, answer.stdout), answer.stdout


def test_its_first_commands_are_targets_and_its_map_is_of_folders_that_exist() -> None:
    for line in commands(section(README, "Try it")):
        assert re.search(
            rf"^{line.removeprefix('make ')}:", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE
        )
    rows = re.findall(r"^\| `(\S+)`(?:, `(\S+)`)? \|", README.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 8
    assert all((TOP / name).exists() for row in rows for name in row if name)
