"""Submitting: the file stored whole, the reading on the agenda, nothing left of what was refused."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dispatcher.errors import FileRefused, InputError, StoreUnavailable
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.runtime.runtime import World
from tests.dispatcher.pipeline.test_expand import submitted
from tests.factories import SENDER, make_csv


def test_a_submitted_campaign_is_on_the_agenda_of_the_readers(world: World) -> None:
    raw = make_csv(5)
    campaign_id = submitted(world, raw, name="Spring Sale")
    assert campaign_id.startswith("spring-sale-")
    assert world.ledger.agenda.reading() == [campaign_id]
    campaign = world.ledger.campaign(campaign_id)
    assert (campaign.state, campaign.rows, campaign.rows_read) == (CampaignState.CHECKING, None, 0)
    assert world.ledger.uploads.open(campaign_id, 1).read() == raw


def test_a_campaigns_own_rate_is_in_force(world: World) -> None:
    campaign_id = submitted(world, make_csv(1), rate="4/s")
    assert world.ledger.redis.hget("mms:rates", f"campaign:{campaign_id}") == b"250000.000:0.000"


def test_a_start_time_is_kept_in_utc(world: World) -> None:
    campaign_id = submitted(world, make_csv(1), at="2031-01-01T10:00-05:00")
    assert world.ledger.campaign(campaign_id).start_at == "2031-01-01T15:00:00.000Z"


@pytest.mark.parametrize(
    ("raw", "settings"),
    [
        (b"", {}),
        (b"name\nAnn\n", {}),
        (make_csv(1), {"rate": "fast"}),
        (make_csv(1), {"at": "2031-01-01T10:00"}),
        (make_csv(1), {"at": "2020-01-01T10:00Z"}),
    ],
)
def test_what_is_refused_leaves_nothing(world: World, raw: bytes, settings: dict[str, str]) -> None:
    with pytest.raises((FileRefused, InputError)):
        submitted(world, raw, **settings)
    assert world.ledger.redis.keys("mms:c:*") == []
    assert world.ledger.campaigns() == []


def test_a_campaign_of_which_nobody_knows_whether_it_was_made_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = world.ledger.book.create

    def unanswered(*args: Any, **changes: Any) -> bool:
        create(*args, **changes)
        raise StoreUnavailable("Redis does not answer")

    monkeypatch.setattr(world.ledger.book, "create", unanswered)
    with pytest.raises(StoreUnavailable, match="not known whether") as raised:
        submitted(world, make_csv(1))
    (campaign,) = world.ledger.campaigns()
    assert campaign.id in raised.value.hint


def test_the_whole_file_is_stored_though_its_head_was_read(world: World) -> None:
    raw = make_csv(3)
    source = io.BytesIO(raw)
    source.read(7)
    chosen = CampaignSettings.model_validate({"from": (SENDER,), "message": "Hi", "quiet_hours": "off"})
    source.seek(0)
    fixed = frozenset({"message"})
    campaign_id = submit(
        world.ledger, source, filename="a.csv", settings=chosen, fixed=fixed, config=world.settings
    )
    assert world.ledger.uploads.open(campaign_id, 1).read() == raw
