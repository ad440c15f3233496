"""The main job as its user runs it, against a CarrierX that shares no code with us."""

from __future__ import annotations

import csv
import io
import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.stack import ADMIN_TOKEN, STOP_SECONDS, Terminal, until
from tests.standin import TOKEN, StandIn, number, terminal_of

pytestmark = pytest.mark.slow

ROWS = 2_000
SENDER = "15162065575"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A CarrierX that nobody of the project wrote, as far as that can be."""
    with StandIn() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, stand_in: StandIn) -> Iterator[Terminal]:
    """A person's terminal with CarrierX's address, token and high rates in its environment."""
    with terminal_of(tmp_path, stand_in, rate="5000/s") as terminal:
        yield terminal


def write_campaign(folder: Path, rows: int) -> Path:
    """A campaign file with a name per row."""
    path = folder / "spring.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["phone", "first_name"])
        writer.writerows([number(index), f"Name{index}"] for index in range(rows))
    return path


def submit_arguments(path: Path, *more: str) -> list[str]:
    """The issue's own command."""
    arguments = ["campaign", "submit", str(path), "--from", SENDER, "--message", "Hi {{first_name}}"]
    arguments += [
        "--media",
        "https://media.example.com/spring.jpg",
        "--no-media-check",
        "--quiet-hours",
        "off",
    ]
    return [*arguments, "--yes", *more]


def report_of(terminal: Terminal, campaign_id: str) -> list[dict[str, str]]:
    """The report as a person gets it."""
    done = terminal.mms("campaign", "report", campaign_id)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.mark.timeout(480)
def test_a_csv_goes_in_and_every_recipient_is_delivered_once(
    terminal: Terminal, stand_in: StandIn, tmp_path: Path
) -> None:
    terminal.up()
    done = terminal.mms(*submit_arguments(write_campaign(tmp_path, ROWS), "--wait", "--json"), timeout=300)
    assert done.returncode == 0, done.stderr + terminal.said()
    campaign = json.loads(done.stdout)
    assert campaign["rows"] == ROWS
    assert sum(campaign["counts"].values()) == ROWS
    assert {campaign["counts"][state] for state in ("pending", "sending", "unconfirmed")} == {0}
    assert stand_in.numbers() == Counter({number(index): 1 for index in range(ROWS)})
    assert all(body["from"] == SENDER for body in stand_in.taken)

    def settled() -> bool:
        shown = terminal.web(f"/api/v1/campaigns/{campaign['id']}").json()
        return bool(shown["counts"]["delivered"] == ROWS)

    until(settled, 120, "every callback's effect")
    report = report_of(terminal, campaign["id"])
    assert [int(line["row"]) for line in report] == list(range(1, ROWS + 1))
    assert [line["number"] for line in report] == [number(index) for index in range(ROWS)]
    assert {line["state"] for line in report} == {"delivered"}
    assert {line["price"] for line in report} == {"0.01"}
    assert len({line["message_sid"] for line in report}) == ROWS
    assert report[7]["first_name"] == "Name7"
    flower_shows_batches_and_outcomes_and_no_number(terminal, campaign["id"])
    the_log_files_hold_no_number_and_no_token(terminal)


def flower_shows_batches_and_outcomes_and_no_number(terminal: Terminal, campaign_id: str) -> None:
    """Through Flower's own API: task names, kwargs, results."""
    address = f"http://127.0.0.1:{terminal.flower_port}/api/tasks"
    assert httpx.get(address).status_code == 401
    tasks = httpx.get(address, params={"limit": 5000}, auth=("admin", ADMIN_TOKEN)).json()
    sent = [task for task in tasks.values() if task["name"] == "send_batch" and campaign_id in task["kwargs"]]
    assert len({task["kwargs"] for task in sent}) == ROWS // 100
    assert any("queued" in (task["result"] or "") for task in sent)
    assert any(task["name"] == "ingest_callbacks" for task in tasks.values())
    assert not any(task["name"] == "tick" for task in tasks.values()), "a tick a second hides the batches"
    assert not [task["name"] for task in tasks.values() if task["state"] == "PENDING"]
    text = json.dumps(tasks)
    assert "1516206" not in text
    assert TOKEN not in text


def the_log_files_hold_no_number_and_no_token(terminal: Terminal) -> None:
    """Whatever the parts wrote."""
    for path in (terminal.folder / ".mms" / "logs").glob("*.log"):
        text = path.read_text(errors="replace")
        assert "1516206" not in text, path.name
        assert TOKEN not in text, path.name


@pytest.mark.timeout(300)
def test_up_stopped_in_the_middle_goes_on_where_it_was_and_leaves_no_process(
    terminal: Terminal, stand_in: StandIn, tmp_path: Path
) -> None:
    terminal.up()
    submitted = terminal.mms(*submit_arguments(write_campaign(tmp_path, 400), "--rate", "25/s"))
    campaign_id = submitted.stdout.strip()
    until(lambda: len(stand_in.taken) >= 50, 60, "the first messages")
    assert terminal.up_process is not None
    terminal.up_process.send_signal(signal.SIGTERM)
    assert terminal.up_process.wait(STOP_SECONDS) == 0, terminal.said()
    assert terminal.processes() == []
    assert len(stand_in.taken) < 400

    terminal.up()
    until(lambda: len(stand_in.taken) >= 250, 60, "more messages")
    terminal.up_process.kill()
    terminal.up_process.wait(STOP_SECONDS)

    terminal.up()
    watched = terminal.mms("campaign", "watch", campaign_id, timeout=90)
    assert watched.returncode == 0, watched.stderr
    assert stand_in.numbers() == Counter({number(index): 1 for index in range(400)})
    terminal.up_process.send_signal(signal.SIGTERM)
    assert terminal.up_process.wait(STOP_SECONDS) == 0
    assert terminal.processes() == []
