"""`mms backup` and `mms restore`: what they say, and what they do not touch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.ledger.installation.last_backup import last_backup_ms
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.pipeline.backup.restore import restore_embedded
from dispatcher.stack.run_directory import only_one
from tests.factories import add_campaign, make_batch
from tests.mms import Mms
from tests.valkey import running_valkey

pytestmark = pytest.mark.slow


@pytest.fixture
def copies(redis: redis_py.Redis, ledger: Ledger, tmp_path: Path) -> Iterator[Path]:
    """A folder for copies of a ledger with two rows, on a server that hands one out at once."""
    redis.config_set("repl-diskless-sync-delay", 0)
    add_campaign(ledger, make_batch(1, 1))
    folder = tmp_path / "copies"
    folder.mkdir()
    yield folder
    redis.config_set("repl-diskless-sync-delay", 5)


def test_a_folder_gets_a_file_with_the_time_in_its_name_and_the_ledger_knows_of_it(
    mms: Mms, redis: redis_py.Redis, copies: Path
) -> None:
    assert last_backup_ms(redis) is None
    said = mms("backup", str(copies))
    (file,) = copies.iterdir()
    assert said.status == 0
    assert file.name.startswith("mms-simulate-20")
    assert said.out.startswith(f"{file}: 2 rows of 1 campaign, 0 opt-outs, ")
    assert "read back and found right" in said.out
    assert "the secret" in said.err
    assert last_backup_ms(redis) is not None
    noted: Any = redis.xrevrange(keys.AUDIT_LOG, count=1)
    assert b"took a copy of the ledger: 2 rows" in noted[0][1][b"did"]


def test_as_json_it_says_what_the_manifest_says(mms: Mms, copies: Path) -> None:
    said = mms("backup", str(copies / "copy.zip"), "--json")
    assert said.json["counts"]["rows"] == 2
    assert said.json["file"] == str(copies / "copy.zip")
    assert mms("backup", str(copies / "copy.zip")).status == 2
    assert mms("backup", str(copies / "none" / "copy.zip")).status == 2


def test_a_ledger_that_is_off_is_copied_and_the_status_says_so(
    mms: Mms, redis: redis_py.Redis, ledger: Ledger, copies: Path
) -> None:
    (campaign,) = ledger.campaigns.ids()
    redis.hincrby(keys.counts(campaign), "p", 1)
    said = mms("backup", str(copies / "copy.zip"))
    assert (said.status, (copies / "copy.zip").exists()) == (1, True)
    assert "off: " in said.err


def test_a_copy_is_put_into_an_empty_data_folder_and_into_an_empty_redis_only(
    mms: Mms, copies: Path, tmp_path: Path
) -> None:
    file = str(copies / "copy.zip")
    mms("backup", file)
    said = mms("restore", file)
    assert (said.status, "not empty" in said.err) == (2, True)
    assert mms("restore", file, "--replace").status == 2

    embedded = Mms(MMS_DATA_DIR=str(tmp_path / "fresh"))
    said = embedded("restore", file)
    assert (said.status, "`mms recover`" in said.out) == (0, True)
    assert "erased since" in said.err
    again = embedded("restore", file)
    assert (again.status, "--replace" in again.err) == (2, True)
    said = embedded("restore", file, "--replace")
    assert "before-20" in said.out

    with running_valkey(tmp_path / "empty") as server:
        own = Mms(MMS_REDIS_URL=server.url, MMS_DATA_DIR=str(tmp_path / "own"))
        assert own("restore", file, "--json").json["counts"]["rows"] == 2
        assert "nothing is sent" in own("recover").err


def test_nothing_is_put_into_a_folder_in_which_something_runs(mms: Mms, copies: Path, tmp_path: Path) -> None:
    file = str(copies / "copy.zip")
    mms("backup", file)
    embedded = Mms(MMS_DATA_DIR=str(tmp_path / "fresh"))
    with only_one(tmp_path / "fresh"):
        assert "already runs" in embedded("restore", file).err
    restore_embedded(Path(file), tmp_path / "fresh")
    folder = tmp_path / "fresh" / "valkey"
    with running_valkey(folder) as server:
        (folder / "address").write_text(f"{server.url}\n")
        assert "a Valkey still runs" in embedded("restore", file, "--replace").err
    assert embedded("restore", file, "--replace").status == 0


def test_replicas_that_the_copy_expects_are_named(
    mms: Mms, redis: redis_py.Redis, copies: Path, tmp_path: Path
) -> None:
    redis.hset(keys.REPLICAS, "n", 2)
    mms("backup", str(copies / "copy.zip"))
    said = Mms(MMS_DATA_DIR=str(tmp_path / "fresh"))("restore", str(copies / "copy.zip"))
    assert "expects 2 replicas" in said.err


def test_what_is_half_there_is_not_recovered(mms: Mms, ledger: Ledger) -> None:
    ledger.recovery.begin_restore(0)
    said = mms("recover")
    assert (said.status, "run `mms restore` again" in said.err) == (1, True)
    doctor = mms("doctor").out
    assert "`mms restore` did not come to its end" in doctor
    assert "run `mms restore` again" in doctor
    ledger.recovery.end_restore()
    assert mms("recover").status == 0


@pytest.mark.parametrize("writes", [True, False])
def test_the_documented_user_takes_a_copy_and_one_that_may_only_read_is_told_what_was_not_noted(
    mms: Mms, redis: redis_py.Redis, copies: Path, repository: Path, writes: bool
) -> None:
    text = (repository / "docs/redis.md").read_text("utf-8")
    (line,) = re.findall(r"^ACL SETUSER mms-copies on >PASSWORD (.*)$", text, re.MULTILINE)
    rights = line if writes else line.replace("+hset +xadd", "")
    acl: Any = redis.execute_command
    acl("ACL", "SETUSER", "copier", "reset", "on", ">secret", *rights.split())
    url = mms.environment["MMS_REDIS_URL"].replace("//", "//copier:secret@")
    try:
        said = Mms(**{**mms.environment, "MMS_REDIS_URL": url})("backup", str(copies / "copy.zip"))
    finally:
        redis.acl_deluser("copier")
    assert (said.status, "could not be written down" in said.err) == (0, not writes)
    assert (last_backup_ms(redis) is None) is not writes
