"""One recipient's story: what the file said, the message, what CarrierX said of it."""

from __future__ import annotations

from pydantic import Field

from dispatcher.errors import NotFound
from dispatcher.ledger.batches.rows import RowRef
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.views.recipient_pages import RecipientPages
from dispatcher.model.recipient import InvalidRow
from dispatcher.pipeline.reports.recipients import RecipientLine, lines_of, message_of


class Story(RecipientLine):
    """Everything that is known of one row: the message it gets, and what the file said."""

    sender: str | None
    text: str | None
    media_urls: tuple[str, ...]
    group: tuple[str, ...] = Field(description="Places of the other members.")
    cells: dict[str, str]
    code: str | None
    column: str | None
    other_word: str | None = Field(description="A word of CarrierX that is no state of ours.")


def story(ledger: Ledger, campaign_id: str, place: str) -> Story:
    """One recipient's story.

    Raises:
        NotFound: nobody has this place.
    """
    number, index = ref = RowRef.parse(place)
    rows = RecipientPages(ledger, campaign_id).open(number)
    if index >= len(rows):
        raise NotFound("there is no such recipient", hint="the campaign's table leads to each")
    row = rows[index]
    said = row.batch.rows[index]
    message = message_of(row)[1]
    with translated():
        word = ledger.redis.hget(keys.odd(campaign_id), ref.text)
    invalid = said if isinstance(said, InvalidRow) else None
    return Story(
        **lines_of(ledger, campaign_id, [row])[0].model_dump(),
        sender=message.sender if message else None,
        text=message.text if message else None,
        media_urls=message.media if message else (),
        group=tuple(RowRef(number, other).text for other in message.members if other != index)
        if message
        else (),
        cells=dict(zip(ledger.campaigns.columns(campaign_id), said.cells, strict=False)),
        code=invalid.code if invalid else None,
        column=invalid.column if invalid else None,
        other_word=text_of(word) if word else None,
    )
