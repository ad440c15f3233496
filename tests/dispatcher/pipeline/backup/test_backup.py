"""A copy is taken while everything runs, is what it says, and is no file at all if it is not."""

from __future__ import annotations

import json
import stat
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import InputError, StoreUnavailable
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.snapshot import read_snapshot
from dispatcher.pipeline.backup import backup as backup_module
from dispatcher.pipeline.backup.archive import DATA, MANIFEST, extract, read_manifest
from dispatcher.pipeline.backup.backup import back_up
from dispatcher.settings import load_settings
from tests.factories import add_campaign, claim, make_batch, make_claim, take
from tests.sentinel import watched_servers
from tests.stack import until
from tests.valkey import ValkeyServer, running_valkey

pytestmark = pytest.mark.slow

QUICK = ("--repl-diskless-sync-delay", "0")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server with a ledger of three rows, one of them claimed, and a tick."""
    with running_valkey(tmp_path / "source", *QUICK) as server, client(server.url) as connected:
        prepare(connected, load_settings(redis_url=server.url, data_dir=tmp_path / "data", simulate=True))
        ledger = Ledger(connected)
        add_campaign(ledger, make_batch(1, 1, 1))
        taken = take(ledger)
        claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
        ledger.recovery.ticked(0)
        yield server


@pytest.fixture
def connected(source: ValkeyServer) -> Iterator[redis_py.Redis]:
    """A client of it."""
    with client(source.url) as there:
        yield there


def test_a_copy_says_whose_it_is_what_is_in_it_and_is_for_its_owner_only(
    connected: redis_py.Redis, tmp_path: Path
) -> None:
    file = tmp_path / "copy.zip"
    made = back_up(connected, file)
    assert read_manifest(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (made.ledger, made.mode) == (Ledger(connected).recovery.id(), "simulate")
    assert made.counts.model_dump() == {"campaigns": 1, "rows": 3, "opt_outs": 0, "ticks": 1, "claims": 1}
    assert made.findings == ()
    assert made.server.startswith("valkey ")
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [DATA, MANIFEST]
        assert archive.getinfo(DATA).file_size == made.bytes
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_copies_that_are_taken_while_others_write_are_each_of_one_moment(
    connected: redis_py.Redis, source: ValkeyServer, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        with client(source.url) as other:
            ledger = Ledger(other)
            for number in range(2, 10_000):
                if stop.is_set():
                    return
                add_campaign(ledger, make_batch(*[1] * 5), id=f"other-{number:06d}")
                ledger.recovery.ticked(0)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(connected, tmp_path / f"copy-{number}.zip") for number in range(3)]
    finally:
        stop.set()
        writer.join()
    assert [one.findings for one in made] == [()] * 3
    assert made[0].counts.ticks < made[1].counts.ticks < made[2].counts.ticks
    for one in made:  # a campaign is added, then a tick is counted
        assert one.counts.campaigns - one.counts.ticks in (0, 1)


def test_a_ledger_in_another_database_is_found_there(source: ValkeyServer, tmp_path: Path) -> None:
    with client(source.url.replace("/0", "/3")) as third:
        prepare(third, load_settings(redis_url=source.url, data_dir=tmp_path / "third", simulate=True))
        add_campaign(Ledger(third), make_batch(1, 1))
        third.hsetnx(keys.TICKS, "id", "third")
        made = back_up(third, tmp_path / "copy.zip")
    assert (made.ledger, made.database, made.counts.rows) == ("third", 3, 2)


def test_what_the_audit_finds_is_told_and_the_copy_is_kept(connected: redis_py.Redis, tmp_path: Path) -> None:
    (campaign,) = Ledger(connected).campaigns.ids()
    connected.hincrby(keys.counts(campaign), "p", 1)
    made = back_up(connected, tmp_path / "copy.zip")
    assert made.findings
    assert all(finding.startswith(campaign) for finding in made.findings)
    assert read_manifest(tmp_path / "copy.zip").findings == made.findings


def garbled(data: bytes) -> bytes:
    """One bit in the middle is another."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "harm", [garbled, lambda data: data[:-1], lambda _: b""], ids=["bit", "cut", "nothing"]
)
def test_what_cannot_be_loaded_becomes_no_file(
    connected: redis_py.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Any
) -> None:
    read = read_snapshot
    monkeypatch.setattr(backup_module, "read_snapshot", lambda one: [harm(b"".join(read(one)))])
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="cannot be loaded") as refused:
        back_up(connected, tmp_path / "copy.zip")
    assert "another" in refused.value.hint
    assert sorted(tmp_path.iterdir()) == before


def test_a_copy_of_another_ledger_or_of_another_time_becomes_no_file(
    connected: redis_py.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = list(read_snapshot(connected))
    Ledger(connected).recovery.ticked(0)
    monkeypatch.setattr(backup_module, "read_snapshot", lambda _: old)
    with pytest.raises(StoreUnavailable, match="no copy of this ledger"):
        back_up(connected, tmp_path / "copy.zip")
    connected.hset(keys.TICKS, mapping={"id": "another", "n": 1})
    with pytest.raises(StoreUnavailable, match="no copy of this ledger"):
        back_up(connected, tmp_path / "copy.zip")
    assert not (tmp_path / "copy.zip").exists()


def test_a_file_that_is_there_is_not_written_over(connected: redis_py.Redis, tmp_path: Path) -> None:
    (tmp_path / "copy.zip").write_text("somebody's")
    with pytest.raises(InputError, match="there already"):
        back_up(connected, tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").read_text() == "somebody's"


def test_a_file_that_is_cut_off_changed_newer_or_no_backup_is_refused_with_a_sentence(
    connected: redis_py.Redis, tmp_path: Path
) -> None:
    file, other = tmp_path / "copy.zip", tmp_path / "other.zip"
    manifest = back_up(connected, file)
    whole = file.read_bytes()

    other.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not whole"):
        read_manifest(other)
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr(DATA, b"")
    with pytest.raises(InputError, match="no manifest"):
        read_manifest(other)
    for form, words in ((b"{}", "damaged"), (_of_form(manifest.model_dump_json(), 2), "newer version")):
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr(MANIFEST, form)
        with pytest.raises(InputError, match=words):
            read_manifest(other)
    at = whole.index(b"REDIS")
    other.write_bytes(whole[: at + 20] + b"\0" + whole[at + 21 :])
    with pytest.raises(InputError, match="damaged"):
        extract(other, manifest, tmp_path / "data.rdb")
    with pytest.raises(InputError, match="cannot be opened"):
        read_manifest(tmp_path / "nothing.zip")


def _of_form(manifest: str, form: int) -> bytes:
    return json.dumps({**json.loads(manifest), "format": form}).encode()


def test_a_copy_is_had_through_sentinels_beside_replicas_that_claims_go_on_waiting_for(
    tmp_path: Path,
) -> None:
    with (
        watched_servers(tmp_path / "watched", replicas=1, sentinels=1) as watched,
        client(watched.url) as there,
    ):
        prepare(there, load_settings(redis_url=watched.url, data_dir=tmp_path / "data", simulate=True))
        ledger = Ledger(there)
        add_campaign(ledger, make_batch(1, 1))
        there.mset({f"mms:filler:{number}": b"x" * 50_000 for number in range(200)})
        taken = take(ledger)
        until(lambda: _confirmed(there), what="a confirmation of the replica, which has just come")
        chunks = read_snapshot(there)
        next(chunk for chunk in chunks if chunk)
        assert tuple(ledger.readiness.replicas())[:2] == (1, 1)
        assert claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms()).word == "go"
        assert list(chunks)
        ledger.recovery.ticked(0)
        made = back_up(there, tmp_path / "copy.zip")
    assert (made.counts.rows, made.counts.claims, made.replicas) == (2, 1, 1)


def _confirmed(connected: redis_py.Redis) -> int:
    """How many replicas have a write on disk that is made now."""
    connected.set(keys.REPLICATED, 1, px=60_000)
    ask: Any = connected.execute_command
    waited = ask("WAITAOF", 1, 1, 1_500)
    return int(waited[1])
