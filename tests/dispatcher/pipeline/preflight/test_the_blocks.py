"""The preflight says of a file read by blocks what it says of it row by row."""

from __future__ import annotations

import datetime as dt
import io
import random
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.pipeline.campaigns.media_check import MediaAnswers
from dispatcher.pipeline.preflight import _warnings
from dispatcher.pipeline.preflight import check as preflight
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings
from tests.dispatcher.roster.odd_files import files, odd_file

NIGHT = dt.datetime(2026, 11, 27, 7, 30, tzinfo=dt.UTC)
LARGE = {"https://example.com/a.jpg": MediaFacts(size=700_000, kind="image/jpeg")}
CAMPAIGNS: tuple[dict[str, Any], ...] = (
    {"message": "Northwind: hi {{first_name|there}}. Reply STOP to opt out."},
    {"message": "Hi {{first_name}} \u2019" + "x" * 120, "quiet_hours": "federal"},
    {
        "message": "See bit.ly/{{first_name|x}}",
        "quiet_hours": "off",
        "senders": ("15165550199", "15162340131"),
    },
    {"message": None, "media_urls": ("https://example.com/a.jpg",)},
    {"message": "Hi", "group_size": 3},
)


def said(data: bytes, settings: dict[str, Any], *, row_by_row: bool) -> Any:
    """All that a check says and writes, or the refusal."""
    errors = io.StringIO()
    request = CheckRequest(
        filename="campaign.csv",
        settings=CampaignSettings(**({"senders": ("15162065575",)} | settings)),
        now=NIGHT,
        opted_out=lambda number: number.endswith("3"),
        errors_to=errors,
    )
    config = Settings(simulate=True, account_rate="10/s", sender_rate="1/s", price_sms=0.01, price_mms=0.02)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preflight, "_media", lambda *_: MediaAnswers(LARGE, complete=True))
        if row_by_row:
            patch.setattr(Roster, "blocks", Roster.__iter__)
        try:
            return preflight.check(io.BytesIO(data), request, config).model_dump(), errors.getvalue()
        except FileRefused as refusal:
            return str(refusal), refusal.code, refusal.line, errors.getvalue()


def assert_alike(data: bytes) -> None:
    """Both ways say the same."""
    for settings in CAMPAIGNS:
        in_blocks, row_by_row = (said(data, settings, row_by_row=each) for each in (False, True))
        assert in_blocks == row_by_row, (data[:2000], settings)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_file_of_the_corpus_is_checked_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_warnings, "_SAMPLE", 0)
    if path.suffix not in {".xlsx", ".xls", ".ods"}:
        assert_alike(path.read_bytes())


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_a_few_odd_rows_is_checked_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(_warnings, "_SAMPLE", dice.choice((0, 20, 1000)))
    assert_alike(odd_file(dice, dice.choice((60, 400, 2500))))
