"""A simulated ledger, a simulated CarrierX, and `mms` commands on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.carrierx.simulator.running import running_simulator
from dispatcher.ledger.installation import prepare
from dispatcher.settings import load_settings
from tests.dispatcher.cli.commands import Mms


@pytest.fixture
def simulator() -> Iterator[SimulatorHandle]:
    """A CarrierX that answers at once and calls nobody back."""
    with running_simulator() as handle:
        yield handle


@pytest.fixture
def mms(redis: redis_py.Redis, valkey_url: str, simulator: SimulatorHandle, tmp_path: Path) -> Mms:
    """Commands on a simulated ledger that is stamped and empty."""
    environment = {
        "MMS_REDIS_URL": valkey_url,
        "MMS_DATA_DIR": str(tmp_path / "data"),
        "MMS_CARRIERX_URL": simulator.url,
        "MMS_CARRIERX_TOKEN": simulator.token,
        "MMS_SIMULATE": "true",
        "COLUMNS": "200",
    }
    prepare(redis, load_settings(redis_url=valkey_url, data_dir=tmp_path / "data", simulate=True))
    return Mms(**environment)
