"""Recurring broadcasts: each has a stored file, a calendar line and the time of its next occurrence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from dispatcher.errors import NotFound
from dispatcher.ledger.campaigns.media import pack_facts, unpack_facts
from dispatcher.ledger.campaigns.uploads import UNOWNED_SECONDS
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.reading_rules import FIRST_RULES


class Schedule(BaseModel):
    """One recurring broadcast. Times in ms.

    `late_ms`: how much too late an occurrence may still start. `media_files`: hashes of the stored media that it needs.
    `digest` stands for the file's content and the settings, `mended` counts the cells of the file that a person mended.
    `reading_rules` are those by which the file was checked. `revision` counts its changes.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    every: str
    late_ms: int
    settings: CampaignSettings
    fixed: tuple[str, ...]
    filename: str
    chunks: int
    columns: tuple[str, ...]
    media_files: tuple[str, ...] = ()
    digest: str = ""
    mended: int = 0
    reading_rules: int = FIRST_RULES
    revision: int = 0
    made: int = 0
    missed: int = 0
    last_missed_ms: int = 0
    last_campaign: str = ""


class Schedules:
    """All recurring broadcasts of this ledger. Their files lie under the schedule's id, as those of campaigns do."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def put(
        self, schedule: Schedule, next_ms: int | None = None, media: Mapping[str, MediaFacts] | None = None
    ) -> None:
        """Make or change one; its file and its media are stored already, and owned from now on.

        `next_ms` is its next occurrence; None: as it stands. `media` is what was found about media addresses, for each
        campaign that is made of it.
        """
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            for chunk in range(schedule.chunks):
                pipeline.persist(keys.upload(schedule.id, chunk))
            for content_hash in schedule.media_files:
                pipeline.persist(keys.medium(content_hash))
                pipeline.sadd(f"{keys.medium(content_hash)}:for", schedule.id)
                pipeline.sadd(keys.MEDIA, content_hash)
            if media:
                pipeline.set(keys.media_facts(schedule.id), pack_facts(media))
            pipeline.hset(keys.SCHEDULES, schedule.id, schedule.model_dump_json(by_alias=True))
            if next_ms is not None:
                pipeline.zadd(keys.SCHEDULE_DUE, {schedule.id: next_ms})
            pipeline.execute()

    def media_facts(self, schedule_id: str) -> dict[str, MediaFacts]:
        """What was found about its media addresses when it was made."""
        with translated():
            packed: Any = self._redis.get(keys.media_facts(schedule_id))
        return unpack_facts(packed) if packed else {}

    def next_ms(self, schedule_id: str) -> int:
        """When its next occurrence is that no campaign was made for yet; 0: there is none."""
        with translated():
            return int(self._redis.zscore(keys.SCHEDULE_DUE, schedule_id) or 0)

    def get(self, schedule_id: str) -> Schedule:
        """One of them.

        Raises:
            NotFound: there is none of this id.
        """
        with translated():
            found = self._redis.hget(keys.SCHEDULES, schedule_id)
        if found is None:
            raise NotFound(f"there is no schedule {schedule_id!r}", hint="`mms schedule list` shows them")
        return Schedule.model_validate_json(found)

    def all(self) -> list[tuple[Schedule, int]]:
        """All of them with the time of their next occurrence, the soonest first."""
        with translated():
            found: Any = self._redis.zrange(keys.SCHEDULE_DUE, 0, -1, withscores=True)
        return [(self.get(text_of(name)), int(score)) for name, score in found]

    def some(self, most: int, offset: int = 0) -> list[tuple[Schedule, int]]:
        """Some of them in the same order."""
        with translated():
            found: Any = self._redis.zrange(keys.SCHEDULE_DUE, offset, offset + most - 1, withscores=True)
            names = [name for name, _ in found]
            values: Any = self._redis.hmget(keys.SCHEDULES, names) if names else []
        return [
            (Schedule.model_validate_json(value), int(score))
            for value, (_, score) in zip(values, found, strict=True)
            if value is not None
        ]

    def due(self, now_ms: int, most: int) -> list[tuple[str, int]]:
        """Ids of those whose time has come, and when it was."""
        with translated():
            found: Any = self._redis.zrangebyscore(
                keys.SCHEDULE_DUE, "-inf", now_ms, start=0, num=most, withscores=True
            )
        return [(text_of(name), int(score)) for name, score in found]

    def lend_file(self, schedule: Schedule, campaign_id: str) -> None:
        """Copy its file to a campaign that is about to be made; without one the copy lapses."""
        with translated():
            if self._redis.exists(keys.campaign(campaign_id)):
                return
            pipeline = self._redis.pipeline(transaction=True)
            for chunk in range(schedule.chunks):
                copy = keys.upload(campaign_id, chunk)
                pipeline.copy(keys.upload(schedule.id, chunk), copy, replace=True)
                pipeline.expire(copy, UNOWNED_SECONDS)
            pipeline.execute()

    def occurred(self, schedule: Schedule, at_ms: int, next_ms: int) -> bool:
        """Move on from the occurrence at `at_ms`; False: somebody was faster."""
        fields = schedule.model_dump_json(by_alias=True)
        return bool(
            self._scripts.run(
                "campaigns/finish_occurrence", schedule.id, at_ms, next_ms, schedule.revision, fields
            )
            == b"ok"
        )

    def remove(self, schedule_id: str) -> None:
        """End it and erase its file; campaigns it made go on, its media lapse when they are settled.

        Raises:
            NotFound: there is none of this id.
        """
        schedule = self.get(schedule_id)
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.zrem(keys.SCHEDULE_DUE, schedule_id)
            pipeline.hdel(keys.SCHEDULES, schedule_id)
            for chunk in range(schedule.chunks):
                pipeline.unlink(keys.upload(schedule_id, chunk))
            pipeline.unlink(keys.media_facts(schedule_id))
            pipeline.execute()
