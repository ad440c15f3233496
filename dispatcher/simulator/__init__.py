"""A CarrierX of our own, for tests, the demo and trying out: the contract over HTTP, faults on demand."""

from dispatcher.simulator.client import Received, SimulatorHandle
from dispatcher.simulator.faults import DEMO, Faults
from dispatcher.simulator.launch import running_simulator, simulator_process

__all__ = ["DEMO", "Faults", "Received", "SimulatorHandle", "running_simulator", "simulator_process"]
