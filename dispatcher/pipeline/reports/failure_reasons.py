"""Why rows of a campaign were not sent, or did not arrive: counted by reason, and the invalid ones as a file."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dispatcher.ledger.batches.rows import FIRST_ROW, RowRef
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.recipient_pages import RecipientPages, Row
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import RecipientState
from dispatcher.roster.invalid_rows import InvalidRowsCsv

_REASONS_STEP = 50
NOT_SENT = frozenset(
    {RecipientState.FAILED, RecipientState.REJECTED, RecipientState.SKIPPED, RecipientState.INVALID}
)


class ReasonCounts(NamedTuple):
    """Why rows were not sent: (state, reason, rows), the most frequent first; `whole` if all were counted."""

    rows: list[tuple[RecipientState, str, int]]
    whole: bool

    @property
    def counted(self) -> int:
        """Over how many rows."""
        return sum(rows for _, _, rows in self.rows)


def failure_reasons(
    ledger: Ledger, campaign_id: str, *, most_rows: int, most_seconds: float = 0.1
) -> ReasonCounts:
    """Failures and skips by reason, over the first `most_rows` such rows, or as many as the time allows."""
    pages, texts = RecipientPages(ledger, campaign_id), ledger.campaigns.texts(campaign_id)
    counted: Counter[tuple[RecipientState, str]] = Counter()
    until = time.monotonic() + most_seconds
    since: RowRef | None = FIRST_ROW
    while since is not None and counted.total() < most_rows and (time.monotonic() < until or not counted):
        step = min(_REASONS_STEP, most_rows - counted.total())
        found = pages.rows(NOT_SENT, most=step + 1, since=since)
        counted.update(_reason(row, texts) for row in found[:step])
        since = found[step].ref if len(found) > step else None
    rows = [(state, reason, count) for (state, reason), count in counted.most_common()]
    return ReasonCounts(rows, whole=since is None)


def _reason(row: Row, texts: dict[int, str]) -> tuple[RecipientState, str]:
    said = row.batch.rows[row.at]
    reason = said.code if isinstance(said, InvalidRow) else texts.get(row.state.reason, "")
    return row.state.state, reason


def invalid_rows_csv(ledger: Ledger, campaign_id: str) -> Iterator[str]:
    """The campaign's invalid rows as a CSV that can be mended and sent by itself, a piece at a time."""
    buffer = io.StringIO()
    writer = InvalidRowsCsv(buffer, ledger.campaigns.columns(campaign_id))
    pages = RecipientPages(ledger, campaign_id)
    since: RowRef | None = FIRST_ROW
    while since is not None:
        rows = pages.rows({RecipientState.INVALID}, most=500, since=since)
        for row in rows:
            said = row.batch.rows[row.at]
            if isinstance(said, InvalidRow):
                writer.write(said)
        since = rows[-1].ref._replace(row=rows[-1].at + 1) if len(rows) == 500 else None
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
