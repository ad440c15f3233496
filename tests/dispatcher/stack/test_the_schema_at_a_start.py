"""`mms up` on a ledger of an older schema, and on one that lets in newer programs only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import FIRST, SCHEMA, read_schema
from tests.stack import STOP_SECONDS, Terminal, until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

STAMP = {"made_at": "1", "mode": "simulate", "api": "simulator"}


@pytest.fixture
def terminal(tmp_path: Path, server: ValkeyServer) -> Iterator[Terminal]:
    """A folder whose ledger is on that server."""
    terminal = Terminal(tmp_path, MMS_REDIS_URL=server.url)
    yield terminal
    terminal.end()


def test_a_ledger_of_the_first_schema_is_brought_forward_and_mms_up_says_so(
    terminal: Terminal, server: ValkeyServer
) -> None:
    with redis_py.Redis.from_url(server.url) as client:
        client.hset(keys.STAMP, mapping=dict(STAMP))
        client.rpush(keys.SET_ASIDE, "{}")
        terminal.up("--simulate")
        assert f"the ledger is of schema {FIRST} and is brought to {FIRST + 1}, in which" in terminal.said()
        until(lambda: read_schema(client).version == SCHEMA)
        assert client.exists(keys.SET_ASIDE) == 0
    found = terminal.mms("doctor")
    assert f"schema: the ledger is of schema {SCHEMA}, started on last by mms " in found.stdout


def test_a_ledger_that_lets_in_newer_programs_only_starts_nothing(
    terminal: Terminal, server: ValkeyServer
) -> None:
    with redis_py.Redis.from_url(server.url) as client:
        client.hset(keys.STAMP, mapping={**STAMP, "schema": SCHEMA + 1, "needs": SCHEMA + 1})
        process = terminal.begin_up("--simulate")
        assert process.wait(STOP_SECONDS) == 2
        assert f"lets in programs of schema {SCHEMA + 1} or later" in terminal.said()
        shown = terminal.mms("campaign", "list")
        assert shown.returncode == 2
        assert "docs/operations.md, Upgrade" in shown.stderr
        assert client.keys("*") == [keys.STAMP.encode()]
