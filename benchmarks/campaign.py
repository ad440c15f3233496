"""Campaigns to measure with: the same file and settings in every run. Nothing of them leaves loopback."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

from benchmarks.roster import MESSAGE, write_file
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.settings import Settings

SENDER = "15162065575"
MEDIA = ("https://media.example/spring.jpg",)
#: Far enough that no benchmark meets it.
LATER = "2099-01-01T00:00Z"


def file_of(rows: int) -> bytes:
    """A campaign file of distinct numbers with two merge fields."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "campaign.csv"
        write_file(path, rows, sequential=False)
        return path.read_bytes()


def submitted(
    ledger: Ledger, config: Settings, content: bytes, *, rate: str | None = None, at: str | None = None
) -> str:
    """Store the campaign; answers its id. It is read when somebody expands it, and starts at `at`."""
    chosen = {
        "name": "bench",
        "from": (SENDER,),
        "message": MESSAGE,
        "media_urls": MEDIA,
        "quiet_hours": "off",
    }
    settings = CampaignSettings.model_validate({**chosen, "rate": rate, "at": at, "allow_same_file": True})
    source = io.BytesIO(content)
    return submit(
        ledger,
        source,
        filename="campaign.csv",
        settings=settings,
        fixed=frozenset({"message", "senders"}),
        config=config,
    )


def start_now(ledger: Ledger, campaign_id: str) -> None:
    """The scheduled campaign's time has come."""
    now_ms = ledger.agenda.now_ms()
    ledger.redis.hset(keys.campaign(campaign_id), "start_at", now_ms)
    ledger.redis.zadd(keys.DUE, {campaign_id: now_ms})


def await_state(ledger: Ledger, campaign_id: str, state: str, seconds: float = 300) -> None:
    """Return when the campaign is in this state."""
    deadline = time.monotonic() + seconds
    while ledger.redis.hget(keys.campaign(campaign_id), "state") != state.encode():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the campaign did not become {state}")
        time.sleep(0.02)
