"""A stand-in server that says exactly what a test tells it to, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dispatcher.carrierx.stub import StubServer


@pytest.fixture
def stub() -> Iterator[StubServer]:
    server = StubServer()
    yield server
    server.close()
