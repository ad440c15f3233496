"""Campaigns as people see them: made of the hashes that they are, all read at one moment."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.claim_wait import FIRST_PRICE, ClaimWait
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CODE_STATE, CampaignState, RecipientState
from dispatcher.model.timestamps import utc_text

_FORBIDDEN = (
    "CarrierX answered 403 to a message: one at a time until another tells whether it means the account"
)
_UNPROVEN = (
    "CarrierX confirmed no price in MMS_PRICE_WAIT: --max-cost is reckoned by the price in the settings"
)
_RESTORED = "the ledger was put back from an older copy: nothing is sent until `mms recover`"


def read_snapshots(client: redis.Redis, ids: Sequence[str]) -> Sequence[Campaign | None]:
    """These campaigns at one moment, None for what is not there."""
    with translated():
        pipeline = client.pipeline(transaction=True)
        for campaign_id in ids:
            pipeline.hgetall(keys.campaign(campaign_id))
            pipeline.hgetall(keys.counts(campaign_id))
            pipeline.hget(keys.RATES, LimitScope.campaign(campaign_id))
        pipeline.hgetall(keys.BRAKE)
        pipeline.hgetall(keys.API)
        pipeline.exists(keys.FORBIDDEN)
        pipeline.exists(keys.RESTORED)
        pipeline.time()
        *answers, brake, api, forbidden, restored, (seconds, _) = pipeline.execute()
    stop = _RESTORED if restored else _what_stops_all(brake, api) or (_FORBIDDEN if forbidden else None)
    return [
        _snapshot(campaign_id, fields, counts, rate, stop, int(seconds) * 1000) if fields else None
        for campaign_id, fields, counts, rate in zip(
            ids, answers[::3], answers[1::3], answers[2::3], strict=True
        )
    ]


def _moment(value: bytes | None) -> str | None:
    """A moment of the campaign's hash; None where there is none."""
    return None if value is None else utc_text(int(value))


def _what_stops_all(brake: dict[bytes, bytes], api: dict[bytes, bytes]) -> str | None:
    """Why nothing of any campaign goes: a refused token, or a CarrierX that does not answer."""
    if brake:
        return f"{text_of(brake[b'reason'])}: `mms token carrierx` takes another one"
    failures, most = int(api.get(b"failures", 0)), int(api.get(b"most", 0))
    if most and failures >= most:
        return f"CarrierX failed {failures} times in a row: one probe at a time until it answers"
    return None


def _resting(fields: dict[bytes, bytes], now_ms: int) -> str | None:
    """Which limit a campaign waits for, and until when."""
    until = int(float(fields.get(b"rest", 0)))
    if until <= now_ms:
        return None
    waits_for = ClaimWait(text_of(fields[b"rest_for"]))
    if waits_for == FIRST_PRICE:
        return "waits for the first confirmed price, to keep --max-cost by it (MMS_PRICE_WAIT)"
    return f"waits for {waits_for.in_words('the ')} until {utc_text(until)}"


def _dollars(micros: bytes | None) -> str | None:
    """Millionths of a dollar as dollars, at least two decimals."""
    if micros is None:
        return None
    whole, _, part = f"{int(micros) / 1_000_000:.6f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _rate_in_force(written: str | None, value: bytes | None) -> str | None:
    """The campaign's own limit: as written in its settings, unless an operator set another."""
    if value is None:
        return written
    interval, _, *by = text_of(value).split(":")
    return f"{1_000_000 / float(interval):g}/s" if by == ["operator"] else written


def _snapshot(
    campaign_id: str,
    fields: dict[bytes, bytes],
    counts: dict[bytes, bytes],
    rate: bytes | None,
    stop: str | None,
    now_ms: int,
) -> Campaign:
    settings = CampaignSettings.model_validate_json(fields[b"settings"])
    by_state = dict.fromkeys(RecipientState, 0)
    for letter, count in counts.items():
        by_state[CODE_STATE[letter.decode()]] = int(count)
    state = CampaignState(fields[b"state"].decode())
    reason = fields[b"reason"].decode() if b"reason" in fields else None
    if reason is None and state is CampaignState.RUNNING:
        reason = stop or _resting(fields, now_ms) or (_UNPROVEN if b"price_unproven" in fields else None)
    return Campaign(
        id=campaign_id,
        name=settings.name,
        state=state,
        reason=reason,
        rows=int(fields[b"rows"]) if b"rows" in fields else None,
        rows_read=int(fields[b"rows_read"]),
        mended=int(fields.get(b"mended", 0)),
        counts=by_state,
        messages=int(fields[b"messages"]),
        rate=_rate_in_force(settings.rate, rate),
        cost=_dollars(fields.get(b"cost")),
        created_at=_moment(fields[b"created_at"]) or "",
        start_at=_moment(fields.get(b"start_at")),
        started_at=_moment(fields.get(b"started_at")),
        finished_at=_moment(fields.get(b"finished_at")),
        settled_at=_moment(fields.get(b"settled_at")),
        erased_at=_moment(fields.get(b"erased_at")),
        settings=settings,
    )
