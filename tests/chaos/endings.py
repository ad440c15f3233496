"""How things stand when everything is over, for the checker: what CarrierX took, and each campaign in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of
from dispatcher.model.correlation import read_user_data
from dispatcher.pipeline.reports.audit import audit
from dispatcher.rules.rates import Rate, parse_rate
from dispatcher.settings import Settings
from tests.chaos.history import CampaignEnd, FileRow, Gate, Take


def takes_of(messages: Iterable[dict[str, Any]], ledger: Ledger, settings: Settings) -> list[Take]:
    """What the simulator took, under which of our references."""
    secrets = prepare(ledger.redis, settings).secrets
    return [
        Take(
            numbers=tuple(message["to"]),
            ref=read_user_data(message["user_data"], secrets),
            at_ms=message["created"] * 1000,
            words=message["words"],
            grouped=len(message["to"]) > 1,
        )
        for message in messages
    ]


def end_of(
    campaign: str, rows: tuple[FileRow, ...], ledger: Ledger, gates: Iterable[Gate] = ()
) -> CampaignEnd:
    """A campaign as it stands, and what `audit` says of it."""
    read = ledger.batches.read(campaign, ledger.campaigns.batch_numbers(campaign))
    return CampaignEnd(
        campaign=ledger.campaign(campaign),
        rows=rows,
        batches=[batch for batch, _ in read],
        states=[states for _, states in read],
        findings=tuple(str(finding) for finding in audit(ledger, campaign).findings),
        gates=tuple(gates),
        ends_ms=int(text_of(ends))
        if (ends := ledger.redis.hget(keys.campaign(campaign), "ends_at"))
        else None,
    )


def limits_of(settings: Settings, rates: Mapping[str, float]) -> dict[str, Rate]:
    """The limits of every scope; `rates` are those of the campaigns, a second."""
    limits = {"account": parse_rate(settings.account_rate), "sender": parse_rate(settings.sender_rate)}
    return limits | {f"campaign:{campaign}": parse_rate(f"{rate}/s") for campaign, rate in rates.items()}
