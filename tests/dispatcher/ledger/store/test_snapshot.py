"""A copy of a server is of one moment, and nobody who claims has anything to do with who reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.errors import StoreRefused, StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.snapshot import read_snapshot
from tests.factories import add_campaign, claim, make_batch, make_claim, take
from tests.stack import until
from tests.tls import AUTHORITY, tls_in_front_of
from tests.valkey import ValkeyServer, running_valkey

pytestmark = pytest.mark.slow

QUICK = ("--repl-diskless-sync-delay", "0")
#: What docs/redis.md gives to a user that takes copies.
RIGHTS = (
    "~mms:*",
    "-@all",
    "+@read",
    "+@connection",
    "+@transaction",
    "+info",
    "+time",
    "+sync",
    "+replconf",
)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server of this test's own."""
    with running_valkey(tmp_path / "source", *QUICK) as server:
        yield server


def loaded(data: bytes, folder: Path) -> dict[bytes, bytes | None]:
    """All strings of a copy, by a server that loads it."""
    folder.mkdir()
    (folder / "dump.rdb").write_bytes(data)
    with running_valkey(folder, "--appendonly", "no") as server, redis_py.Redis.from_url(server.url) as there:
        return {key: there.get(key) for key in there.scan_iter()}


def test_a_copy_holds_what_was_there_when_it_began_and_nothing_of_what_came_later(
    source: ValkeyServer, tmp_path: Path
) -> None:
    with client(source.url) as connected:
        kept = {f"key:{number}".encode(): b"x" * 50_000 for number in range(400)}
        connected.mset(kept)
        chunks = read_snapshot(connected)
        begun = [next(chunk for chunk in chunks if chunk)]
        connected.set("later", "1")
        assert loaded(b"".join([*begun, *chunks]), tmp_path / "copy") == kept


@pytest.mark.parametrize("how", [(), ("--repl-diskless-sync", "no")], ids=["by its mark", "by its length"])
def test_the_end_of_a_copy_is_known_whichever_way_the_server_tells_it(
    tmp_path: Path, how: tuple[str, ...]
) -> None:
    with running_valkey(tmp_path / "server", *QUICK, *how) as server, client(server.url) as connected:
        connected.set("key", "value")
        data = b"".join(read_snapshot(connected))
        assert connected.ping()
    assert loaded(data, tmp_path / "copy") == {b"key": b"value"}


def test_claims_are_granted_while_a_copy_is_read_and_nobody_counts_its_reader(source: ValkeyServer) -> None:
    with client(source.url) as connected:
        ledger = Ledger(connected)
        add_campaign(ledger, make_batch(1, 1, 1))
        connected.mset({f"mms:filler:{number}": b"x" * 50_000 for number in range(400)})
        taken, now_ms = take(ledger), ledger.agenda.now_ms()
        chunks = read_snapshot(connected)
        next(chunk for chunk in chunks if chunk)
        assert connected.info("replication")["connected_slaves"] == 1
        connected.connection_pool.disconnect(inuse_connections=False)  # so that it is looked at anew
        assert claim(ledger, taken.hold, make_claim(taken), now_ms=now_ms).word == "go"
        assert ledger.readiness.replicas()[:2] == (0, 0)
        for _ in chunks:
            continue
        until(lambda: connected.info("replication")["connected_slaves"] == 0)
        assert claim(ledger, taken.hold, make_claim(taken, 1, name=1), now_ms=now_ms).word == "go"
        assert ledger.readiness.replicas()[:2] == (0, 0)


def test_a_server_that_ends_meanwhile_leaves_no_copy(source: ValkeyServer) -> None:
    with client(source.url) as connected:
        connected.mset({f"key:{number}": b"x" * 50_000 for number in range(400)})
        chunks = read_snapshot(connected)
        next(chunk for chunk in chunks if chunk)
        source.kill()
        with pytest.raises(StoreUnavailable, match="before it was whole"):
            list(chunks)


def test_a_user_without_the_right_is_told_which_it_needs_and_one_with_the_documented_ones_gets_a_copy(
    source: ValkeyServer, repository: Path
) -> None:
    text = (repository / "docs/redis.md").read_text("utf-8")
    (line,) = re.findall(r"^ACL SETUSER mms-copies on >PASSWORD (.*)$", text, re.MULTILINE)
    rights = {
        "copier": line,
        "reader": line.replace("+sync +replconf", ""),
        "half": line.replace("+replconf", ""),
    }
    with client(source.url) as connected:
        for name, allowed in rights.items():
            connected.execute_command("ACL", "SETUSER", name, "on", ">secret", *allowed.split())
        for name in ("reader", "half"):
            with (
                client(source.url.replace("//", f"//{name}:secret@")) as limited,
                pytest.raises(StoreRefused) as refused,
            ):
                list(read_snapshot(limited))
            assert "+sync" in refused.value.hint
        with client(source.url.replace("//", "//copier:secret@")) as copier:
            assert b"".join(read_snapshot(copier)).startswith(b"REDIS")


def test_a_replica_without_its_primary_gives_no_copy(source: ValkeyServer) -> None:
    with client(source.url) as connected:
        connected.replicaof("127.0.0.1", 1)
        with pytest.raises(StoreRefused, match="SYNC"):
            list(read_snapshot(connected))


def test_a_copy_comes_through_tls(source: ValkeyServer) -> None:
    with tls_in_front_of(source.port) as port:
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={AUTHORITY}"
        with client(url) as connected:
            connected.set("key", "value")
            assert b"".join(read_snapshot(connected)).startswith(b"REDIS")
