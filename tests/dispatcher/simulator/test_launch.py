"""The ways to run it, and its own API."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from dispatcher.carrierx.client import CarrierX
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import DEMO, Faults
from dispatcher.simulator.launch import running_simulator, simulator_process
from tests.dispatcher.carrierx.stub import NUMBER, OTHER, SENDER, outgoing
from tests.dispatcher.simulator.receiver import Receiver

COMMAND = "import typer; from dispatcher.cli.commands.simulator import simulator; typer.run(simulator)"


def test_received_counts_numbers_by_user_data(client: CarrierX, simulator: SimulatorHandle) -> None:
    client.send(outgoing(user_data="a"))
    client.send(outgoing(user_data="a"))
    client.send(outgoing(to=(NUMBER, OTHER), user_data="b"))
    received = simulator.received()
    assert received.numbers == {NUMBER: {"a": 2, "b": 1}, OTHER: {"b": 1}}
    assert (received.taken, received.repeated, received.answers) == (3, [NUMBER], {"200": 3})
    assert received.messages[2]["to"] == [NUMBER, OTHER]


def test_clear_received_forgets_everything(client: CarrierX, simulator: SimulatorHandle) -> None:
    sid = client.send(outgoing()).message_sid
    simulator.clear_received()
    assert simulator.received().taken == 0
    assert client.get_message(sid) is None
    simulator.wait_for_callbacks()


def test_an_inbound_message_reaches_the_numbers_callback(
    simulator: SimulatorHandle, receiver: Receiver
) -> None:
    answer = simulator.inbound(from_=NUMBER, to=SENDER, message="STOP")
    assert answer["answered"] == 200
    (body,) = receiver.bodies
    assert (body["direction"], body["status"], body["from"], body["to"], body["message"]) == (
        "inbound", "received", NUMBER, SENDER, "STOP",
    )  # fmt: skip
    assert body["message_sid"] == answer["message_sid"]


def test_an_inbound_message_without_numbers_is_refused(simulator: SimulatorHandle) -> None:
    with pytest.raises(requests.HTTPError):
        simulator.inbound(message="STOP")


def test_its_own_api_needs_the_token(simulator: SimulatorHandle) -> None:
    assert requests.get(f"{simulator.url}/_simulator/received", timeout=60).status_code == 401


@pytest.mark.slow
def test_it_runs_in_a_process_of_its_own() -> None:
    with simulator_process(Faults(seed=3), token="other") as simulator:
        assert simulator.faults() == Faults(seed=3)
        CarrierX(simulator.url, "other").send(outgoing())
        assert simulator.received().times(NUMBER) == 1
    with pytest.raises(requests.ConnectionError):
        simulator.received()


def test_a_taken_port_is_an_error_where_it_is_started() -> None:
    with running_simulator() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), running_simulator(port=port):
            pass


@pytest.fixture
def command() -> Iterator[subprocess.Popen[str]]:
    options = ["--json", "--token", "T", "--fail-share", "0.5", "--fault", "slow_share=0.1", "--seed", "9"]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *options], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_first_and_stops_cleanly(
    command: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert command.stdout is not None
    said = json.loads(command.stdout.readline())
    simulator = SimulatorHandle(said["url"], said["token"])
    assert simulator.faults() == DEMO.model_copy(update={"fail_share": 0.5, "slow_share": 0.1, "seed": 9})
    command.send_signal(number)
    assert command.wait(60) == 0
