"""A RabbitMQ of one's own under a whole dispatcher: it is killed in mid-campaign, and comes back."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.rabbitmq import LOGIN, PASSWORD, RabbitServer
from tests.stack import ADMIN_TOKEN, Terminal, until
from tests.standin import StandIn, number, terminal_of
from tests.test_end_to_end import submit_arguments, write_campaign

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rabbitmq")]

ROWS, RATE = 1_500, "150/s"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A CarrierX that answers."""
    with StandIn() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, stand_in: StandIn, rabbitmq: RabbitServer) -> Iterator[Terminal]:
    """A person's terminal whose dispatcher has its hints at RabbitMQ."""
    own = {
        "MMS_BROKER_URL": rabbitmq.add_host("stack"),
        "MMS_BROKER_API": f"http://127.0.0.1:{rabbitmq.api_port}",
    }
    with terminal_of(tmp_path, stand_in, rate="5000/s", **own) as terminal:
        yield terminal


def doctor_of_broker(terminal: Terminal) -> list[str]:
    """What `mms doctor` says of the broker."""
    return [line for line in terminal.mms("doctor").stdout.splitlines() if " broker: " in line]


def workers(terminal: Terminal) -> set[int]:
    """The processes that work on queues, and those of their pools."""
    named = {"mms-send", "mms-ingest", "mms-helper"}
    return {process.pid for process in terminal.processes() if named & set(process.cmdline())}


def flower(terminal: Terminal, path: str) -> str:
    """A page of Flower."""
    answer = httpx.get(
        f"http://127.0.0.1:{terminal.flower_port}{path}",
        auth=("admin", ADMIN_TOKEN),
        timeout=30,
        trust_env=False,
    )
    assert answer.status_code == 200, path
    return answer.text


@pytest.mark.timeout(240)
def test_a_campaign_goes_on_by_itself_when_its_broker_is_back_and_nothing_goes_twice(
    terminal: Terminal, stand_in: StandIn, rabbitmq: RabbitServer, tmp_path: Path
) -> None:
    terminal.up()
    living = workers(terminal)
    _look_at_all_that_shows_it(terminal)
    submitted = terminal.mms(*submit_arguments(write_campaign(tmp_path, ROWS), "--rate", RATE))
    assert submitted.returncode == 0, submitted.stderr
    until(lambda: len(stand_in.taken) >= 200, 60, "the first messages")
    rabbitmq.sync()
    rabbitmq.kill()
    before = len(stand_in.taken)
    until(lambda: len(stand_in.taken) > before, 30, "a message of what is at hand")
    [said] = doctor_of_broker(terminal)
    assert said.startswith("bad")
    assert "RabbitMQ (127.0.0.1:" in said
    began = time.monotonic()
    assert terminal.mms("campaign", "list").returncode == 0
    assert terminal.web("/readyz").status_code == 200
    assert time.monotonic() - began < 20, "nobody waits for it"
    rabbitmq.start()
    until(lambda: len(stand_in.taken) >= ROWS, 90, "the last message")
    assert stand_in.numbers() == Counter({number(index): 1 for index in range(ROWS)})
    assert workers(terminal) == living
    assert [line.split()[0] for line in doctor_of_broker(terminal)] == ["ok"]
    seen = "".join(log.read_text(errors="replace") for log in (tmp_path / ".mms" / "logs").glob("*.log"))
    assert "Traceback" not in seen
    assert PASSWORD not in seen
    assert LOGIN not in seen


def _look_at_all_that_shows_it(terminal: Terminal) -> None:
    """Doctor, metrics, Flower, and Celery's own commands; none of them shows the login."""
    assert [line.split()[0] for line in doctor_of_broker(terminal)] == ["ok"]
    assert 'mms_queue_waiting{queue="send"}' in terminal.web("/metrics").text
    page = flower(terminal, "/broker")
    assert all(f">{queue}<" in page for queue in ("send", "control"))
    shown = page + flower(terminal, "/workers?refresh=True")
    said = terminal.typed(f"{sys.executable} -m celery -A tasks status --timeout 3")
    assert "5 nodes online" in said.stdout, said.stdout + said.stderr
    shown += said.stdout + said.stderr
    shown += " ".join(word for process in terminal.processes() for word in process.cmdline())
    assert PASSWORD not in shown
    assert LOGIN not in shown
