"""What is put back is the ledger that was copied, in an empty place, where nothing is claimed before its recovery."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.installation.installation import prepare, read_secrets
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import key_copy, keys
from dispatcher.ledger.store.connection import client
from dispatcher.pipeline.backup import restore as restore_module
from dispatcher.pipeline.backup.archive import read_manifest
from dispatcher.pipeline.backup.backup import back_up
from dispatcher.pipeline.backup.restore import restore_embedded, restore_into
from dispatcher.settings import load_settings
from tests.factories import (
    CAMPAIGN,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    recount,
    states,
    take,
    token_of,
)
from tests.valkey import running_valkey

pytestmark = pytest.mark.slow

DATABASES = pytest.mark.parametrize("copy", ["/0", "/3"], ids=["first", "another"], indirect=True)
QUICK = ("--repl-diskless-sync-delay", "0")


@pytest.fixture
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, tuple[bytes, ...], str]:
    """A copy of a ledger that was sending; its secrets, its name. Another ledger was on the same server."""
    with (
        running_valkey(tmp_path / "source", *QUICK) as server,
        client(server.url.replace("/0", getattr(request, "param", "/0"))) as connected,
        client(server.url.replace("/0", "/7")) as neighbour,
    ):
        neighbour.set("neighbour", "1")
        prepare(connected, load_settings(redis_url=server.url, data_dir=tmp_path / "data", simulate=True))
        ledger = Ledger(connected)
        add_campaign(ledger, make_batch(1, 1, 1))
        taken = take(ledger)
        claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
        ledger.recovery.ticked(0)
        back_up(connected, tmp_path / "copy.zip")
        return tmp_path / "copy.zip", read_secrets(connected), ledger.recovery.id()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[redis_py.Redis]:
    """An empty Redis."""
    with running_valkey(tmp_path / "target", *QUICK) as server, client(server.url) as connected:
        yield connected


def expect_nothing_is_taken(ledger: Ledger) -> None:
    """Every sender is told why."""
    denied = ledger.batches.take(CAMPAIGN, 0, token=token_of("b"), lease_ms=30_000, look_ms=1_000)
    assert isinstance(denied, Denied)
    assert denied.detail == "restored"


def expect_the_ledger_that_waits(
    connected: redis_py.Redis, copy: tuple[Path, tuple[bytes, ...], str]
) -> None:
    """It is that one, and nothing is claimed in it."""
    _, secrets, name = copy
    ledger = Ledger(connected)
    assert (read_secrets(connected), ledger.recovery.id()) == (secrets, name)
    assert states(ledger) == ["sending", "pending", "pending"]
    recount(ledger)
    found = ledger.recovery.restored()
    assert found is not None
    assert (found.why, found.since_ms) == ("put back", ledger.recovery.ticked_at())
    expect_nothing_is_taken(ledger)
    assert [key for key in connected.scan_iter() if not key.startswith(b"mms:")] == []
    assert connected.info("keyspace").keys() == {"db0"}


@DATABASES
def test_the_embedded_valkey_reads_what_was_put_back(
    copy: tuple[Path, tuple[bytes, ...], str], tmp_path: Path
) -> None:
    manifest, aside = restore_embedded(copy[0], tmp_path / "new")
    assert (aside, manifest.counts.rows) == (None, 3)
    folder = tmp_path / "new" / "valkey"
    assert [path.name for path in folder.iterdir()] == ["appendonlydir"]
    with running_valkey(folder) as server, client(server.url) as connected:
        expect_the_ledger_that_waits(connected, copy)


@DATABASES
def test_a_redis_of_ones_own_has_what_was_put_back(
    copy: tuple[Path, tuple[bytes, ...], str], target: redis_py.Redis, tmp_path: Path
) -> None:
    restore_into(copy[0], target, tmp_path)
    expect_the_ledger_that_waits(target, copy)


def test_a_ledger_that_is_there_stays_unless_it_is_said_and_is_put_aside_then(
    copy: tuple[Path, tuple[bytes, ...], str], tmp_path: Path
) -> None:
    folder = tmp_path / "old" / "valkey"
    folder.mkdir(parents=True)
    with running_valkey(folder) as server, redis_py.Redis.from_url(server.url) as old:
        old.set("old", "1")
    with pytest.raises(InputError, match="holds a ledger already") as refused:
        restore_embedded(copy[0], tmp_path / "old")
    assert "--replace" in refused.value.hint
    _, aside = restore_embedded(copy[0], tmp_path / "old", replace=True)
    assert aside is not None
    aside.rename(tmp_path / "old" / "appendonlydir")
    with running_valkey(tmp_path / "old") as server, redis_py.Redis.from_url(server.url) as old:
        assert old.get("old") == b"1"


def test_a_redis_that_holds_anything_is_left_as_it_is(
    copy: tuple[Path, tuple[bytes, ...], str], target: redis_py.Redis, tmp_path: Path
) -> None:
    target.set("somebody's", "1")
    with pytest.raises(InputError, match="not empty: 1 keys"):
        restore_into(copy[0], target, tmp_path)
    assert target.keys() == [b"somebody's"]


def test_a_copy_of_which_a_part_is_missing_is_not_put_back(
    copy: tuple[Path, tuple[bytes, ...], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_more(file: Path) -> object:
        manifest = read_manifest(file)
        return manifest.model_copy(update={"counts": manifest.counts.model_copy(update={"rows": 4})})

    monkeypatch.setattr(restore_module, "read_manifest", of_more)
    with pytest.raises(Conflict, match="not what its manifest counts"):
        restore_embedded(copy[0], tmp_path / "new")
    assert list((tmp_path / "new" / "valkey").iterdir()) == []


def test_a_restore_that_was_killed_on_the_way_leaves_nothing_that_sends(
    copy: tuple[Path, tuple[bytes, ...], str],
    target: redis_py.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy_keys = key_copy.copy_keys

    def ends(source: redis_py.Redis, there: redis_py.Redis) -> int:
        assert there.hget(keys.RESTORED, "why") == b"half"
        copy_keys(source, there)
        raise KeyboardInterrupt

    monkeypatch.setattr(restore_module, "copy_keys", ends)
    with pytest.raises(KeyboardInterrupt):
        restore_into(copy[0], target, tmp_path)
    ledger = Ledger(target)
    assert states(ledger) == ["sending", "pending", "pending"]
    expect_nothing_is_taken(ledger)
    with pytest.raises(InputError, match="not empty"):
        restore_into(copy[0], target, tmp_path)


def test_a_copy_of_another_kind_of_server_is_loaded_whatever_number_its_form_has(
    copy: tuple[Path, tuple[bytes, ...], str], tmp_path: Path
) -> None:
    """Redis 8 counts its forms on its own; what is in them is the same as far as we use it."""
    manifest = read_manifest(copy[0])
    with zipfile.ZipFile(copy[0]) as archive:
        data = archive.read("ledger.rdb")
    data = b"REDIS0013" + data[9:-8] + bytes(8)  # a sum of nought is not looked at
    changed = manifest.model_copy(update={"sha256": sha256(data).hexdigest()})
    with zipfile.ZipFile(tmp_path / "eight.zip", "w") as archive:
        archive.writestr("ledger.rdb", data)
        archive.writestr("manifest.json", changed.model_dump_json())
    restore_embedded(tmp_path / "eight.zip", tmp_path / "new")
    with running_valkey(tmp_path / "new" / "valkey") as server, client(server.url) as connected:
        expect_the_ledger_that_waits(connected, copy)
