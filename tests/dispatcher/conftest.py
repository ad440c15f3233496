"""What the tests of several parts share: a web server with media."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dispatcher.media.server import MediaServer, running_media_server


@pytest.fixture
def media_server() -> Iterator[MediaServer]:
    """A web server on this machine."""
    with running_media_server() as running:
        yield running
