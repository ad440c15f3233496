"""Campaigns: made, read, listed, steered."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from dispatcher.errors import Conflict, NotFound, SubmittedBefore
from dispatcher.ledger.campaigns._snapshots import read_snapshots
from dispatcher.ledger.campaigns.media import pack_facts
from dispatcher.ledger.limits.limits import wake
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.reading_rules import FIRST_RULES, READING_RULES
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CampaignState

_SLUG_LENGTH = 20
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_id(name: str) -> str:
    """An id that a person can read and type: the name's beginning and six random characters."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG_LENGTH].strip("-") or "campaign"
    return f"{slug}-{''.join(secrets.choice(_ID_LETTERS) for _ in range(6))}"


class Campaigns:
    """All campaigns of this ledger."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def create(
        self,
        campaign_id: str,
        settings: CampaignSettings,
        *,
        fixed: frozenset[str],
        filename: str,
        chunks: int,
        columns: Sequence[str],
        start_at_ms: int | None,
        settle_ms: int,
        rate: tuple[float, float] | None,
        digest: str = "",
        media: Mapping[str, MediaFacts] | None = None,
        media_files: Sequence[str] = (),
        kind: str = "",
        constraints: Mapping[str, int] | None = None,
        draft: bool = False,
        mended: int = 0,
        reading_rules: int = READING_RULES,
    ) -> bool:
        """Make a campaign whose upload is stored under its id already. False: the id is in use.

        `rate` is the campaign's own limit as (interval, tolerance) in microseconds. `digest` stands for the file's
        content and the settings; empty: whatever was submitted before. `media` is what was found about media
        addresses, `media_files` the hashes of stored media that it needs. `kind` is `answer` or `confirmation` for
        what we answer by ourselves; the claim treats those differently, and lists leave them out. `constraints` are
        what the claim reads of the settings: `urgent` (1), `expires_ms` after the start, `max_cost` in micro-dollars.
        `mended` counts the cells of the file that a person mended, `reading_rules` are those by which it was checked.

        Raises:
            SubmittedBefore: the same was made into a campaign in the last 24 h.
        """
        fields: list[str | int | bytes] = [_rate_text(rate) if rate else "", "" if draft else digest]
        fields += [int(settings.allow_same_file), pack_facts(media) if media else "", " ".join(media_files)]
        fields += ["settings", settings.model_dump_json(by_alias=True), "filename", filename]
        fields += ["fixed", json.dumps(sorted(fixed)), "columns", json.dumps(list(columns))]
        fields += ["chunks", chunks, "settle_ms", settle_ms, "reading_rules", reading_rules]
        if kind:
            fields += ["kind", kind]
        if mended:
            fields += ["mended", mended]
        if draft:
            fields += ["state", CampaignState.DRAFT.value, "draft", digest]
        for name, value in (constraints or {}).items():
            fields += [name, value]
        if start_at_ms is not None:
            fields += ["start_at", start_at_ms]
        answer = text_of(self._scripts.run("campaigns/create", campaign_id, *fields))
        if answer.startswith("same "):
            raise SubmittedBefore(answer.removeprefix("same "))
        return answer == "ok"

    def launch(self, campaign_id: str, start_at_ms: int | None, *, allow_same: bool) -> None:
        """A draft is sent from now on.

        Raises:
            NotFound, Conflict: there is none, or it is a draft no more.
            SubmittedBefore: the same was made into a campaign in the last 24 h.
        """
        start_at = "" if start_at_ms is None else start_at_ms
        self._of_draft(
            campaign_id, self._scripts.run("campaigns/launch", campaign_id, start_at, int(allow_same))
        )

    def discard(self, campaign_id: str) -> None:
        """A draft and its file are forgotten.

        Raises:
            NotFound, Conflict: there is none, or it is a draft no more.
        """
        self._of_draft(campaign_id, self._scripts.run("campaigns/discard", campaign_id))

    def stored_file(self, campaign_id: str) -> tuple[str, int]:
        """The name of the campaign's file, and how many chunks it is stored in until it is read."""
        with translated():
            found: Any = self._redis.hmget(keys.campaign(campaign_id), "filename", "chunks")
        return text_of(found[0] or b""), int(found[1] or 0)

    def drafts(self) -> list[str]:
        """Ids of all drafts."""
        with translated():
            ids = [text_of(name) for name in self._redis.zrange(keys.CAMPAIGNS, 0, -1)]
            pipeline = self._redis.pipeline(transaction=False)
            for campaign_id in ids:
                pipeline.hget(keys.campaign(campaign_id), "state")
            states = pipeline.execute()
        return [campaign_id for campaign_id, state in zip(ids, states, strict=True) if state == b"draft"]

    @staticmethod
    def _of_draft(campaign_id: str, said: bytes) -> None:
        answer = text_of(said)
        if answer.startswith("same "):
            raise SubmittedBefore(answer.removeprefix("same "))
        if answer == "gone":
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        if answer != "ok":
            raise Conflict(f"campaign {campaign_id} is {answer}, no draft any more")

    def made_before(self, digest: str) -> str | None:
        """The campaign that was made of the same in the last 24 h, if it is neither cancelled nor failed."""
        with translated():
            found: Any = self._redis.get(f"{keys.SAME}{digest}")
            if found is None:
                return None
            state: Any = self._redis.hget(keys.campaign(text_of(found)), "state")
        ended = {CampaignState.CANCELLING, CampaignState.CANCELLED, CampaignState.FAILED}
        return None if state is None or CampaignState(text_of(state)) in ended else text_of(found)

    def set_rate(self, scope: LimitScope, rate: tuple[float, float]) -> None:
        """Put a limit in force from the next claim on: interval and tolerance in microseconds."""
        with translated():
            self._redis.hset(keys.RATES, scope, _rate_text(rate))

    def get(self, campaign_id: str) -> Campaign:
        """One campaign's snapshot.

        Raises:
            NotFound: there is none of this id.
        """
        found = read_snapshots(self._redis, [campaign_id])
        if found[0] is None:
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        return found[0]

    def list(self, *, limit: int = 50, offset: int = 0) -> list[Campaign]:
        """Snapshots, newest first."""
        with translated():
            ids = self._redis.zrevrange(keys.CAMPAIGNS, offset, offset + limit - 1)
        found = read_snapshots(self._redis, [text_of(name) for name in ids])
        return [campaign for campaign in found if campaign is not None]

    def some(self, ids: Sequence[str]) -> Sequence[Campaign]:
        """Snapshots of those of these that are there."""
        found = read_snapshots(self._redis, ids) if ids else []
        return [campaign for campaign in found if campaign is not None]

    def ids(self) -> Sequence[str]:
        """Ids of all campaigns, the newest first; then of our own answers."""
        with translated():
            found = [self._redis.zrevrange(key, 0, -1) for key in (keys.CAMPAIGNS, keys.ANSWERS)]
        return [text_of(name) for names in found for name in names]

    def settings_of(self, campaign_id: str) -> CampaignSettings:
        """A campaign's settings as they were given.

        Raises:
            NotFound: there is none of this id.
        """
        with translated():
            value = self._redis.hget(keys.campaign(campaign_id), "settings")
        if value is None:
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        return CampaignSettings.model_validate_json(value)

    def fixed_of(self, campaign_id: str) -> frozenset[str]:
        """The fields of its settings that came from options: they outrank the file's columns."""
        with translated():
            value = self._redis.hget(keys.campaign(campaign_id), "fixed")
        return frozenset(json.loads(value or b"[]"))

    def reading_rules_of(self, campaign_id: str) -> int:
        """By which rules its file was checked."""
        with translated():
            value: Any = self._redis.hget(keys.campaign(campaign_id), "reading_rules")
        return int(value or FIRST_RULES)

    def columns(self, campaign_id: str) -> tuple[str, ...]:
        """The headings of the campaign's file as they stood."""
        with translated():
            value = self._redis.hget(keys.campaign(campaign_id), "columns")
        return tuple(json.loads(value or b"[]"))

    def batch_numbers(self, campaign_id: str) -> range:
        """All batches made so far."""
        with translated():
            value = self._redis.hget(keys.campaign(campaign_id), "batches")
        return range(int(value or 0))

    def texts(self, campaign_id: str) -> dict[int, str]:
        """Refusal and wait texts by their numbers."""
        with translated():
            found = self._redis.hgetall(keys.texts(campaign_id))
        return {int(name): text_of(text) for name, text in found.items() if name.isdigit()}

    def long_sids(self, campaign_id: str) -> dict[str, str]:
        """Sids that are no UUID, by `batch.message`."""
        with translated():
            found = self._redis.hgetall(f"{keys.campaign(campaign_id)}:sids")
        return {text_of(name): text_of(sid) for name, sid in found.items()}

    def some_long_sids(self, campaign_id: str, refs: Sequence[str]) -> dict[str, str]:
        """The same of these `batch.message` alone."""
        if not refs:
            return {}
        with translated():
            found = self._redis.hmget(f"{keys.campaign(campaign_id)}:sids", list(refs))
        return {ref: text_of(sid) for ref, sid in zip(refs, found, strict=True) if sid}

    def steer(self, campaign_id: str, to: CampaignState, reason: str = "") -> None:
        """Pause, resume (`to` running) or cancel. Every claim after this returns obeys it.

        Raises:
            NotFound, Conflict: there is none, or its state does not allow this.
        """
        answer = self._scripts.run("campaigns/steer", campaign_id, to.value, reason).decode()
        if answer == "gone":
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        if answer != "ok":
            raise Conflict(f"campaign {campaign_id} is {answer}: it cannot become {to.value}")
        if to is CampaignState.RUNNING:  # limits may have changed meanwhile
            wake(self._scripts, campaign_id)

    def change_start(self, campaign_id: str, start_at_ms: int, settings: CampaignSettings) -> None:
        """Give a campaign that has not started another start, and the settings that say so.

        Raises:
            NotFound, Conflict: there is none, or it has started or ended.
        """
        changed = settings.model_dump_json(by_alias=True)
        answer = text_of(self._scripts.run("campaigns/change_start", campaign_id, start_at_ms, changed))
        if answer == "gone":
            raise NotFound(f"there is no campaign {campaign_id!r}", hint="`mms campaign list` shows them")
        if answer != "ok":
            raise Conflict(f"campaign {campaign_id} is {answer}: its start is over")

    def withdraw(self, campaign_id: str, reason: str) -> bool:
        """End a campaign that has not started; False: it has, and goes on. One that is not there is no matter."""
        return bool(self._scripts.run("campaigns/withdraw", campaign_id, reason) != b"started")

    def expire(self, campaign_id: str) -> bool:
        """Its time is over: ask for a sweep of what is unsent. Claims obey the time by themselves."""
        return bool(self._scripts.run("campaigns/expire", campaign_id) == b"ok")

    def swept(self, campaign_id: str) -> bool:
        """End the sweep if no row is pending or sending any more."""
        return bool(self._scripts.run("campaigns/finish_sweep", campaign_id) == b"ok")

    def settle(self, campaign_id: str) -> bool:
        """The settle window is over."""
        return bool(self._scripts.run("campaigns/settle", campaign_id) == b"ok")


def _rate_text(rate: tuple[float, float]) -> str:
    return f"{rate[0]:.3f}:{rate[1]:.3f}"
