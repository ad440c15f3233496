"""Uploads: stored in chunks, read as a stream, owned by a campaign or lapsed."""

from __future__ import annotations

import io

import pytest

from dispatcher.ledger.campaigns import uploads
from dispatcher.ledger.ledger import Ledger


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 1_000])
def test_a_file_comes_back_as_it_was(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(uploads, "CHUNK_BYTES", 10)
    raw = bytes(index % 251 for index in range(size))
    chunks = ledger.uploads.store("a", io.BytesIO(raw))
    assert chunks == -(-size // 10)
    assert ledger.uploads.open("a", chunks).read() == raw


def test_a_file_can_be_read_in_small_parts(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNK_BYTES", 10)
    chunks = ledger.uploads.store("a", io.BytesIO(b"one\ntwo and more\nthree\n"))
    assert list(ledger.uploads.open("a", chunks)) == [b"one\n", b"two and more\n", b"three\n"]


def test_a_chunk_that_is_gone_is_said(ledger: Ledger) -> None:
    chunks = ledger.uploads.store("a", io.BytesIO(b"x"))
    ledger.redis.delete("mms:c:a:upload:0")
    with pytest.raises(FileNotFoundError):
        ledger.uploads.open("a", chunks).read()


def test_a_file_that_no_campaign_was_made_of_lapses(ledger: Ledger) -> None:
    ledger.uploads.store("a", io.BytesIO(b"x"))
    assert 0 < ledger.redis.ttl("mms:c:a:upload:0") <= uploads.UNOWNED_SECONDS
