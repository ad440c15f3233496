"""One person's story: every row of every campaign that is about their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dispatcher.ledger.batches.rows import RowState, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.recipient_pages import RecipientPages, Row
from dispatcher.model.recipient import InvalidRow


class Mention(NamedTuple):
    """One row that is about a number, and how it stands. `sid` and `reason` are empty when there is none."""

    campaign: str
    row: int
    line: int
    state: RowState
    sid: str
    reason: str


def mentions(ledger: Ledger, number: str) -> Iterator[Mention]:
    """Every row about this number of 11 digits, the newest campaign first."""
    for campaign_id in ledger.campaigns.ids():
        pages = RecipientPages(ledger, campaign_id)
        found = [batch for batch, holds in pages.holding(number) if holds]
        texts = ledger.campaigns.texts(campaign_id) if found else {}
        sids = ledger.campaigns.long_sids(campaign_id) if found else {}
        for batch in found:
            for row in pages.open(batch):
                if row.batch.rows[row.at].number == number:
                    yield _mention(campaign_id, row, texts, sids)


def _mention(campaign_id: str, row: Row, texts: dict[int, str], sids: dict[str, str]) -> Mention:
    written = row.batch.rows[row.at]
    messages = (index for index, each in enumerate(row.batch.messages) if row.at in each.members)
    reason = written.code if isinstance(written, InvalidRow) else texts.get(row.state.reason, "")
    sid = sid_text(row.state, sids, row.number, next(messages, -1))
    return Mention(campaign_id, written.row, written.line, row.state, sid, reason)
