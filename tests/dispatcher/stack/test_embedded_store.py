"""The embedded Valkey's files as `mms up` finds and leaves them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.embedded import EmbeddedValkey, PingAnswer, ask, prepare_embedded
from dispatcher.pipeline.recovery.restore_detection import detect_restore
from dispatcher.settings import Settings, load_settings
from dispatcher.stack._embedded_store import EmbeddedStore
from tests.factories import add_campaign
from tests.stack import until

pytestmark = pytest.mark.slow


def life(settings: Settings, spoil: Callable[[Path], None] = lambda _: None) -> Restored | None:
    """One life of `mms up`, as far as the store goes: a pause is the last that is written. What it found at its start.

    `spoil` is done to the newest file when all is over.
    """
    server = prepare_embedded(settings.data_dir)
    with EmbeddedStore(settings) as own:
        process = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: ask(server) is PingAnswer.READY)
            found = _written(settings, server, own)
        finally:
            process.terminate()
            process.wait(30)
    files = (settings.data_dir / "valkey" / "appendonlydir").glob("*.incr.aof")
    spoil(max(files, key=lambda file: file.stat().st_mtime))
    return found


def _written(settings: Settings, server: EmbeddedValkey, own: EmbeddedStore) -> Restored | None:
    with client(server.url) as connected:
        ledger = Ledger.of(connected, settings)
        own.ledger = ledger.recovery.id()
        found = detect_restore(ledger, settings, own.found)
        if not ledger.campaigns.ids():
            add_campaign(ledger)
        connected.hset("mms:c:spring-abc234", "state", "paused")
        return found


def cut(bytes_: int) -> Callable[[Path], None]:
    """Cuts so much off a file's end."""

    def do(file: Path) -> None:
        with file.open("rb+") as out:
            out.truncate(file.stat().st_size - bytes_)

    return do


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a data folder of this test's own."""
    return load_settings(data_dir=tmp_path, simulate=True)


def test_a_store_that_is_left_alone_is_what_it_was(settings: Settings) -> None:
    assert [life(settings) for _ in range(3)] == [None] * 3


@pytest.mark.parametrize("bytes_", [1, 30, 90])
def test_whatever_is_cut_off_is_missed_at_the_next_start(settings: Settings, bytes_: int) -> None:
    assert life(settings) is None
    assert life(settings, cut(bytes_)) is None
    found = life(settings)
    assert found is not None
    assert found.why == "cut"


def test_garbage_that_is_cut_off_again_loses_nothing(settings: Settings) -> None:
    def soil(file: Path) -> None:
        before = file.stat().st_size
        with file.open("ab") as out:
            out.write(b"spoilt")
        with file.open("rb+") as out:
            out.truncate(before)

    assert life(settings) is None
    assert life(settings, soil) is None
    assert life(settings) is None
