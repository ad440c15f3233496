"""A simulated ledger, a simulated CarrierX, and `mms` commands on both."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.ledger.installation.installation import Installation, prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET
from tests.mms import Mms


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


@pytest.fixture
def runtime(ledger: Ledger, simulator: SimulatorHandle, tmp_path: Path) -> Iterator[Runtime]:
    """A worker's view of the same ledger."""
    chosen = load_settings(
        simulate=True,
        carrierx_url=simulator.url,
        carrierx_token=simulator.token,
        data_dir=tmp_path / "data",
        in_flight=8,
    )
    installation = Installation("key", (SECRET,), "admin", False, "simulate")
    with ThreadPoolExecutor(chosen.in_flight) as pool:
        yield Runtime(ledger, chosen, installation, make_client(chosen), pool)
