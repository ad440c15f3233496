"""What the tests of the verbs share: a simulated CarrierX over HTTP, and a process's runtime with short times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET

MakeRuntime = Callable[..., Runtime]


@pytest.fixture
def make_runtime(ledger: Ledger, simulator: SimulatorHandle, tmp_path: Path) -> Iterator[MakeRuntime]:
    """Makes runtimes on the tests' ledger and simulator; settings by name, fields of the runtime by `parts`."""
    pools = []

    def make(*, parts: dict[str, Any] | None = None, **settings: Any) -> Runtime:
        chosen = load_settings(
            **{
                "simulate": True,
                "carrierx_url": simulator.url,
                "carrierx_token": simulator.token,
                "data_dir": tmp_path,
                "in_flight": 16,
                "read_timeout": 2,
                "poll_rate": "500/s",
                **settings,
            }
        )
        pools.append(pool := ThreadPoolExecutor(chosen.in_flight))
        fields = {
            "ledger": ledger,
            "settings": chosen,
            "installation": Installation("key", (SECRET,), "admin", False, "simulate"),
            "api": make_client(chosen),
            "pool": pool,
        }
        return Runtime(**{**fields, **(parts or {})})

    yield make
    for pool in pools:
        pool.shutdown()


@pytest.fixture
def runtime(make_runtime: MakeRuntime) -> Runtime:
    """One such runtime."""
    return make_runtime()
