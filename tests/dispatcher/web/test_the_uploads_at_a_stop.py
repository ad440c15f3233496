"""A file that is being checked when the server is stopped: its caller is told, its process ended, nobody waited for."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import httpx
import psutil
import pytest
from redis import Redis

from tests.dispatcher.roster.workbooks import HEAD, packed, parts
from tests.dispatcher.web.conftest import TOKEN
from tests.dispatcher.web.processes import start, wait_until_ready
from tests.stack import until
from tests.valkey import free_port

pytestmark = pytest.mark.slow

CSV = b"to,name\n" + b"".join(b"1212555%04d,Ann\n" % last for last in range(10_000)) * 8
SHEET = packed(parts(HEAD + '<row><c r="A2"><v>1</v></c></row>' * 300_000))


def reader_of(server: subprocess.Popen[bytes], module: str) -> psutil.Process | None:
    """The process that reads a file for this server."""
    for child in psutil.Process(server.pid).children():
        try:
            if module in child.cmdline():
                return child
        except psutil.NoSuchProcess:
            continue
    return None


@pytest.mark.parametrize(
    ("name", "content", "module"),
    [
        ("rows.csv", CSV, "dispatcher.pipeline.preflight._apart_process"),
        ("rows.xlsx", SHEET, "dispatcher.roster.excel"),
    ],
    ids=["a large file", "a workbook"],
)
def test_a_reader_ends_when_the_server_is_stopped_and_its_caller_is_told(
    ended: list[subprocess.Popen[bytes]],
    redis: Redis,
    valkey_url: str,
    tmp_path: Path,
    name: str,
    content: bytes,
    module: str,
) -> None:
    port = free_port()
    server = start(
        ended,
        tmp_path / "log",
        redis_url=valkey_url,
        data_dir=tmp_path,
        simulate=1,
        admin_token=TOKEN,
        web_port=port,
    )
    wait_until_ready(f"http://127.0.0.1:{port}", server)
    answers: list[httpx.Response] = []

    def upload() -> None:
        answers.append(
            httpx.post(
                f"http://127.0.0.1:{port}/api/v1/campaigns",
                headers={"authorization": f"Bearer {TOKEN}"},
                data={"from": "12125550100", "message": "Hi"},
                files={"file": (name, content)},
                timeout=60,
                trust_env=False,
            )
        )

    caller = threading.Thread(target=upload)
    caller.start()
    reader = until(lambda: reader_of(server, module), what="the reader")
    reader.suspend()  # it will never end by itself, nor see that its parent did
    server.send_signal(signal.SIGTERM)
    caller.join(60)
    assert server.wait(60) == 0
    assert not reader.is_running()
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "stopping")]
    assert "Traceback" not in (tmp_path / "log").read_text()
