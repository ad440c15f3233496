"""Erasing: a person from a batch, or what is personal from a whole campaign that has ended. Counts stay."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1

from dispatcher.errors import Conflict, NotFound
from dispatcher.ledger import keys
from dispatcher.ledger.connect import text_of, translated
from dispatcher.ledger.packing import Batch, pack_batch
from dispatcher.ledger.scripts import Scripts, type_of_argument
from dispatcher.model.campaign import CampaignSettings

FORGOTTEN = "forgotten"


class Erasure:
    """Takes personal data out of the ledger."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def packed(self, campaign_id: str, number: int) -> bytes | None:
        """A batch as it lies in the ledger."""
        with translated():
            value: bytes | None = self._redis.get(keys.batch(campaign_id, number))  # type: ignore[assignment]
        return value

    def replace_batch(
        self, campaign_id: str, number: int, seen: bytes, without: Batch, rows: Sequence[int]
    ) -> str:
        """Put `without` in the place of a batch that was read as `seen`; these rows are not sent any more.

        Answers `ok`, `changed` (somebody else did; read it again) or `sending` (wait, and try again).
        """
        digest = sha1(seen, usedforsecurity=False).hexdigest()
        arguments: list[type_of_argument] = [
            campaign_id,
            number,
            digest,
            pack_batch(without),
            FORGOTTEN,
            *rows,
        ]
        return str(self._scripts.run("forget", *arguments).decode())

    def erase_batches(
        self, campaign_id: str, bare: CampaignSettings, first: int, count: int, sid_hashes: Sequence[bytes]
    ) -> None:
        """Erase a part of an ended campaign; with the last part its texts, settings and headings go too.

        Raises:
            NotFound, Conflict: there is no such campaign, or it is not over and settled.
        """
        settings = bare.model_dump_json(by_alias=True)
        arguments: list[type_of_argument] = [campaign_id, settings, first, count, *sid_hashes]
        answer = text_of(self._scripts.run("erased", *arguments))
        if answer == "gone":
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        if answer != "ok":
            raise Conflict(
                f"campaign {campaign_id} is {answer} and not settled: CarrierX may still speak of its messages",
                hint="cancel it, or wait until `mms campaign show` says when it was settled",
            )

    def forget_number(self, number: str) -> None:
        """Erase what is kept of a number beside campaigns and inbound messages; not that it opted out."""
        with translated():
            self._redis.delete(keys.cap(number))
            self._redis.hdel(keys.OPT_OUTS_OWED, number)

    def ended_before(self, created_before_ms: int, most: int) -> list[str]:
        """Campaigns made before then that are settled and not erased yet, the oldest first."""
        with translated():
            lists = (keys.ANSWERS, keys.CAMPAIGNS)
            named = [self._redis.zrangebyscore(key, "-inf", created_before_ms) for key in lists]
            old = [text_of(name) for names in named for name in names]
            pipeline = self._redis.pipeline(transaction=False)
            for campaign_id in old:
                pipeline.hmget(keys.campaign(campaign_id), ["settled_at", "erased_at", "finished_at"])
            found = pipeline.execute()
        ready = [
            campaign_id
            for campaign_id, (settled, erased, finished) in zip(old, found, strict=True)
            if settled and not erased and int(finished or settled) < created_before_ms
        ]
        return ready[:most]
