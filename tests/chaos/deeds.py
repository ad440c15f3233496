"""Does to a stand what a plan says, and keeps what a person commanded as gates."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import redis
from celery import Celery
from kombu.exceptions import OperationalError

from dispatcher.errors import Conflict, MmsError, StoreUnavailable
from dispatcher.model.state import CampaignState
from dispatcher.queues import QUEUE_NAMES
from tests.chaos.campaigns import SENDERS
from tests.chaos.history import FileRow, Gate
from tests.chaos.plan import Deed
from tests.chaos.receiver import die_with_a_spool, start_without_store
from tests.chaos.stand import Stand
from tests.hints import flicker

#: So many rows in a row opt out at once.
STOPS = 6


@dataclass
class Doing:
    """The deeds of one run. `campaign` is the id of its campaign, `gates` what was commanded of it."""

    stand: Stand
    campaign: str
    rows: tuple[FileRow, ...] = field(default=(), repr=False)
    gates: list[Gate] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def do(self, deed: Deed) -> None:
        """Do it now; what it takes back later is done later."""
        words = deed.what.split(" ", 1)
        match words:
            case ["kill", "a send child"]:
                self.stand.part("send").kill_a_child(deed.choice)
            case ["kill", part]:
                self.stand.part(part).kill(deed.lasts)
            case ["stop", part]:
                self.stand.stand_still(part, deed.lasts)
            case ["STOPs"]:
                self._stops(deed.choice)
            case _:
                self._others()[deed.what](deed.lasts)
        self.done.append(deed.what)

    def _others(self) -> dict[str, Callable[[float], None]]:
        return {
            "delete queues": lambda _: self._delete_queues(),
            "repeat hints": lambda _: self._repeat_hints(),
            "second beat": self.stand.second_beat,
            "wrong clock": self.stand.wrong_clock,
            "control clock": self.stand.wrong_control_clock,
            "no beat": self.stand.part("beat").kill,
            "receiver killed with a spool": self._spool_and_kill,
            "receiver without valkey": lambda _: self._trial(start_without_store),
            "receiver dies with a spool": lambda _: self._trial(die_with_a_spool),
            "token refused": self._refuse_token,
            "429 storm": self._storm,
            "CarrierX away": self.stand.simulator_stands_still,
            "broker flickers": lambda _: self._broker_flickers(),
            "broker refuses": self._broker_refuses,
            "broker resets": lambda _: self.stand.wire.kill(),
            "broker falls silent": self._broker_falls_silent,
            "broker half-open": lambda _: self.stand.wire.half_open(),
            "no more clients": self._no_more_clients,
            "pause": lambda _: self._shut(CampaignState.PAUSED, "the pause"),
            "cancel": lambda _: self._shut(CampaignState.CANCELLING, "the cancel"),
            "resume": lambda _: self.resume(),
        }

    def resume(self) -> None:
        """Let a paused campaign go on."""
        opening = self.stand.ledger.agenda.now_ms() if self._answers() else int(time.time() * 1000)
        if self.gates and self.gates[-1].opened_ms is None and self._steered(CampaignState.RUNNING):
            self.gates[-1] = replace(self.gates[-1], opened_ms=opening)

    def resume_after_a_brake(self) -> None:
        """Where too many rows failed the campaign pauses by itself; a person who has looked lets it go on."""
        if "were refused or failed" in (self.stand.ledger.campaign(self.campaign).reason or ""):
            self._steered(CampaignState.RUNNING)

    def _shut(self, to: CampaignState, why: str) -> None:
        if self._steered(to):
            self.gates.append(Gate(why, int(time.time() * 1000)))

    def _steered(self, to: CampaignState) -> bool:
        """Said until it was heard; False when the campaign's state does not allow it."""
        while True:
            try:
                self.stand.ledger.campaigns.steer(self.campaign, to, "chaos")
            except Conflict:
                return False
            except StoreUnavailable:
                time.sleep(0.1)
            else:
                return True

    def _answers(self) -> bool:
        try:
            self.stand.ledger.agenda.now_ms()
        except MmsError:
            return False
        return True

    def _delete_queues(self) -> None:
        try:
            self.stand.ledger.redis.delete(*QUEUE_NAMES)
        except redis.RedisError:
            return

    def _repeat_hints(self) -> None:
        """Every Celery message that waits, once more; and a hint for every batch there is, twice."""
        store = self.stand.ledger.redis
        try:
            for queue in QUEUE_NAMES:
                waiting = store.lrange(queue, 0, -1)
                if waiting:
                    store.rpush(queue, *waiting)
            ids = [campaign.id for campaign in self.stand.ledger.campaigns.list(limit=3)]
            with Celery("chaos", broker=self.stand.broker_url) as app:
                for campaign_id in ids:
                    for batch in self.stand.ledger.campaigns.batch_numbers(campaign_id):
                        _hint(app, "send_batch", "send", campaign=campaign_id, batch=batch)
                        _hint(app, "send_batch", "send", campaign=campaign_id, batch=batch)
                    _hint(app, "expand_campaign", "expand", campaign=campaign_id)
                _hint(app, "ingest_callbacks", "ingest")
                for name in ("look_for_unconfirmed", "look_after_batches") * 2:
                    _hint(app, name, "look")
        except (redis.RedisError, MmsError, OperationalError):
            return

    def _broker_flickers(self) -> None:
        """For a moment new connections to the broker are refused, just when every worker takes a hint."""
        try:
            with Celery("chaos", broker=self.stand.broker_url) as app:
                flicker(app, self.stand.ledger.redis, self.stand.wire, QUEUE_NAMES)
        except (redis.RedisError, OperationalError):
            return

    def _broker_refuses(self, seconds: float) -> None:
        self.stand.wire.refuse()
        self.stand.wire.kill()
        self.stand.later(seconds, self.stand.wire.mend)

    def _broker_falls_silent(self, seconds: float) -> None:
        self.stand.wire.silence()
        self.stand.later(seconds, self.stand.wire.mend)

    def _no_more_clients(self, seconds: float) -> None:
        """The store takes no further connection, and those to the broker that are not in use are gone."""
        store = self.stand.ledger.redis
        try:
            before = str(store.config_get("maxclients")["maxclients"])
            store.config_set("maxclients", max(1, len(store.client_list())))
        except redis.RedisError:
            return
        self.stand.wire.kill(but_blocked=True)
        self.stand.later(seconds, partial(self._clients_again, before))

    def _clients_again(self, most: str) -> None:
        """Said until it was heard; a store that was started again meanwhile has its own number."""
        while True:
            try:
                self.stand.ledger.redis.config_set("maxclients", most)
            except redis.RedisError:
                time.sleep(0.2)
            else:
                return

    def _stops(self, choice: float) -> None:
        """A few recipients answer STOP; each says so until the receiver has taken it."""
        first = int(choice * len(self.rows))
        for row in self.rows[first : first + STOPS]:
            if row.sendable:
                self.stand.later(0.0, partial(self.stand.tell_receiver, stop_from(row.number)))

    def _spool_and_kill(self, seconds: float) -> None:
        """The receiver dies while what it took lies in its spool, because Redis is away."""
        self._stops(0.5)
        self.stand.part("valkey").kill(seconds)
        self.stand.later(seconds / 2, lambda: self.stand.part("web").kill(0.3))

    def _trial(self, trial: Callable[[Stand], None]) -> None:
        self.stand.later(0.0, partial(trial, self.stand))

    def _refuse_token(self, seconds: float) -> None:
        """Every token is refused for a while; then a person says `mms token carrierx`."""
        self.stand.simulator.set_faults(unauthorized=True)
        self.stand.later(seconds, self.stand.take_token_back)

    def _storm(self, seconds: float) -> None:
        before = self.stand.simulator.faults()
        self.stand.simulator.set_faults(throttle_share=1.0)
        self.stand.later(
            seconds, lambda: _discard(self.stand.simulator.set_faults(throttle_share=before.throttle_share))
        )


def stop_from(number: str) -> dict[str, str]:
    """The callback of a recipient who wants no more."""
    return {
        "message_sid": str(uuid.uuid4()),
        "direction": "inbound",
        "status": "received",
        "type": "sms",
        "from": number,
        "to": SENDERS[0],
        "message": "STOP",
    }


def _hint(app: Celery, task: str, queue: str, **arguments: str | int) -> None:
    app.send_task(task, kwargs=arguments, queue=queue, expires=60, retry=False)


def _discard(_: object) -> None:
    """The answer is not needed."""
