"""What the tests of media share: a server, and a list that lets it be asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dispatcher.media.addresses import AllowList
from tests.dispatcher.media.server import MediaServer, running_media_server


@pytest.fixture
def server() -> Iterator[MediaServer]:
    """A web server on this machine."""
    with running_media_server() as running:
        yield running


@pytest.fixture
def here() -> AllowList:
    """Lets the tests' server be asked, and nothing else of what is private."""
    return AllowList("127.0.0.1")
