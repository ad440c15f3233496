"""Batches that a sender takes under leases, what it records and claims of them, and how it gives them back.

What is asked of several batches shares a round trip. The arguments' order is known here (that of claims and records in
`_claim_wire`) and in the script's head, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dispatcher.ledger.batches._claim_wire import Call, claim_answers, claim_call, record_call
from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, Denied, Hold, Record, TakenBatch
from dispatcher.ledger.batches.packing import unpack_batch
from dispatcher.ledger.batches.rows import unpack_rows
from dispatcher.ledger.installation.counters import count_call
from dispatcher.ledger.store.connection import text_of
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.campaign import CampaignSettings


class Exchange(NamedTuple):
    """What is recorded of a batch, and what is claimed of it next."""

    hold: Hold
    records: Sequence[Record]
    claims: Sequence[Claim]


class EndedHold(NamedTuple):
    """A batch that is given back: due again in `wait_ms`, 0: as its rows say. With `rests_for` all of the campaign
    rests for so long, because of that limit."""

    hold: Hold
    wait_ms: int = 0
    rests_for: str = ""


class Unreadable(NamedTuple):
    """A batch that was taken and that is not as we wrote it: its lease runs out."""

    campaign: str
    batch: int
    error: Exception


class Leases:
    """The part of `Batches` that senders use."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def take(
        self, campaign_id: str, number: int, *, token: bytes, lease_ms: int, look_ms: int
    ) -> TakenBatch | Denied:
        """Take a batch under a lease. What a dead sender had claimed becomes `unconfirmed`."""
        arguments = (campaign_id, number, token, lease_ms, look_ms, 1)
        return _taken(campaign_id, number, token, self._scripts.run("batches/take", *arguments))

    def pick(
        self, *, token: bytes, lease_ms: int, look_ms: int, again_ms: int, most: int, chance: float
    ) -> tuple[list[TakenBatch | Unreadable], int]:
        """Take batches for a process that has room, one of each campaign; and ms until the next campaign is due.

        The ms are 0 if one is due now, -1 if none will be by itself. `chance`, from 0 below 1, says where among the
        campaigns to begin. A batch that may not be taken after all is due again after `again_ms`.
        """
        next_ms, *picked = self._scripts.run("batches/pick", token, lease_ms, look_ms, again_ms, most, chance)
        taken: list[TakenBatch | Unreadable] = []
        for campaign, number, answer in zip(picked[::3], picked[1::3], picked[2::3], strict=True):
            each: TakenBatch | Denied | Unreadable
            try:
                each = _taken(text_of(campaign), int(number), token, answer)
            except Exception as error:
                each = Unreadable(text_of(campaign), int(number), error)
            if not isinstance(each, Denied):
                taken.append(each)
        return taken, int(next_ms)

    def renew(self, hold: Hold, *, lease_ms: int) -> str:
        """`ok`, `lost`, or the campaign's state when it does not run any more."""
        return self.renew_many([hold], lease_ms=lease_ms)[0]

    def renew_many(self, holds: Sequence[Hold], *, lease_ms: int) -> list[str]:
        """The same of several, in one round trip."""
        calls = [("batches/renew", (hold.campaign, hold.batch, hold.token, lease_ms)) for hold in holds]
        return [text_of(answer) for answer in self._scripts.run_many(calls)]

    def record_and_claim(
        self,
        hold: Hold,
        records: Sequence[Record],
        claims: Sequence[Claim],
        *,
        caller_ms: int,
        fingerprint: str,
    ) -> tuple[list[str], list[ClaimAnswer]]:
        """Record and claim in one round trip, in this order. Safe to repeat with the same arguments.

        `caller_ms` is the caller's own clock: more than 5 s apart from Redis's and every claim is denied.
        """
        return self.exchange([Exchange(hold, records, claims)], caller_ms=caller_ms, fingerprint=fingerprint)[
            0
        ]

    def exchange(
        self, exchanges: Sequence[Exchange], *, caller_ms: int, fingerprint: str
    ) -> list[tuple[list[str], list[ClaimAnswer]]]:
        """Record and claim for several batches in one round trip: all records before all claims."""
        calls = [record_call(each.hold, each.records) for each in exchanges if each.records]
        calls += [
            claim_call(each.hold, each.claims, caller_ms, fingerprint) for each in exchanges if each.claims
        ]
        answers = iter(self._scripts.run_many(calls))
        recorded = [list(map(text_of, next(answers))) if each.records else [] for each in exchanges]
        claimed = [
            claim_answers(next(answers), len(each.claims)) if each.claims else [] for each in exchanges
        ]
        return list(zip(recorded, claimed, strict=True))

    def give_back(
        self,
        hold: Hold,
        *,
        wait_ms: int,
        poll_ms: int,
        look_ms: int,
        rests_for: str = "",
        counts: Mapping[str, int] | None = None,
    ) -> str:
        """End the lease: `done`, `due` (again, when its next row is) or `lost`. What was claimed and never
        recorded is looked for after `look_ms`; rows without a last word are asked for after `poll_ms`.

        With `rests_for` the whole campaign rests for `wait_ms`: that limit holds all of it. `counts` goes with it."""
        ended = [EndedHold(hold, wait_ms, rests_for)]
        return self.give_back_many(ended, poll_ms=poll_ms, look_ms=look_ms, counts=counts)[0]

    def give_back_many(
        self,
        ended: Sequence[EndedHold],
        *,
        poll_ms: int,
        look_ms: int,
        counts: Mapping[str, int] | None = None,
    ) -> list[str]:
        """The same of several, in one round trip."""
        calls: list[Call] = [
            (
                "batches/give_back",
                (hold.campaign, hold.batch, hold.token, wait_ms, poll_ms, look_ms, rests_for),
            )
            for hold, wait_ms, rests_for in ended
        ]
        if counts:
            calls.append(count_call(counts))
        return [text_of(answer) for answer in self._scripts.run_many(calls)[: len(ended)]]


def _taken(campaign: str, number: int, token: bytes, answer: Sequence[Any]) -> TakenBatch | Denied:
    word = answer[0].decode()
    if word != "ok":
        return Denied(word, text_of(answer[1]) if len(answer) > 1 else "")
    batch = unpack_batch(answer[2])
    changed = dict(zip(answer[3][::2], answer[3][1::2], strict=True))
    settings = CampaignSettings.model_validate_json(answer[4])
    return TakenBatch(Hold(campaign, number, token, answer[1]), batch, unpack_rows(batch, changed), settings)
