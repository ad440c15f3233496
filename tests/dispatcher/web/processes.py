"""The web process as `python -m dispatcher.web` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx


def start(ended: list[subprocess.Popen[bytes]], log: Path, **settings: object) -> subprocess.Popen[bytes]:
    """Start it with these settings and no others; it is ended with the test."""
    variables = {f"MMS_{name.upper()}": str(value) for name, value in settings.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dispatcher.web"], env=inherited | variables, stdout=out, stderr=out
        )
    ended.append(process)
    return process


def wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when it answers that it can work."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", trust_env=False, verify=False).status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise AssertionError("the web process did not start")
