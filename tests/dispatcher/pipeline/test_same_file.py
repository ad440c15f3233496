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
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.runtime.runtime import World

FILE = b"to\n12125550101\n"


def sent(world: World, file: bytes = FILE, ledger: Ledger | None = None, **settings: Any) -> str:
    """Submit; answers the campaign's id."""
    return submit(
        ledger or world.ledger,
        io.BytesIO(file),
        filename="spring.csv",
        settings=CampaignSettings(**{"senders": ("15165550199",), "message": "Hi", **settings}),
        fixed=frozenset(),
        config=world.settings,
    )


def test_the_same_again_is_refused_with_the_earlier_id(world: World) -> None:
    earlier = sent(world)
    with pytest.raises(SubmittedBefore, match=earlier) as refusal:
        sent(world, name="another name")
    assert refusal.value.campaign_id == earlier


def test_a_refused_file_leaves_nothing_behind(world: World) -> None:
    sent(world)
    before = world.ledger.redis.dbsize()
    with pytest.raises(SubmittedBefore):
        sent(world)
    assert world.ledger.redis.dbsize() == before


def test_other_content_or_other_settings_are_another_campaign(world: World) -> None:
    ids = {sent(world), sent(world, b"to\n12125550102\n"), sent(world, message="Hello")}
    assert len(ids) == 3


def test_a_person_may_allow_it(world: World) -> None:
    assert sent(world) != sent(world, allow_same_file=True)


def test_after_a_cancel_the_same_may_go_again(world: World) -> None:
    earlier = sent(world)
    world.ledger.book.steer(earlier, CampaignState.CANCELLING)
    later = sent(world)
    with pytest.raises(SubmittedBefore, match=later):
        sent(world)


def test_after_a_failure_the_same_may_go_again(world: World) -> None:
    earlier = sent(world)
    assert world.ledger.book.begin_reading(earlier, "reader", 60_000)
    assert world.ledger.book.fail_reading(earlier, "the disk is gone", "reader")
    assert sent(world) != earlier


def test_the_memory_ends_after_a_day(world: World) -> None:
    sent(world)
    found = list(world.ledger.redis.scan_iter(f"{keys.SAME}*"))
    assert [86_390 < world.ledger.redis.ttl(key) <= 86_400 for key in found] == [True]


def test_of_submits_at_the_same_moment_one_wins(world: World, valkey_url: str) -> None:
    barrier = Barrier(8)

    def one(_: int) -> str:
        barrier.wait()
        try:
            return sent(world)
        except SubmittedBefore as refusal:
            return f"refused: {refusal.campaign_id}"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    won = [answer for answer in answers if not answer.startswith("refused")]
    assert len(won) == 1
    assert set(answers) == {won[0], f"refused: {won[0]}"}
    assert len(world.ledger.campaigns()) == 1
