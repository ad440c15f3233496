"""The same file with the same settings is sent once in 24 hours, unless a person wants it again."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from dispatcher.errors import SubmittedBefore
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.lifecycle import launch
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.runtime.runtime import Runtime

FILE = b"to\n12125550101\n"


def sent(runtime: Runtime, file: bytes = FILE, ledger: Ledger | None = None, **settings: Any) -> str:
    """Submit; answers the campaign's id."""
    return submit(
        ledger or runtime.ledger,
        io.BytesIO(file),
        filename="spring.csv",
        settings=CampaignSettings(**{"senders": ("15165550199",), "message": "Hi", **settings}),
        fixed=frozenset(),
        config=runtime.settings,
    )


def test_the_same_again_is_refused_with_the_earlier_id(runtime: Runtime) -> None:
    earlier = sent(runtime)
    with pytest.raises(SubmittedBefore, match=earlier) as refusal:
        sent(runtime, name="another name")
    assert refusal.value.campaign_id == earlier


def test_a_refused_file_leaves_nothing_behind(runtime: Runtime) -> None:
    sent(runtime)
    before = runtime.ledger.redis.dbsize()
    with pytest.raises(SubmittedBefore):
        sent(runtime)
    assert runtime.ledger.redis.dbsize() == before


def test_other_content_or_other_settings_are_another_campaign(runtime: Runtime) -> None:
    ids = {sent(runtime), sent(runtime, b"to\n12125550102\n"), sent(runtime, message="Hello")}
    assert len(ids) == 3


def test_a_person_may_allow_it(runtime: Runtime) -> None:
    assert sent(runtime) != sent(runtime, allow_same_file=True)


def test_after_a_cancel_the_same_may_go_again(runtime: Runtime) -> None:
    earlier = sent(runtime)
    runtime.ledger.campaigns.steer(earlier, CampaignState.CANCELLING)
    later = sent(runtime)
    with pytest.raises(SubmittedBefore, match=later):
        sent(runtime)


def test_after_a_failure_the_same_may_go_again(runtime: Runtime) -> None:
    earlier = sent(runtime)
    assert runtime.ledger.file_readings.begin(earlier, "reader", 60_000)
    assert runtime.ledger.file_readings.fail(earlier, "the disk is gone", "reader")
    assert sent(runtime) != earlier


def test_the_memory_ends_after_a_day(runtime: Runtime) -> None:
    sent(runtime)
    found = list(runtime.ledger.redis.scan_iter(f"{keys.SAME}*"))
    assert [86_390 < runtime.ledger.redis.ttl(key) <= 86_400 for key in found] == [True]


def test_of_submits_at_the_same_moment_one_wins(runtime: Runtime, valkey_url: str) -> None:
    barrier = Barrier(8)

    def one(_: int) -> str:
        barrier.wait()
        try:
            return sent(runtime)
        except SubmittedBefore as refusal:
            return f"refused: {refusal.campaign_id}"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    won = [answer for answer in answers if not answer.startswith("refused")]
    assert len(won) == 1
    assert set(answers) == {won[0], f"refused: {won[0]}"}
    assert len(runtime.ledger.campaigns.list()) == 1


def test_it_is_remembered_for_a_day_from_the_submit_and_of_a_draft_from_its_launch(runtime: Runtime) -> None:
    sent(runtime)
    (key,) = runtime.ledger.redis.keys("mms:same:*")
    assert 86_390 < int(runtime.ledger.redis.ttl(key)) <= 86_400
    runtime.ledger.redis.delete(key)
    draft = submit(
        runtime.ledger,
        io.BytesIO(FILE),
        filename="spring.csv",
        settings=CampaignSettings(senders=("15165550199",), message="Hi"),
        fixed=frozenset(),
        config=runtime.settings,
        draft=True,
    )
    assert runtime.ledger.redis.keys("mms:same:*") == []
    launch(runtime.ledger, draft, runtime.settings)
    (key,) = runtime.ledger.redis.keys("mms:same:*")
    assert 86_390 < int(runtime.ledger.redis.ttl(key)) <= 86_400
