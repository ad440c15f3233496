"""CarrierX as a command reaches it: live with the token, or the simulator of the stack that runs here."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import SecretStr

from dispatcher.carrierx.client import CarrierX
from dispatcher.cli.shell.context import config_of_any_ledger
from dispatcher.errors import ConfigError
from dispatcher.pipeline.runtime.runtime import make_client
from dispatcher.settings import CARRIERX_API, Settings
from dispatcher.stack.run_directory import published
from dispatcher.stack.simulator_service import TOKEN


class Reached(NamedTuple):
    """A client, and the settings it was made of."""

    client: CarrierX
    config: Settings


def reach_carrierx(known: Settings | None = None) -> Reached:
    """The client of this installation's CarrierX. A simulated ledger never reaches the live one.

    `known`: the settings with the ledger's mode, from whom has looked at it.

    Raises:
        ConfigError: there is no token, or no simulator runs here.
    """
    config = known or config_of_any_ledger()
    if config.simulate:
        config = _towards_simulator(config)
    client = make_client(config)
    if client is None:
        raise ConfigError("MMS_CARRIERX_TOKEN is not set", hint="set it to a token with scope sms.create")
    return Reached(client, config)


def _towards_simulator(config: Settings) -> Settings:
    running = published(config.data_dir)
    if running is not None and running.mode == "simulate":
        found = {"carrierx_url": running.carrierx_url, "carrierx_token": SecretStr(TOKEN)}
        return config.model_copy(update=found)
    if config.carrierx_url == CARRIERX_API:
        raise ConfigError(
            "this ledger is simulated, and no simulator is known",
            hint="start `mms up --simulate` in this folder, or set MMS_CARRIERX_URL to a simulator's address",
        )
    return config
