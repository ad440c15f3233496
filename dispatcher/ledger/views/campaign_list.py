"""The list of campaigns, by state and by what people call them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

from dispatcher.errors import InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState

_AT_ONCE = 1000


class Listing(NamedTuple):
    """Some campaigns, newest first; how many there are in each state, whatever states were asked for; whether more of
    those asked for follow."""

    campaigns: list[Campaign]
    by_state: Counter[CampaignState]
    more: bool


def list_campaigns(
    ledger: Ledger,
    *,
    states: Collection[CampaignState] = (),
    text: str = "",
    limit: int,
    offset: int = 0,
    after: str | None = None,
) -> Listing:
    """Campaigns in these states (none: in any) whose name or id contains `text`; after the first `offset` of them, or
    after the one with the id `after`.

    Raises:
        InputError: there is no campaign `after`.
    """
    found = _found(ledger, text.strip().casefold())
    by_state = Counter(state for _, state in found)
    if after is not None:
        indexes = [index for index, (name, _) in enumerate(found) if name == after]
        if not indexes:
            raise InputError("the cursor is not one of this list", hint="begin again without it")
        found = found[indexes[0] + 1 :]
    wanted = [name for name, state in found if not states or state in states]
    page = wanted[offset : offset + limit]
    return Listing(list(ledger.campaigns.some(page)), by_state, len(wanted) > offset + limit)


def _found(ledger: Ledger, text: str) -> list[tuple[str, CampaignState]]:
    """Id and state of each campaign that is called so, newest first."""
    fields = ("state", "settings") if text else ("state",)
    found: list[tuple[str, CampaignState]] = []
    with translated():
        ids = [text_of(name) for name in ledger.redis.zrevrange(keys.CAMPAIGNS, 0, -1)]
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            pipeline = ledger.redis.pipeline(transaction=False)
            for name in some:
                pipeline.hmget(keys.campaign(name), fields)
            answers: list[Any] = pipeline.execute()
            found += [
                (name, CampaignState(text_of(values[0])))
                for name, values in zip(some, answers, strict=True)
                if values[0] is not None and _is_called(name, values[1:], text)
            ]
    return found


def _is_called(name: str, settings: list[bytes], text: str) -> bool:
    return not text or text in name or text in str(json.loads(settings[0]).get("name", "")).casefold()
