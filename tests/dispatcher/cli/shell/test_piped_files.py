"""A campaign file by standard input or a pipe: read as often as a command must, and gone when it ends."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.dispatcher.roster.files.archives import CSV, zipped
from tests.mms import Mms

OPTIONS = ("--from", "15165550199", "--message", "Acme: hi. Reply STOP", "--quiet-hours", "off")


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which copies are made."""
    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_standard_input_is_checked_and_sent_under_a_name(mms: Mms, left: Path, ledger: Ledger) -> None:
    assert mms("campaign", "check", "-", *OPTIONS, stdin=CSV.decode()).status == 0
    sent = mms("campaign", "submit", "-", *OPTIONS, stdin=CSV.decode())
    assert sent.out.startswith("campaign-")
    assert ledger.campaign(sent.out.strip()).name == "campaign"
    named = mms(
        "campaign", "submit", "-", *OPTIONS, "--name", "Spring", "--allow-same-file", stdin=CSV.decode()
    )
    assert named.out.startswith("spring-")
    assert list(left.iterdir()) == []


def test_a_row_of_standard_input_is_tried_and_a_list_of_opt_outs_imported(mms: Mms, left: Path) -> None:
    tried = ("--row", "1", "--to", "15162065574", *OPTIONS[:4])
    assert mms("campaign", "test", "-", *tried, stdin=CSV.decode()).status == 0
    assert "1 read" in mms("optout", "import", "-", stdin="number\n12125550101\n").out
    assert list(left.iterdir()) == []


def test_numbers_by_themselves_need_no_heading_there(mms: Mms, left: Path, tmp_path: Path) -> None:
    for listed in ("2125550101\n2125550102\n", "2125550101, 2125550102", "\ufeff\n2125550101\r\n2125550102"):
        said = mms("campaign", "check", "-", *OPTIONS, "--json", stdin=listed)
        assert (said.status, said.json["sendable"]) == (0, 2), said.err
    rows = mms("campaign", "check", "-", *OPTIONS, stdin="2125550101,Ann\n2125550102,Ben\n")
    assert (rows.status, "heading" in rows.err) == (2, True)
    named = tmp_path / "list.csv"
    named.write_text("2125550101\n")
    assert mms("campaign", "check", str(named), *OPTIONS).status == 2


def test_a_live_campaign_from_standard_input_is_not_sent_unasked(mms: Mms, ledger: Ledger) -> None:
    ledger.redis.hset(keys.STAMP, "mode", "live")
    live = CSV.decode().replace("12125550101", "15162065576")
    options = ("--from", "15162065575", *OPTIONS[2:])
    said = mms("campaign", "submit", "-", *options, stdin=live)
    assert (said.status, "--yes" in said.err) == (2, True)
    assert mms("campaign", "submit", "-", *options, "--yes", stdin=live).status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("-", gzip.compress(CSV, mtime=0)),
        ("-", CSV.decode().encode("utf-16")),
        ("/dev/stdin", zipped(("spring.csv", CSV))),
    ],
)
def test_a_pipe_on_standard_input_is_read_byte_by_byte(name: str, content: bytes, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("mms")), "campaign", "check", name, *OPTIONS, "--simulate"]
    done = subprocess.run(command, input=content, capture_output=True, env=nowhere(tmp_path), check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"sendable       1" in done.stdout


@pytest.mark.slow
def test_a_closed_standard_input_is_a_sentence(tmp_path: Path) -> None:
    shell = '"$0" campaign check - --from 15165550199 --message Hi <&-'
    command = ["/bin/sh", "-c", shell, str(Path(sys.executable).with_name("mms"))]
    done = subprocess.run(command, capture_output=True, env=nowhere(tmp_path), check=False, text=True)
    assert (done.returncode, "standard input is closed" in done.stderr) == (2, True)


def test_a_named_pipe_is_read_when_somebody_writes_into_it(
    mms: Mms, left: Path, tmp_path: Path, ledger: Ledger
) -> None:
    pipe = tmp_path / "spring.csv"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, CSV * 9000)
        sent = mms("campaign", "submit", str(pipe), *OPTIONS)
        written.result(timeout=30)
    assert sent.out.startswith("campaign-")
    assert list(left.iterdir()) == []


def test_waiting_for_nobody_is_no_answer(mms: Mms, left: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    said = mms("campaign", "check", str(tmp_path / "pipe.csv"), *OPTIONS)
    assert (said.status, "a pipe into which nobody writes" in said.err) == (2, True)
    assert list(left.iterdir()) == []


def test_no_more_is_copied_than_a_campaign_file_may_have(mms: Mms, left: Path) -> None:
    mms.environment["MMS_MAX_FILE_MB"] = "1"
    said = mms("campaign", "check", "-", *OPTIONS, stdin="to\n" + "12125550101\n" * 100_000)
    assert (said.status, "larger than 1 MiB" in said.err) == (2, True)
    assert list(left.iterdir()) == []


def nowhere(folder: Path) -> dict[str, str]:
    """The environment of a command that finds no ledger."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[4]),
        "MMS_REDIS_URL": "redis://127.0.0.1:1/0",
        "MMS_DATA_DIR": str(folder / "data"),
    }
