"""A server that looks at a copy is nobody else's, and ends with whoever looks, however that is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dispatcher.errors import InputError
from dispatcher.pipeline.backup._throwaway import scratch_folder, throwaway_server, told_of_disk
from tests.stack import until

pytestmark = pytest.mark.slow

LOOKER = """
import sys, time
from pathlib import Path
from dispatcher.pipeline.backup._throwaway import throwaway_server
with throwaway_server(Path(sys.argv[1]), 0, appendonly="no") as server:
    print(server.info("server")["process_id"], flush=True)
    time.sleep(600)
"""


def test_it_ends_when_whoever_looks_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LOOKER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as looker:
        assert looker.stdout is not None
        server = psutil.Process(int(looker.stdout.readline()))
        assert server.name() == "valkey-server"
        looker.kill()
    until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, 20, "the server's end")


def test_it_listens_on_no_port_and_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        with throwaway_server(folder, 3, appendonly="no") as server:
            process = psutil.Process(server.info("server")["process_id"])
            assert int(server.info("server")["tcp_port"]) == 0
            server.set("key", "value")
            assert server.info("keyspace").keys() == {"db3"}
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No space left"), told_of_disk(tmp_path):
        raise OSError(28, "No space left on device")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="takes no folder"), scratch_folder(tmp_path / "file"):
        pass
