"""Does to the hosts what a plan says, and takes it back when its time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from tests.chaos.plan import Deed
from tests.cluster.servers import STORES, wait
from tests.cluster.stand import HOSTS, SENDERS, WEBS, Stand

#: After a fault's end all servers are in step again within this time.
WHOLE_SECONDS = 60.0
LOST_SHARE = 0.15
Undo = Callable[[], None]


@dataclass
class Done:
    """A deed as it was done: when it began and ended, in ms since 1970; `ended_ms` is 0 while it lasts."""

    what: str
    began_ms: int
    ended_ms: int = 0


class Doing:
    """The deeds on one stand. `done` is all of them, in order."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.done: list[Done] = []

    def do(self, deed: Deed) -> Done:
        """Begin it; its end comes by itself."""
        begin = beginning_of(deed.what)
        done = Done(deed.what, _now_ms())
        self.done.append(done)
        self._stand.log(f"begins: {deed.what}, {deed.lasts} s")
        undo = begin(self, deed.choice)

        def end() -> None:
            undo()
            done.ended_ms = _now_ms()
            self._stand.log(f"ends: {deed.what}")

        self._stand.keeper.later(deed.lasts, end)
        return done

    def await_whole(self) -> None:
        """The servers are in step, as they are when the next fault may come."""
        try:
            wait(self._stand.servers.whole, WHOLE_SECONDS, "a primary with two replicas")
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self._stand.servers.trouble()}") from None

    def _primary(self) -> str:
        """The host of the primary, when Sentinels agree on one."""
        found: list[str] = []

        def seen() -> bool:
            with suppress(LookupError):
                found.append(self._stand.servers.primary())
            return bool(found)

        wait(seen, WHOLE_SECONDS, "a primary")
        return found[0]

    def _replicas(self, choice: float) -> list[str]:
        others = [host for host in STORES if host != self._primary()]
        return others if choice < 0.5 else others[::-1]

    def _killed(self, name: str) -> Undo:
        part = self._stand.part(name)
        part.kill(WHOLE_SECONDS)
        return part.come_back

    def _pulled(self, *hosts: str) -> Undo:
        network = self._stand.network
        for host in hosts:
            network.pull(host)
        return _all(partial(network.mend, host) for host in hosts)

    def _clean_failover(self, _: float) -> Undo:
        self._stand.servers.hand_over()
        return _nothing

    def _primary_killed(self, _: float) -> Undo:
        return self._killed(f"valkey {self._primary()}")

    def _primary_stands_still(self, _: float) -> Undo:
        part = self._stand.part(f"valkey {self._primary()}")
        part.pause()
        return part.go_on

    def _primary_cut_off(self, _: float) -> Undo:
        return self._pulled(self._primary())

    def _primary_cut_off_with_a_sender(self, choice: float) -> Undo:
        """Both sides live and reach CarrierX and the broker: who claims here is cut off from who claims there."""
        network, island = self._stand.network, {self._primary(), SENDERS[choice < 0.5]}
        shore = [host for host in HOSTS if host not in {*island, "carrierx", "mq"}]
        for here in island:
            for there in shore:
                network.part(here, there)
        return network.mend_all

    def _primary_hears_nothing(self, _: float) -> Undo:
        return self._deaf(self._primary())

    def _primarys_disk_full(self, _: float) -> Undo:
        return self._full(self._primary())

    def _one_replica_cut_off(self, choice: float) -> Undo:
        return self._pulled(self._replicas(choice)[0])

    def _both_replicas_stand_still(self, choice: float) -> Undo:
        """Cut off together, they and their Sentinels would make one of them the primary."""
        parts = [self._stand.part(f"valkey {host}") for host in self._replicas(choice)]
        for part in parts:
            part.pause()
        return _all(part.go_on for part in parts)

    def _losses_at_the_primary(self, _: float) -> Undo:
        return self._losing(self._primary())

    def _primary_slow(self, _: float) -> Undo:
        return self._slowed(self._primary())

    def _sender_killed(self, choice: float) -> Undo:
        return self._killed(SENDERS[choice < 0.5])

    def _sender_cut_off(self, choice: float) -> Undo:
        return self._pulled(SENDERS[choice < 0.5])

    def _sender_hears_nothing(self, choice: float) -> Undo:
        return self._deaf(SENDERS[choice < 0.5])

    def _sender_slow(self, choice: float) -> Undo:
        return self._slowed(SENDERS[choice < 0.5])

    def _losses_at_a_sender(self, choice: float) -> Undo:
        return self._losing(SENDERS[choice < 0.5])

    def _a_send_process_killed(self, choice: float) -> Undo:
        self._stand.host(SENDERS[choice < 0.5]).kill_one(choice)
        return _nothing

    def _web_cut_off_from_the_ledger(self, choice: float) -> Undo:
        """What it takes goes to its spool, until it is back."""
        network, host = self._stand.network, WEBS[choice < 0.5]
        for store in STORES:
            network.part(host, store)
        return network.mend_all

    def _web_cut_off(self, choice: float) -> Undo:
        """With what lies in its spool: a moment before it loses the ledger, and goes on taking callbacks."""
        network, host = self._stand.network, WEBS[choice < 0.5]
        for store in STORES:
            network.part(host, store)
        self._stand.keeper.later(1.0, lambda: network.pull(host))
        return network.mend_all

    def _webs_disk_full(self, choice: float) -> Undo:
        """While it needs its spool."""
        mend, make_room = self._web_cut_off_from_the_ledger(choice), self._full(WEBS[choice < 0.5])
        return _all((make_room, mend))

    def _one_door_gone(self, choice: float) -> Undo:
        return self._killed(WEBS[choice < 0.5])

    def _broker_gone(self, choice: float) -> Undo:
        """Killed or cut off; a broker through Sentinels goes with the primary's server."""
        rabbit = self._stand.rabbit
        if rabbit is None:
            return self._primary_killed(choice)
        if choice < 0.5:
            return self._pulled("mq")
        rabbit.kill()
        return rabbit.start

    def _control_gone(self, choice: float) -> Undo:
        return self._killed("control") if choice < 0.5 else self._pulled("control")

    def _a_Sentinel_killed(self, choice: float) -> Undo:  # noqa: N802 - as it is called in plans
        return self._killed(f"sentinel {STORES[int(choice * len(STORES))]}")

    def _deaf(self, host: str) -> Undo:
        self._stand.network.deafen(host)
        return lambda: self._stand.network.mend(host)

    def _losing(self, host: str) -> Undo:
        self._stand.network.lose(host, LOST_SHARE)
        return lambda: self._stand.network.mend(host)

    def _slowed(self, host: str) -> Undo:
        self._stand.network.slow(host)
        return lambda: self._stand.network.mend(host)

    def _full(self, host: str) -> Undo:
        self._stand.disks[host].fill()
        return self._stand.disks[host].make_room


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def beginning_of(what: str) -> Callable[[Doing, float], Undo]:
    """How a deed begins: the method of `Doing` that has its name.

    Raises:
        AttributeError: there is none.
    """
    method: Callable[[Doing, float], Undo] = getattr(Doing, "_" + what.replace(" ", "_").replace("'", ""))
    return method


def _all(undoings: Iterable[Undo]) -> Undo:
    kept = list(undoings)

    def undo() -> None:
        for each in kept:
            each()

    return undo


def _nothing() -> None:
    """There is nothing to take back."""
