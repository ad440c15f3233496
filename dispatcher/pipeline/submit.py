"""A campaign enters the ledger: its file stored, its settings kept, its reading put on the agenda."""

from __future__ import annotations

from typing import BinaryIO

from dispatcher.errors import Conflict
from dispatcher.ledger.campaigns import new_id
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster.roster import Roster
from dispatcher.rules.limits import parse_rate
from dispatcher.rules.moments import parse_moment
from dispatcher.settings import Settings


def submit(
    ledger: Ledger,
    source: BinaryIO,
    *,
    filename: str,
    settings: CampaignSettings,
    fixed: frozenset[str],
    config: Settings,
) -> str:
    """Store the file and make the campaign; answers its id. `source` can be rewound.

    The file was checked before (`pipeline.check`); here only its head is read once more. Sending begins when the
    whole file is in the ledger and the start time has come.

    Raises:
        FileRefused, InputError: the file's head or a setting is wrong; nothing was stored.
        StoreUnavailable: Redis does not answer; nothing will be sent.
    """
    start_at = parse_moment(settings.at) if settings.at else None
    limit = parse_rate(settings.rate) if settings.rate else None
    roster = Roster(
        source,
        filename=filename,
        settings=settings,
        fixed=fixed,
        fictional_ok=config.simulate,
        max_bytes=config.max_file_mb << 20,
        max_rows=config.max_rows,
    )
    for _ in range(5):
        source.seek(0)
        campaign_id = new_id(settings.name)
        made = ledger.book.create(
            campaign_id,
            settings,
            fixed=fixed,
            filename=filename,
            chunks=ledger.uploads.store(campaign_id, source),
            columns=roster.columns,
            start_at_ms=int(start_at.timestamp() * 1000) if start_at else None,
            settle_ms=int(config.settle_window * 1000),
            rate=(limit.interval_us, limit.tolerance_us) if limit else None,
        )
        if made:
            return campaign_id
    raise Conflict("no free campaign id was found", hint="submit again, with another --name")
