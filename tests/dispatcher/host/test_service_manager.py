"""What systemd hears: a datagram with a line for each state, where it said that it listens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.host.service_manager import ask_for_time, tell_service_manager


@pytest.fixture(params=["{}/notify", "@{}/notify"], ids=["file", "abstract"])
def heard(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """What a service manager hears at that address."""
    address = str(request.param).format(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0", 1))
        listening.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield listening


def test_it_hears_that_we_are_ready_and_that_something_takes_time(heard: socket.socket) -> None:
    tell_service_manager("READY=1", "STATUS=ready")
    ask_for_time("starting")
    assert heard.recv(1000) == b"READY=1\nSTATUS=ready"
    assert heard.recv(1000) == b"EXTEND_TIMEOUT_USEC=30000000\nSTATUS=starting"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell_service_manager("READY=1")
