"""A CarrierX of our own, for tests, the demo and trying out: the contract over HTTP, faults on demand."""

from dispatcher.carrierx.simulator.faults import DEMO, Faults
from dispatcher.carrierx.simulator.handle import Received, SimulatorHandle
from dispatcher.carrierx.simulator.running import running_simulator, simulator_process

__all__ = ["DEMO", "Faults", "Received", "SimulatorHandle", "running_simulator", "simulator_process"]
