"""Recurring broadcasts: each has a stored file, a calendar line and the time of its next occurrence."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from dispatcher.errors import NotFound
from dispatcher.ledger import keys
from dispatcher.ledger.connect import text_of, translated
from dispatcher.ledger.scripts import Scripts
from dispatcher.ledger.uploads import UNOWNED_SECONDS
from dispatcher.model.campaign import CampaignSettings


class Schedule(BaseModel):
    """One recurring broadcast. Times in ms. `late_ms`: how much too late an occurrence may still start."""

    model_config = ConfigDict(frozen=True)

    id: str
    every: str
    late_ms: int
    settings: CampaignSettings
    fixed: tuple[str, ...]
    filename: str
    chunks: int
    columns: tuple[str, ...]
    made: int = 0
    missed: int = 0
    last_missed_ms: int = 0
    last_campaign: str = ""


class Schedules:
    """All recurring broadcasts of this ledger. Their files lie under the schedule's id, as those of campaigns do."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def put(self, schedule: Schedule, next_ms: int) -> None:
        """Make or change one; its file is stored already, and owned from now on."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            for chunk in range(schedule.chunks):
                pipeline.persist(keys.upload(schedule.id, chunk))
            pipeline.hset(keys.SCHEDULES, schedule.id, schedule.model_dump_json(by_alias=True))
            pipeline.zadd(keys.SCHEDULE_DUE, {schedule.id: next_ms})
            pipeline.execute()

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
        return bool(self._scripts.run("occurred", schedule.id, at_ms, next_ms, fields) == b"ok")

    def remove(self, schedule_id: str) -> None:
        """End it and erase its file; campaigns it made go on.

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
            pipeline.execute()
