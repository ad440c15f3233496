"""Erasing: a person from a batch, or what is personal from a whole campaign that has ended. Counts stay."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from dispatcher.errors import Conflict, NotFound
from dispatcher.ledger.batches.packing import Batch, pack_batch
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts, type_of_argument
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
        return str(self._scripts.run("consent/erase_person", *arguments).decode())

    def erase_batches(
        self, campaign_id: str, bare: CampaignSettings, first: int, count: int, sid_hashes: Sequence[bytes]
    ) -> None:
        """Erase a part of an ended campaign; with the last part its texts, settings and headings go too.

        Raises:
            NotFound, Conflict: there is no such campaign, or it is not over and settled.
        """
        settings = bare.model_dump_json(by_alias=True)
        arguments: list[type_of_argument] = [campaign_id, settings, first, count, *sid_hashes]
        answer = text_of(self._scripts.run("consent/erase_campaign", *arguments))
        if answer == "gone":
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        if answer != "ok":
            raise Conflict(
                f"campaign {campaign_id} is {answer} and not settled: CarrierX may still speak of its messages",
                hint="cancel it, or wait until `mms campaign show` says when it was settled",
            )

    def stale_sids(self, campaign_id: str) -> list[bytes]:
        """Hashes (10 bytes) of sids that rows of a campaign had once."""
        with translated():
            found = self._redis.smembers(f"{keys.campaign(campaign_id)}:stale")
        return [bytes.fromhex(text_of(each)) for each in found]

    def prune(self, campaign_id: str) -> bool:
        """The last of an erased campaign is gone: counts, times, its name. False: it is not erased."""
        return bool(self._scripts.run("consent/prune_campaign", campaign_id) == b"ok")

    def is_answer(self, campaign_id: str) -> bool:
        """Whether it is something that we answered by ourselves."""
        with translated():
            return bool(self._redis.zscore(keys.ANSWERS, campaign_id) is not None)

    def drafts_before(self, made_before_ms: int, most: int) -> list[str]:
        """Drafts made before then, the oldest first."""
        found = self._made_before(made_before_ms, ["state"])
        return [campaign_id for campaign_id, (state,) in found if state == b"draft"][:most]

    def erased_before(self, ended_before_ms: int, most: int) -> list[str]:
        """Erased campaigns that were over before then, the oldest first."""
        wanted = ["erased_at", "finished_at", "settled_at"]
        found = self._made_before(ended_before_ms, wanted)
        old = [
            campaign_id
            for campaign_id, (erased, finished, settled) in found
            if erased and int(finished or settled or erased) < ended_before_ms
        ]
        return old[:most]

    def _made_before(self, made_before_ms: int, fields: list[str]) -> list[tuple[str, list[Any]]]:
        """These fields of what we answered by ourselves and of campaigns, the oldest of either first."""
        with translated():
            found: Any = [
                name
                for key in (keys.ANSWERS, keys.CAMPAIGNS)
                for name in self._redis.zrangebyscore(key, "-inf", made_before_ms)
            ]
            names = [text_of(name) for name in found]
            pipeline = self._redis.pipeline(transaction=False)
            for name in names:
                pipeline.hmget(keys.campaign(name), fields)
            return list(zip(names, pipeline.execute(), strict=True))

    def forget_number(self, number: str) -> None:
        """Erase what is kept of a number beside campaigns and inbound messages; not that it opted out."""
        with translated():
            self._redis.delete(keys.cap(number))
            self._redis.hdel(keys.OPT_OUTS_OWED, number)

    def ended_before(self, created_before_ms: int, most: int) -> list[str]:
        """Campaigns made before then that are settled and not erased yet, the oldest first."""
        wanted = ["settled_at", "erased_at", "finished_at"]
        found = self._made_before(created_before_ms, wanted)
        ready = [
            campaign_id
            for campaign_id, (settled, erased, finished) in found
            if settled and not erased and int(finished or settled) < created_before_ms
        ]
        return ready[:most]
