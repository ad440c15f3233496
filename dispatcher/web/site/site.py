"""What all pages and calls of one web process share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import redis
from fastapi import Request

from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.installation.idempotency_keys import IdempotencyKeys
from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.tick import Hints
from dispatcher.settings import Settings
from dispatcher.web.site.callback_keys import CallbackKeys
from dispatcher.web.site.departure import Departure
from dispatcher.web.site.ledger_arrival import LedgerArrival
from dispatcher.web.site.sample_rows import SampleRows
from dispatcher.web.site.sessions import Sessions
from dispatcher.web.site.staged_uploads import StagedUploads
from dispatcher.web.site.throttle import Throttle


@dataclass(frozen=True)
class Site:
    """Settings, the ledger, how workers are told, what the receivers keep, and how the process ends."""

    settings: Settings
    arrival: LedgerArrival
    callback_keys: CallbackKeys
    redis: redis.Redis
    ledger: Ledger
    hints: Hints
    sessions: Sessions
    throttle: Throttle
    staged_uploads: StagedUploads
    api_tokens: ApiTokens
    audit_log: AuditLog
    idempotency_keys: IdempotencyKeys
    departure: Departure = field(default_factory=Departure)
    sample_rows: SampleRows = field(default_factory=SampleRows)

    @property
    def closing(self) -> asyncio.Event:
        """Set when nobody will get an answer any more."""
        return self.departure.closing

    @property
    def installation(self) -> Installation:
        """Everything that was made once for this ledger.

        Raises:
            StoreUnavailable: the ledger was not seen since our start.
        """
        return self.arrival.installation

    @property
    def https(self) -> bool:
        """The world reaches us by https, so cookies must too."""
        return (self.settings.public_url or "").startswith("https://")

    @property
    def max_file_bytes(self) -> int:
        """Largest campaign file."""
        return self.settings.max_file_mb * 1024 * 1024


def site_of(request: Request) -> Site:
    """The site a request came to."""
    site = request.app.state.site
    assert isinstance(site, Site)
    return site
