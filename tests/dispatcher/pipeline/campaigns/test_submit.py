"""Submitting: the file stored whole, the reading on the agenda, nothing left of what was refused."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dispatcher.errors import FileRefused, InputError, StoreUnavailable
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.pipeline.expansion.test_expand import submitted
from tests.factories import SENDER, make_csv


def test_a_submitted_campaign_is_on_the_agenda_of_the_readers(runtime: Runtime) -> None:
    raw = make_csv(5)
    campaign_id = submitted(runtime, raw, name="Spring Sale")
    assert campaign_id.startswith("spring-sale-")
    assert runtime.ledger.agenda.reading() == [campaign_id]
    campaign = runtime.ledger.campaign(campaign_id)
    assert (campaign.state, campaign.rows, campaign.rows_read) == (CampaignState.CHECKING, None, 0)
    assert runtime.ledger.uploads.open(campaign_id, 1).read() == raw


def test_a_campaigns_own_rate_is_in_force(runtime: Runtime) -> None:
    campaign_id = submitted(runtime, make_csv(1), rate="4/s")
    assert runtime.ledger.redis.hget("mms:rates", f"campaign:{campaign_id}") == b"250000.000:0.000"


def test_a_start_time_is_kept_in_utc(runtime: Runtime) -> None:
    campaign_id = submitted(runtime, make_csv(1), at="2031-01-01T10:00-05:00")
    assert runtime.ledger.campaign(campaign_id).start_at == "2031-01-01T15:00:00.000Z"


@pytest.mark.parametrize(
    ("raw", "settings"),
    [
        (b"", {}),
        (b"name\nAnn\n", {}),
        (make_csv(1), {"rate": "fast"}),
        (make_csv(1), {"at": "2031-01-01T10:00"}),
        (make_csv(1), {"at": "2020-01-01T10:00Z"}),
        (make_csv(1), {"message": "Hi [First Name]"}),
        (make_csv(1), {"message": "\u200b"}),
    ],
)
def test_what_is_refused_leaves_nothing(runtime: Runtime, raw: bytes, settings: dict[str, str]) -> None:
    with pytest.raises((FileRefused, InputError)):
        submitted(runtime, raw, **settings)
    assert runtime.ledger.redis.keys("mms:c:*") == []
    assert runtime.ledger.campaigns.list() == []


def test_a_campaign_of_which_nobody_knows_whether_it_was_made_is_named(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = runtime.ledger.campaigns.create

    def unanswered(*args: Any, **changes: Any) -> bool:
        create(*args, **changes)
        raise StoreUnavailable("Redis does not answer")

    monkeypatch.setattr(runtime.ledger.campaigns, "create", unanswered)
    with pytest.raises(StoreUnavailable, match="not known whether") as raised:
        submitted(runtime, make_csv(1))
    (campaign,) = runtime.ledger.campaigns.list()
    assert campaign.id in raised.value.hint


def test_the_whole_file_is_stored_though_its_head_was_read(runtime: Runtime) -> None:
    raw = make_csv(3)
    source = io.BytesIO(raw)
    source.read(7)
    chosen = CampaignSettings.model_validate({"from": (SENDER,), "message": "Hi", "quiet_hours": "off"})
    source.seek(0)
    fixed = frozenset({"message"})
    campaign_id = submit(
        runtime.ledger, source, filename="a.csv", settings=chosen, fixed=fixed, config=runtime.settings
    )
    assert runtime.ledger.uploads.open(campaign_id, 1).read() == raw
