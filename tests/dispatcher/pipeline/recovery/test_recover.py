"""A store that is put back from an older copy: it is noticed, nothing is sent, and after the recovery nothing twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import Refused
from dispatcher.ledger.batches.rows import EPOCH_MS
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.one_off import OneOffMessage, submit_one_off
from dispatcher.pipeline.consent.auto_replies import answer_inbound
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.reconcile.reconcile import look_after
from dispatcher.pipeline.recovery import recover as recovering
from dispatcher.pipeline.recovery._provider_history import ProviderHistory
from dispatcher.pipeline.recovery.recover import Recovered, continue_quarantine, recover
from dispatcher.pipeline.recovery.restore_detection import count_tick, detect_restore
from dispatcher.pipeline.reports.audit import audit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.pipeline.tick import Hints, tick
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import (
    CAMPAIGN,
    SENDER,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    recount,
    states,
    take,
)
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

SILENT = Hints(*[lambda _, __: None] * 4)


class Site:
    """A store that can be copied and put back, and the data folder outside of it that remembers."""

    def __init__(self, folder: Path, server: ValkeyServer, make_runtime: MakeRuntime) -> None:
        self._make_runtime = make_runtime
        self._more: dict[str, Any] = {}
        self.data = folder / "data"
        self._copy = folder / "copy"
        self._server = server
        self.runtime = self._open()

    def _open(self) -> Runtime:
        ledger = Ledger(client(self._server.url))
        return self._make_runtime(
            parts={"ledger": ledger},
            data_dir=self.data,
            unconfirmed_wait=0.001,
            redis_url=None,
            **self._more,
        )

    def configure(self, **settings: Any) -> None:
        """Work with these settings from now on."""
        self._more = settings
        self.runtime = self._open()

    @property
    def ledger(self) -> Ledger:
        """The ledger as it is now."""
        return self.runtime.ledger

    def restart(self, *, put_back: bool = False, copy: bool = False) -> None:
        """Stop the store, copy it or put the copy back, start it."""
        self._server.stop()
        if copy:
            shutil.copytree(self._server.folder, self._copy)
        if put_back:
            shutil.rmtree(self._server.folder)
            shutil.copytree(self._copy, self._server.folder)
        self._server.start()
        self.runtime = self._open()

    def tick(self, times: int = 1) -> str:
        """So many ticks; what the last one said."""
        for _ in range(times):
            self.ledger.redis.delete(keys.TICK)
            said = tick(self.runtime, SILENT)
        return said

    def send(self, number: int = 0, campaign_id: str = CAMPAIGN) -> str:
        """A sender works on this batch, and on no other beside it."""
        redis, due = self.ledger.redis, keys.due(campaign_id)
        known: Any = redis.zrange(due, 0, -1, withscores=True)
        others: dict[Any, float] = {name: at for name, at in known if int(name) != number}
        redis.delete(keys.OFFERED)
        if others:
            redis.zadd(due, {name: at + 10**9 for name, at in others.items()})
        said = send_batch(self.runtime, campaign_id, number)
        if others:
            redis.zadd(due, others)
        return said

    def recover(self, **options: Any) -> Recovered:
        """`mms recover` in a live installation."""
        restored = self.ledger.recovery.restored()
        assert restored is not None
        live = replace(self.runtime, settings=self.runtime.settings.model_copy(update={"simulate": False}))
        return recover(live, restored, who="tester", **options)


@pytest.fixture
def site(tmp_path: Path, server: ValkeyServer, make_runtime: MakeRuntime) -> Site:
    """One such store."""
    return Site(tmp_path, server, make_runtime)


@pytest.fixture
def put_back(site: Site) -> Site:
    """Three batches of two: one sent before the copy, one since, one never; then the copy was put back."""
    add_campaign(site.ledger, *(make_batch(1, 1, first_row=1 + 2 * number) for number in range(3)))
    site.tick()
    site.send(0)
    site.restart(copy=True)
    site.tick(3)
    site.send(1)
    site.restart(put_back=True)
    return site


def look_twice(site: Site, batches: int = 3, campaign_id: str = CAMPAIGN) -> None:
    """Reconcile looks at each batch until it may send what is not there."""
    for _ in range(2):
        for number in range(batches):
            look_after(site.runtime, campaign_id, number)


def test_a_store_that_was_put_back_is_noticed_by_the_tick_and_nothing_is_claimed(
    put_back: Site, simulator: SimulatorHandle
) -> None:
    sent = simulator.received().taken
    assert put_back.send(1) == "later 500", "before the first tick nobody knows"
    assert put_back.tick().startswith("restored")
    assert {put_back.send(number) for number in range(3)} == {"halt restored"}
    assert put_back.ledger.batches.offer(CAMPAIGN, window=9, most=9, offer_ms=1000) == []
    assert simulator.received().taken == sent


def test_a_claim_under_a_lease_from_before_is_denied_too(site: Site) -> None:
    add_campaign(site.ledger)
    taken = take(site.ledger)
    site.ledger.recovery.mark("told")
    now_ms = site.ledger.agenda.now_ms()
    answer = claim(site.ledger, taken.hold, make_claim(taken), now_ms=now_ms)
    assert (answer.word, answer.detail) == ("halt", "restored")


def test_after_the_recovery_nothing_goes_twice_and_the_campaign_ends_right(
    put_back: Site, simulator: SimulatorHandle
) -> None:
    put_back.tick()
    result = put_back.recover()
    assert (result.done, result.campaigns, result.found) == (True, {CAMPAIGN: 4}, 2)
    assert states(put_back.ledger, number=2) == ["unconfirmed"] * 2
    assert audit(put_back.ledger, CAMPAIGN).clean
    look_twice(put_back)
    assert states(put_back.ledger, number=2) == ["pending"] * 2
    put_back.tick()
    put_back.send(2)
    received = simulator.received()
    assert (received.taken, received.repeated) == (6, [])
    assert put_back.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    recount(put_back.ledger)
    attempts = [row.attempt for row in put_back.ledger.batches.read(CAMPAIGN, [2])[0][1]]
    assert attempts == [5, 5], "a number of its own, whatever was tried in the gap"


def test_the_journal_has_a_line_and_a_second_recovery_does_nothing(put_back: Site) -> None:
    put_back.tick()
    put_back.recover()
    (line,) = AuditLog(put_back.ledger.redis).latest(10)
    assert line.who == "tester"
    assert "4 rows unconfirmed in 1 campaigns, 2 of them found" in line.did
    assert put_back.ledger.recovery.restored() is None
    assert not put_back.tick().startswith("restored"), "the count goes on from what was remembered"


@pytest.mark.parametrize("step", ["_drop_answers", "apply_history", "skip_due", "_in_a_line"])
def test_a_recovery_that_is_killed_at_any_step_is_run_again(
    put_back: Site, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put_back.tick()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recovering, step, killed)
        with pytest.raises(KeyboardInterrupt):
            put_back.recover()
    assert put_back.send(1) == "halt restored"
    put_back.recover()
    look_twice(put_back)
    put_back.tick()
    for number in range(3):
        put_back.send(number)
    assert put_back.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    assert simulator.received().repeated == []
    recount(put_back.ledger)


def test_a_list_that_knows_no_like_is_asked_message_by_message(
    put_back: Site, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_back.tick()
    put_back.recover()
    walk = put_back.runtime.carrierx.list_messages

    def without_like(*, filter: str = "", **options: Any) -> Any:
        return walk(filter=filter.replace(" like ", " eq "), **options)

    monkeypatch.setattr(put_back.runtime.carrierx, "list_messages", without_like)
    look_twice(put_back)
    assert states(put_back.ledger, number=2) == ["pending"] * 2


def test_what_no_list_shows_at_once_is_found_message_by_message_and_is_a_control_then(
    put_back: Site, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_back.tick()
    walk = put_back.runtime.carrierx.list_messages

    def only_eq(*, filter: str = "", **options: Any) -> Any:
        if " like " in filter:
            raise Refused("CarrierX refused the message", status=400, field="", text="")
        return walk(filter=filter, **options)

    monkeypatch.setattr(put_back.runtime.carrierx, "list_messages", only_eq)
    with monkeypatch.context() as at_first:
        at_first.setattr(recovering, "read_history", lambda *_: ProviderHistory(unread="HTTP 404"))
        assert put_back.recover().found == 0
    look_twice(put_back)
    look_twice(put_back)
    assert set(states(put_back.ledger, number=1)) <= {"queued", "sent", "delivered"}
    assert states(put_back.ledger, number=2) == ["pending"] * 2


@pytest.mark.parametrize("fault", [{"list_lag_ms": 10**7}, {"list_status": 400}, {"list_status": 503}])
def test_a_list_that_lags_or_refuses_is_no_proof_that_nothing_was_sent(
    put_back: Site, simulator: SimulatorHandle, fault: dict[str, Any]
) -> None:
    put_back.tick()
    simulator.set_faults(**fault)
    assert put_back.recover(opt_outs_imported=True).unread
    look_twice(put_back)
    assert states(put_back.ledger, number=1) == ["unconfirmed"] * 2
    assert states(put_back.ledger, number=2) == ["unconfirmed"] * 2


def test_while_carrierx_does_not_answer_nothing_is_sent_for_who_opted_out_is_not_known(
    put_back: Site, simulator: SimulatorHandle
) -> None:
    put_back.tick()
    simulator.set_faults(list_status=503)
    assert not put_back.recover().done
    assert put_back.send(1) == "halt restored"
    simulator.set_faults(list_status=200)
    assert put_back.recover().done
    assert put_back.ledger.recovery.restored() is None


def test_without_a_control_nothing_is_sent_until_a_message_of_ours_is_shown(
    site: Site, simulator: SimulatorHandle
) -> None:
    add_campaign(site.ledger, make_batch(1, 1), make_batch(1, 1, first_row=3))
    site.tick()
    site.send(0)
    site.restart(copy=True)
    site.tick(3)
    site.restart(put_back=True)
    site.tick()
    site.recover()
    look_twice(site, 2)
    assert states(site.ledger, number=1) == ["unconfirmed"] * 2
    add_campaign(site.ledger, make_batch(1, first_row=50), id="since-abc234")
    site.tick()
    site.send(0, "since-abc234")
    look_twice(site, 2)
    assert states(site.ledger, number=1) == ["pending"] * 2


def test_a_campaign_that_holds_its_unconfirmed_leaves_them_to_a_person(site: Site) -> None:
    add_campaign(site.ledger, make_batch(1), make_batch(1, first_row=2), on_unconfirmed="hold")
    site.tick()
    site.restart(copy=True)
    site.tick(3)
    site.send(1)
    site.restart(put_back=True)
    site.tick()
    site.recover()
    look_twice(site, 2)
    assert states(site.ledger) == ["unconfirmed"]
    assert site.ledger.batches.resolve(CAMPAIGN, 0, [0], sent=False) == 1
    assert site.ledger.batches.read(CAMPAIGN, [0])[0][1][0].attempt == 4


def test_a_message_that_was_retried_in_the_gap_is_found_in_its_later_attempt(
    site: Site, simulator: SimulatorHandle
) -> None:
    add_campaign(site.ledger, make_batch(1))
    site.tick()
    site.restart(copy=True)
    site.tick(3)
    for name in ("first", "second"):
        taken = take(site.ledger, who=name)
        asked = make_claim(taken, name=name)
        claim(site.ledger, taken.hold, asked, now_ms=site.ledger.agenda.now_ms())
        record(site.ledger, taken.hold, make_record(asked, "later"))
        site.ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=1, look_ms=1)
    site.send(0)
    site.restart(put_back=True)
    site.tick()
    assert site.recover().found == 1
    (row,) = site.ledger.batches.read(CAMPAIGN, [0])[0][1]
    assert (row.state is not RecipientState.UNCONFIRMED, row.attempt) == (True, 3)
    assert simulator.received().repeated == []


@pytest.fixture
def tried_often(site: Site) -> Site:
    """One message was sent before the copy; another, since, in its seventh attempt. Then the copy was put back."""
    add_campaign(site.ledger, make_batch(1), make_batch(1, first_row=2), make_batch(1, first_row=3))
    site.tick()
    site.send(0)
    site.restart(copy=True)
    site.tick(3)
    for name in "abcdef":
        taken = take(site.ledger, number=1, who=name)
        asked = make_claim(taken, name=name)
        claim(site.ledger, taken.hold, asked, now_ms=site.ledger.agenda.now_ms())
        record(site.ledger, taken.hold, make_record(asked, "later"))
        site.ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=1, look_ms=1)
    site.send(1)
    site.restart(put_back=True)
    site.tick()
    return site


def without_like(site: Site, patch: pytest.MonkeyPatch) -> None:
    """CarrierX refuses lists by a part of `user_data`."""
    walk = site.runtime.carrierx.list_messages

    def list_messages(*, filter: str = "", **options: Any) -> Any:
        if " like " in filter:
            raise Refused("CarrierX refused the message", status=400, field="", text="")
        return walk(filter=filter, **options)

    patch.setattr(site.runtime.carrierx, "list_messages", list_messages)


@pytest.mark.parametrize("listed", ["never", "later"])
def test_more_attempts_than_are_asked_for_one_by_one_are_held_until_the_whole_list_was_read(
    tried_often: Site, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    site = tried_often
    without_like(site, monkeypatch)
    lists = site.runtime.carrierx.list_messages

    def list_messages(*, filter: str = "", **options: Any) -> Any:
        if not filter:
            raise Refused("CarrierX refused the list", status=404, field="", text="")
        return lists(filter=filter, **options)

    with monkeypatch.context() as patch:
        patch.setattr(site.runtime.carrierx, "list_messages", list_messages)
        assert site.recover().unread
        add_campaign(site.ledger, make_batch(1, first_row=50), id="since-abc234")
        site.tick()
        site.send(0, "since-abc234")
        if listed == "never":
            look_twice(site)
            assert states(site.ledger, number=1) == ["unconfirmed"]
            assert states(site.ledger, number=2) == ["unconfirmed"], "nobody knows what it was tried"
            return
    look_twice(site)
    (row,) = site.ledger.batches.read(CAMPAIGN, [1])[0][1]
    assert (row.state is not RecipientState.UNCONFIRMED, row.attempt) == (True, 7)
    assert states(site.ledger, number=2) == ["pending"]
    assert simulator.received().repeated == []


def test_a_file_that_was_still_being_read_is_gone_through_when_it_is_read(
    site: Site, simulator: SimulatorHandle
) -> None:
    one_off = OneOffMessage(SENDER, (number_of(1),), "Hi")
    campaign_id = submit_one_off(site.ledger, one_off, site.runtime.settings, name="x")
    site.tick()
    site.restart(copy=True)
    site.tick(3)
    expand(site.runtime, campaign_id)
    site.tick()
    site.send(0, campaign_id)
    site.restart(put_back=True)
    site.tick()
    result = site.recover()
    assert (result.reading, result.unknown) == ((campaign_id,), {})
    expand(site.runtime, campaign_id)
    site.ledger.redis.delete(keys.TICK)
    assert site.send(0, campaign_id) in {"halt scheduled", "halt restored"}
    site.tick(2)
    look_twice(site, 1, campaign_id)
    assert states(site.ledger, campaign_id)[0] in {"queued", "sent", "delivered"}
    assert simulator.received().repeated == []


def test_a_campaign_of_the_gap_is_named_since_the_ledger_does_not_know_it(site: Site) -> None:
    add_campaign(site.ledger, make_batch(1))
    site.tick()
    site.restart(copy=True)
    add_campaign(site.ledger, make_batch(1, 1, first_row=9), id="gap-abc234")
    site.tick(3)
    site.send(0, "gap-abc234")
    site.restart(put_back=True)
    site.tick()
    assert site.recover().unknown == {"gap-abc234": 2}


def test_one_that_had_not_begun_is_left_alone_unless_carrierx_shows_it(site: Site) -> None:
    far = site.ledger.agenda.now_ms() + 10**7
    add_campaign(site.ledger, make_batch(1), id="later-abc234", run=False, start_at_ms=far)
    add_campaign(site.ledger, make_batch(1, first_row=2), id="early-abc234", run=False, start_at_ms=far)
    site.tick()
    site.restart(copy=True)
    site.ledger.redis.hset(keys.campaign("early-abc234"), "start_at", 1)
    site.ledger.redis.zadd("mms:starts", {"early-abc234": 1})
    site.tick(3)
    site.ledger.batches.offer("early-abc234", window=1, most=1, offer_ms=1)
    site.send(0, "early-abc234")
    site.restart(put_back=True)
    site.tick()
    result = site.recover()
    assert (result.not_begun, result.found) == (("later-abc234",), 1)
    assert states(site.ledger, "later-abc234") == ["pending"]


def test_who_opted_out_since_is_read_from_carrierx(put_back: Site, simulator: SimulatorHandle) -> None:
    simulator.inbound(from_=number_of(5), to=SENDER, message="STOP")
    simulator.inbound(from_=number_of(6), to=SENDER, message="stop by at 5?")
    put_back.tick()
    before_ms = put_back.ledger.agenda.now_ms()
    assert put_back.recover().opt_outs == 1
    (known,) = put_back.ledger.optouts.find([number_of(5)])
    assert known is not None
    assert (known.state, known.source) == ("out", "inbound")
    assert before_ms - 60_000 < known.at_ms <= before_ms
    look_twice(put_back)
    put_back.tick()
    put_back.send(2)
    assert states(put_back.ledger, number=2)[0] == "skipped"
    assert simulator.received().times(number_of(5)) == 0


def test_answers_of_ours_are_dropped_and_nothing_from_before_is_answered(
    put_back: Site, simulator: SimulatorHandle
) -> None:
    ledger = put_back.ledger
    one_off = OneOffMessage(SENDER, (number_of(1),), "Help")
    answer = submit_one_off(ledger, one_off, put_back.runtime.settings, name="answer", kind="answer")
    ledger.redis.zadd(keys.INBOUND_UNANSWERED, {"sid-1": 1})
    put_back.tick()
    assert put_back.recover().answers_dropped == 2
    put_back.tick()
    assert ledger.campaign(answer).state is CampaignState.CANCELLED
    old = simulator.inbound(from_=number_of(7), to=SENDER, message="HELP")["message_sid"]
    message = Inbound(old, ledger.agenda.now_ms() - 60_000, number_of(7), SENDER, "HELP", (), "help")
    ledger.redis.xadd(keys.CALLBACKS, {"raw": b"", "at": 1})
    ledger.inbound.keep(b"0-1", message, needs_review=False, follows=True)
    asked = put_back.runtime.settings.model_copy(update={"help_answer": "We are here"})
    runtime = put_back._make_runtime(parts={"ledger": ledger, "settings": asked})
    assert answer_inbound(runtime) == "0 answered"
    assert len(ledger.recovery.answers()) == 1


def test_occurrences_that_may_have_been_made_are_skipped_and_counted(put_back: Site) -> None:
    now_ms = put_back.ledger.agenda.now_ms()
    far = (now_ms // 3_600_000 + 12) % 24  # an hour of the day that is not near, whenever this runs
    schedule = Schedule(
        id="weekly-abc234",
        every=f"0 {far} * * * UTC",
        late_ms=3_600_000,
        settings=CampaignSettings(**{"name": "weekly", "from": (SENDER,)}),
        fixed=(),
        filename="weekly.csv",
        chunks=0,
        columns=(),
    )
    put_back.ledger.schedules.put(schedule, now_ms - 3 * 86_400_000)
    campaigns = len(put_back.ledger.campaigns.ids())
    put_back.tick()
    assert len(put_back.ledger.campaigns.ids()) == campaigns, "nothing is made before the recovery"
    skipped = put_back.recover().skipped[schedule.id]
    assert skipped == put_back.ledger.schedules.get(schedule.id).missed > 0
    put_back.tick()
    assert len(put_back.ledger.campaigns.ids()) == campaigns


def test_with_pause_the_campaigns_wait_for_a_person(put_back: Site) -> None:
    put_back.tick()
    assert put_back.recover(pause=True).paused == (CAMPAIGN,)
    assert put_back.ledger.campaign(CAMPAIGN).state is CampaignState.PAUSED
    look_twice(put_back)
    assert states(put_back.ledger, number=2) == ["unconfirmed"] * 2


def test_a_data_folder_that_was_put_back_as_a_whole_is_noticed(site: Site, tmp_path: Path) -> None:
    settings = site.runtime.settings
    add_campaign(site.ledger)
    assert detect_restore(site.ledger, settings) is None
    assert detect_restore(site.ledger, settings) is None, "the same folder as before"
    recovery = site.ledger.recovery
    recovery.set_anchor(str(int(recovery.anchor()) - 60))  # a copy has a later change time than the file had
    found = detect_restore(site.ledger, settings)
    assert found is not None
    assert found.why == "copied"
    recovery.recovered(1)
    assert detect_restore(site.ledger, settings) is None, "the copy is the folder from now on"


def test_a_folder_without_its_witness_is_taken_for_a_backup(site: Site) -> None:
    add_campaign(site.ledger)
    assert detect_restore(site.ledger, site.runtime.settings) is None
    shutil.rmtree(site.data / "witness")
    found = detect_restore(site.ledger, site.runtime.settings)
    assert found is not None


def test_a_new_folder_and_an_empty_ledger_are_not(site: Site) -> None:
    assert detect_restore(site.ledger, site.runtime.settings) is None
    shutil.rmtree(site.data / "witness")
    assert detect_restore(site.ledger, site.runtime.settings) is None


def test_a_restart_of_the_store_is_no_restore(site: Site) -> None:
    add_campaign(site.ledger)
    site.tick()
    site.restart()
    assert site.send() == "later 500"
    half_a_second_later = {str(0): 0}
    site.ledger.redis.zadd(keys.due(CAMPAIGN), half_a_second_later)
    site.ledger.redis.zadd(keys.DUE, {CAMPAIGN: 0})
    assert site.tick() == "1 offered"
    assert "queued" in site.send()


def test_another_ledger_is_not_measured_by_this_ones_ticks(site: Site) -> None:
    site.tick(5)
    site.ledger.redis.flushall()
    assert not count_tick(site.ledger, site.runtime.settings)


def test_times_of_rows_are_those_of_the_recovery(put_back: Site) -> None:
    put_back.tick()
    put_back.recover()
    began = put_back.ledger.recovery.recovered_at()
    rows = put_back.ledger.batches.read(CAMPAIGN, [2])[0][1]
    assert began > EPOCH_MS
    assert {row.claimed_ms for row in rows} == {began}


def test_doubts_end_when_there_is_nothing_more_to_go_through(put_back: Site) -> None:
    put_back.tick()
    put_back.recover()
    assert put_back.ledger.recovery.quarantined() == []
    continue_quarantine(put_back.runtime)
    assert put_back.ledger.recovery.quarantine(CAMPAIGN, 1) == "doubt"
    assert "halt restored" in put_back.send(2)
    continue_quarantine(put_back.runtime)
    assert put_back.ledger.recovery.quarantined() == []


def test_a_draft_is_doubted_only_if_carrierx_shows_messages_of_it(site: Site) -> None:
    recovery = site.ledger.recovery
    add_campaign(site.ledger, make_batch(1), run=False)
    site.ledger.redis.hset(keys.campaign(CAMPAIGN), "state", "draft")
    assert recovery.quarantine(CAMPAIGN, 1) == "later"
    assert recovery.quarantine(CAMPAIGN, 1, early=True) == "doubt"
    assert recovery.end_quarantine(CAMPAIGN) == "reading", "its rows are gone through once somebody sends it"
