"""The ledger: everything that Redis holds for us, in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import redis

from dispatcher.ledger.batches.agenda import Agenda
from dispatcher.ledger.batches.batches import Batches
from dispatcher.ledger.batches.consistency import Consistency
from dispatcher.ledger.campaigns.campaigns import Campaigns
from dispatcher.ledger.campaigns.file_readings import FileReadings
from dispatcher.ledger.campaigns.media import Media
from dispatcher.ledger.campaigns.progress import Progress
from dispatcher.ledger.campaigns.schedules import Schedules
from dispatcher.ledger.campaigns.uploads import Uploads
from dispatcher.ledger.consent.erasure import Erasure
from dispatcher.ledger.consent.inbound import InboundMessages
from dispatcher.ledger.consent.optouts import OptOuts
from dispatcher.ledger.installation.chosen_columns import RememberedColumns
from dispatcher.ledger.installation.counters import Counters
from dispatcher.ledger.installation.recovery import Recovery
from dispatcher.ledger.installation.upgrade import Upgrade
from dispatcher.ledger.limits.limits import ScopeLimits
from dispatcher.ledger.receipts.callback_stream import CallbackStream
from dispatcher.ledger.receipts.dead_letters import DeadLetters
from dispatcher.ledger.receipts.failure_reasons import FailureReasons
from dispatcher.ledger.receipts.receipts import Receipts
from dispatcher.ledger.store.connection import connect
from dispatcher.ledger.store.readiness import Readiness
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.campaign import Campaign
from dispatcher.settings import Settings


class Ledger:
    """One Redis seen as campaigns, batches, receipts, uploads, the inbox, the agenda and the
    suppression list.

    `clock` replaces the scripts' time prelude; only tests give one. `data_dir` remembers claims beyond this process;
    `unsafe`: an operator does without durable claims.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        clock: str | None = None,
        data_dir: Path | None = None,
        unsafe: bool = False,
    ) -> None:
        self.redis = client
        scripts = Scripts(client, clock=clock, data_dir=data_dir, unsafe=unsafe)
        self.campaigns = Campaigns(scripts)
        self.file_readings = FileReadings(scripts)
        self.batches = Batches(scripts)
        self.consistency = Consistency(client)
        self.receipts = Receipts(scripts)
        self.progress = Progress(scripts)
        self.failure_reasons = FailureReasons(scripts)
        self.uploads = Uploads(scripts)
        self.media = Media(scripts)
        self.callback_stream = CallbackStream(scripts)
        self.dead_letters = DeadLetters(scripts)
        self.agenda = Agenda(scripts)
        self.limits = ScopeLimits(scripts)
        self.optouts = OptOuts(scripts)
        self.inbound = InboundMessages(scripts)
        self.erasure = Erasure(scripts)
        self.schedules = Schedules(scripts)
        self.recovery = Recovery(scripts)
        self.upgrade = Upgrade(scripts)
        self.counters = Counters(scripts)
        self.chosen_columns = RememberedColumns(scripts)
        self.readiness = Readiness(scripts)

    @classmethod
    def open(cls, settings: Settings, **options: Any) -> Ledger:
        """The ledger of these settings."""
        return cls.of(connect(settings, **options), settings)

    @classmethod
    def of(cls, client: redis.Redis, settings: Settings) -> Ledger:
        """The ledger of these settings, through this client."""
        return cls(client, data_dir=settings.data_dir, unsafe=settings.unsafe_redis)

    def campaign(self, campaign_id: str) -> Campaign:
        """One campaign's snapshot.

        Raises:
            NotFound: there is none of this id.
        """
        return self.campaigns.get(campaign_id)
