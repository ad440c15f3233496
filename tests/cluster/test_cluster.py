"""The kit itself, in short: failovers of three kinds that must break nothing, and a planted fault that must be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cluster.inside import missing
from tests.rabbitmq import require_rabbitmq
from tests.stack import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]
REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def hosts() -> None:
    """Skip where no hosts can be made; in CI they have to be."""
    if why := missing():
        assert not os.environ.get("CI"), f"CI needs hosts of its own: {why}"
        pytest.skip(why)
    require_rabbitmq()


def torment(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The kit, run to its end."""
    command = [sys.executable, "-m", "tests.cluster", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=400, check=False)


def sleepers(seconds: str) -> list[psutil.Process]:
    """All processes that sleep for exactly so long."""
    return [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", seconds]]


def test_a_kit_that_is_killed_leaves_nothing_behind() -> None:
    seconds = f"{1000 + os.getpid() / 100_000_000:.8f}"
    program = f"""
import subprocess
from tests.cluster.inside import enclosed
subprocess.run(enclosed("sleep", "{seconds}"))
"""
    kit = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY)
    until(lambda: sleepers(seconds), what="what runs inside")
    kit.kill()
    kit.wait()
    until(lambda: not sleepers(seconds), what="its end")


@pytest.mark.timeout(420)
def test_the_ledger_moves_to_another_host_and_no_promise_is_broken() -> None:
    done = torment("--seed", "13", "--runs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| **broken promises** | **0** |" in done.stdout
    assert "`clean failover` · `primary killed` | 1 · 1" in done.stdout


@pytest.mark.timeout(420)
def test_claims_that_no_replica_confirms_are_seen() -> None:
    done = torment("--seed", "3", "--runs", "1", "--plant", "unconfirmed")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "C2 broken" in done.stdout
