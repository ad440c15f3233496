"""What the tests of media share: a list that lets their server be asked."""

from __future__ import annotations

import pytest

from dispatcher.media.resolver import AllowList


@pytest.fixture
def here() -> AllowList:
    """Lets the tests' server be asked, and nothing else of what is private."""
    return AllowList("127.0.0.1")
