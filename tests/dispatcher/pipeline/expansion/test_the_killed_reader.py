"""A reader that is killed in mid-file is followed by another, and nobody can tell afterwards."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow
from dispatcher.numbering.area_codes import area_codes
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.expansion.batching import BATCH_ROWS
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.pipeline.preflight.test_check import checked

pytestmark = pytest.mark.slow

SENDER, MESSAGE = "15165550199", "Hi {{name}}"
ROWS = 20_000
#: The reader is killed once so many batches of about 200 are there.
KILLED_AT = (20, 70, 120)
PATIENCE_SECONDS = 60
REPOSITORY = Path(__file__).parents[4]


def campaign_file() -> bytes:
    """Fictional numbers, each once; then ten rows that repeat the first ones, each written otherwise, and a bad one."""
    numbers = [f"1{npa}55501{line:02}" for npa in area_codes() for line in range(100)][:ROWS]
    repeated = [f"+1 ({number[1:4]}) {number[4:7]}-{number[7:]}" for number in numbers[:10]]
    rows = [f"{number},name {place}" for place, number in enumerate([*numbers, *repeated, "12"])]
    return "\n".join(["to,name", *rows, ""]).encode()


def submitted(runtime: Runtime, raw: bytes) -> str:
    """A campaign of this file, not read yet."""
    settings = CampaignSettings(senders=(SENDER,), message=MESSAGE, allow_same_file=True)
    source = io.BytesIO(raw)
    return submit(
        runtime.ledger,
        source,
        filename="a.csv",
        settings=settings,
        fixed=frozenset(),
        config=runtime.settings,
    )


def killed_in_mid_file(
    url: str, ledger: Ledger, campaign_id: str, at: int, ended: list[subprocess.Popen[bytes]]
) -> int:
    """Start a reader, kill it when so many batches are there, let its lease end; answers the batches there are."""
    command = [sys.executable, "-m", "tests.dispatcher.pipeline.expansion.expand_worker", url, campaign_id]
    reader = subprocess.Popen(command, cwd=REPOSITORY)
    ended.append(reader)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(ledger.campaigns.batch_numbers(campaign_id)) < at:
        assert reader.poll() is None, "the reader ended by itself"
        assert time.monotonic() < deadline
    reader.kill()
    reader.wait()
    ledger.redis.delete(keys.expanding(campaign_id))
    return len(ledger.campaigns.batch_numbers(campaign_id))


def stored(ledger: Ledger, campaign_id: str) -> list[Any]:
    """The batches as they lie in Redis, and the campaign's counts."""
    numbers = ledger.campaigns.batch_numbers(campaign_id)
    packed = [ledger.redis.get(keys.batch(campaign_id, number)) for number in numbers]
    return [*packed, ledger.campaign(campaign_id).counts]


def test_a_reader_killed_in_mid_file_is_followed_and_duplicates_across_the_cut_are_found(
    runtime: Runtime, redis: redis_py.Redis, valkey_url: str, ended: list[subprocess.Popen[bytes]]
) -> None:
    ledger, raw = runtime.ledger, campaign_file()
    whole, cut = submitted(runtime, raw), submitted(runtime, raw)
    assert expand(runtime, whole) == f"{ROWS + 11} rows"
    for at in KILLED_AT:
        there = killed_in_mid_file(valkey_url, ledger, cut, at, ended)
        assert at <= there < ROWS // BATCH_ROWS
    assert expand(runtime, cut) == f"{ROWS + 11} rows"
    assert stored(ledger, cut) == stored(ledger, whole)
    assert expanded_answers(ledger, cut) == check_answers(raw)


def expanded_answers(ledger: Ledger, campaign_id: str) -> Counter[str]:
    """What became of the rows, by code."""
    answers: Counter[str] = Counter()
    for number in ledger.campaigns.batch_numbers(campaign_id):
        batch = ledger.batches.content(campaign_id, number)
        assert batch is not None
        answers.update(row.code if isinstance(row, InvalidRow) else "sendable" for row in batch.rows)
    return answers


def check_answers(raw: bytes) -> Counter[str]:
    """What the check says of them."""
    result = checked(raw, senders=(SENDER,), message=MESSAGE)
    assert result.duplicates == 10
    return Counter({"sendable": result.sendable, "duplicate": result.duplicates, **result.invalid})
