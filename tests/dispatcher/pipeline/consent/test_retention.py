"""Erasing: campaigns that are over, and one person everywhere. Counts stay, and so does an opt-out."""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import Conflict
from dispatcher.ledger.campaigns.uploads import UNOWNED_SECONDS
from dispatcher.ledger.consent.inbound import KEPT_MAX, Inbound
from dispatcher.ledger.installation.audit_log import KEPT as JOURNAL_MAX
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.lifecycle import launch
from dispatcher.pipeline.campaigns.retry import RETRIABLE, retry
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.consent.retention import erase_campaign, forget, retain
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.reports.recipients_by_number import mentions
from dispatcher.pipeline.reports.report import report_texts, write_report
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.recurring import make_schedule
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.roster.mends import Mend, packed_mends
from dispatcher.settings import Settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.web.site.staged_uploads import LIFE_SECONDS
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.roster.workbooks import packed, sheets, texts
from tests.factories import (
    CAMPAIGN,
    SENDER,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    number_of,
    recount,
    states,
    take,
)

DAY_MS = 86_400_000


def settled(runtime: Runtime) -> None:
    """A campaign of two batches, sent and settled."""
    add_campaign(runtime.ledger, make_batch(1, 2), make_batch(1, first_row=4, rejected=1), settle_ms=1)
    for number in (0, 1):
        send_batch(runtime, CAMPAIGN, number)
    runtime.ledger.redis.zadd("mms:settle", {CAMPAIGN: 1})
    assert runtime.ledger.campaigns.settle(CAMPAIGN)


def test_an_erased_campaign_keeps_its_counts_and_nothing_about_anybody(runtime: Runtime) -> None:
    settled(runtime)
    set_limit(runtime.ledger, LimitScope.campaign(CAMPAIGN), rate="2/s")
    before = runtime.ledger.campaign(CAMPAIGN)
    erase_campaign(runtime.ledger, CAMPAIGN)
    after = runtime.ledger.campaign(CAMPAIGN)
    assert (after.counts, after.rows, after.finished_at) == (before.counts, before.rows, before.finished_at)
    assert runtime.ledger.redis.keys(f"mms:c:{CAMPAIGN}:[br]:*") == []
    assert runtime.ledger.redis.keys("mms:sid:*") == []
    assert after.settings.message is None
    assert LimitScope.campaign(CAMPAIGN) not in runtime.ledger.limits.in_force().rates
    assert (before.erased_at, after.erased_at is not None) == (None, True)


def test_of_an_erased_campaign_no_limit_no_pace_and_no_turn_is_left(runtime: Runtime) -> None:
    ledger, scope = runtime.ledger, LimitScope.campaign(CAMPAIGN)
    settled(runtime)
    set_limit(ledger, scope, rate="2/s", per_day=5, zone="UTC")
    ledger.agenda.hold(scope, 60_000, slower=True)
    ledger.progress.sample({CAMPAIGN: 2.0})
    for which in ("due", "care", "search", "settle", "starts", "expiring"):
        ledger.redis.zadd(f"mms:{which}", {CAMPAIGN: 1})
    for which in ("due", "care", "search"):
        ledger.redis.zadd(f"mms:c:{CAMPAIGN}:{which}", {"0": 1, "1": 1, "2": 1})
    ledger.redis.sadd("mms:urgent", CAMPAIGN)
    for part in ("texts", "sids", "odd", "lately"):
        ledger.redis.hset(f"mms:c:{CAMPAIGN}:{part}", "something", 1)
    ledger.redis.sadd(f"mms:c:{CAMPAIGN}:stale", "0" * 20)
    assert ledger.redis.exists(*(f"mms:c:{CAMPAIGN}:{part}" for part in ("pace", "pace:now", "marks"))) == 3
    erase_campaign(ledger, CAMPAIGN)
    kept = {f"mms:c:{CAMPAIGN}{part}".encode() for part in ("", ":counts", ":heard")}
    assert set(ledger.redis.keys(f"mms:c:{CAMPAIGN}*")) <= kept
    for which in ("caps", "holds", "pace", "rates"):
        assert not ledger.redis.hexists(f"mms:{which}", scope), which
    for which in ("due", "care", "search", "settle", "starts", "expiring", "caps:due"):
        assert ledger.redis.zrange(f"mms:{which}", 0, -1) == [], which
    assert ledger.redis.smembers("mms:urgent") == set()


def test_a_batch_that_is_erased_is_due_for_nothing_while_others_still_stand(runtime: Runtime) -> None:
    ledger = runtime.ledger
    settled(runtime)
    turns = [f"mms:c:{CAMPAIGN}:{which}" for which in ("due", "care", "search")]
    for key in turns:
        ledger.redis.zadd(key, {"0": 1, "1": 1})
    ledger.redis.zadd("mms:explain", {f"{CAMPAIGN}:0": 1, f"{CAMPAIGN}:1": 1})
    ledger.erasure.erase_batches(CAMPAIGN, ledger.campaign(CAMPAIGN).settings, 0, 1, [])
    assert [ledger.redis.zrange(key, 0, -1) for key in turns] == [[b"1"]] * 3
    assert ledger.redis.zrange("mms:explain", 0, -1) == [f"{CAMPAIGN}:1".encode()]
    assert ledger.campaign(CAMPAIGN).erased_at is None
    assert ledger.batches.picture(CAMPAIGN, 0) is None
    assert ledger.batches.picture(CAMPAIGN, 1) is not None


def test_the_report_of_an_erased_campaign_says_that_its_rows_are_gone(runtime: Runtime) -> None:
    settled(runtime)
    erase_campaign(runtime.ledger, CAMPAIGN)
    out = io.StringIO()
    with pytest.raises(Conflict, match=rf"the rows of {CAMPAIGN} were erased on 20\d\d-\d\d-\d\d"):
        write_report(runtime.ledger, CAMPAIGN, out)
    assert out.getvalue() == ""
    with pytest.raises(Conflict):
        report_texts(runtime.ledger, CAMPAIGN)


def test_erasing_twice_is_harmless(runtime: Runtime) -> None:
    settled(runtime)
    for _ in range(2):
        erase_campaign(runtime.ledger, CAMPAIGN)


def test_a_campaign_that_is_not_over_is_not_erased(runtime: Runtime) -> None:
    add_campaign(runtime.ledger)
    with pytest.raises(Conflict):
        erase_campaign(runtime.ledger, CAMPAIGN)
    assert states(runtime.ledger) == ["pending"] * 3


def test_retention_erases_what_is_old_enough_and_not_before(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(retention=10)
    settled(runtime)
    now_ms = runtime.ledger.agenda.now_ms()
    assert retain(runtime, now_ms + 9 * DAY_MS) == 0
    runtime.ledger.redis.delete("mms:turn:retention")
    assert retain(runtime, now_ms + 11 * DAY_MS) == 1
    runtime.ledger.redis.delete("mms:turn:retention")
    assert retain(runtime, now_ms + 11 * DAY_MS) == 0


def test_somebody_who_is_forgotten_is_nowhere_and_gets_nothing(runtime: Runtime) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(1, 2))
    ledger.optouts.receive(b"{}", 1, number_of(2), "inbound")
    assert forget(ledger, number_of(2), runtime.settings).rows == 1
    assert forget(ledger, number_of(1), runtime.settings).rows == 1
    assert list(mentions(ledger, number_of(1))) == []
    content = ledger.batches.content(CAMPAIGN, 0)
    assert content is not None
    assert [row.number for row in content.rows] == ["", "", number_of(3)]
    assert [row.cells for row in content.rows[:2]] == [("", ""), ("", "")]
    assert content.messages[0].text is None
    assert states(ledger) == ["skipped", "skipped", "pending"]
    assert ledger.optouts.is_out(number_of(2))
    send_batch(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["skipped", "skipped", "queued"]
    recount(ledger)


def test_nothing_is_tried_again_for_somebody_who_was_forgotten(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    ledger = runtime.ledger
    add_campaign(ledger, make_batch(1, 2))
    simulator.set_faults(refuse_suffixes=("01", "02", "03"))
    send_batch(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["rejected"] * 3
    forget(ledger, number_of(1), runtime.settings)
    forget(ledger, number_of(2), runtime.settings)
    simulator.set_faults(refuse_suffixes=())
    assert retry(ledger, CAMPAIGN, RETRIABLE) == 1
    send_batch(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["rejected", "rejected", "queued"]


def test_a_message_on_its_way_has_to_come_back_first(runtime: Runtime, ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
    with pytest.raises(Conflict):
        forget(ledger, number_of(1), runtime.settings)


def test_a_persons_story_tells_of_every_campaign(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    send_batch(runtime, CAMPAIGN, 0)
    add_campaign(runtime.ledger, make_batch(1), id="later-abc234")
    found = {mention.campaign: mention for mention in mentions(runtime.ledger, number_of(1))}
    assert found[CAMPAIGN].state.state is RecipientState.QUEUED
    assert found[CAMPAIGN].sid
    assert found["later-abc234"].state.state is RecipientState.PENDING


def stored(
    runtime: Runtime, draft: bool, name: str = "list", rows: bytes = b"", message: str = "Hi {{name}}"
) -> str:
    """A draft, or a recurring schedule, of three people; its id."""
    chosen: dict[str, Any] = {
        "from": (SENDER,),
        "message": message,
        "name": name,
        "quiet_hours": "off",
        "media_check": False,
    }
    settings = CampaignSettings(**chosen)
    source = io.BytesIO(
        rows or b"phone;name\n" + b"".join(b"1212555010%d;Ann %d\n" % (n, n) for n in (1, 2, 3))
    )
    fixed = frozenset({"message"})
    if draft:
        return submit(
            runtime.ledger,
            source,
            filename="list.txt",
            settings=settings,
            fixed=fixed,
            config=runtime.settings,
            draft=True,
        )
    return make_schedule(
        runtime.ledger,
        source,
        filename="list.txt",
        settings=settings,
        fixed=fixed,
        config=runtime.settings,
        every="mon 09:00 America/New_York",
        run_late_within="1h",
    ).id


def text_of_file(ledger: Ledger, owner: str, chunks: int) -> bytes:
    """What lies in a stored file."""
    return ledger.uploads.open(owner, chunks).read()


def test_somebody_who_is_forgotten_is_in_no_draft_and_it_sends_them_nothing(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    ledger, draft = runtime.ledger, stored(runtime, draft=True)
    assert forget(ledger, "12125550102", runtime.settings) == (1, 0, ())
    assert forget(ledger, "12125550102", runtime.settings) == (0, 0, ())
    _, chunks = ledger.campaigns.stored_file(draft)
    assert text_of_file(ledger, draft, chunks) == (
        BOM_UTF8 + b'sep=;\n"phone";"name"\n"12125550101";"Ann 1"\n"12125550103";"Ann 3"\n'
    )
    assert ledger.redis.keys("mms:c:*:without:*") == []
    launch(ledger, draft, runtime.settings)
    expand(runtime, draft)
    ledger.agenda.start_due()
    send_batch(runtime, draft, 0)
    assert sorted(simulator.received().numbers) == ["12125550101", "12125550103"]


def test_a_mended_file_is_written_as_it_reads_when_somebody_in_it_or_in_its_mends_is_forgotten(
    runtime: Runtime,
) -> None:
    ledger = runtime.ledger
    mends = (
        Mend(line=3, column="phone", before="12125550102", after="12125550109"),
        Mend(line=4, column="name", before="Ann 3", after="Cyd"),
    )
    rows = b"phone;name\n" + b"".join(b"1212555010%d;Ann %d\n" % (n, n) for n in (1, 2, 3))
    draft = stored(runtime, draft=True, rows=packed_mends(mends) + rows)
    assert ledger.campaign(draft).mended == 2
    assert forget(ledger, "12125550102", runtime.settings) == (1, 0, ())
    _, chunks = ledger.campaigns.stored_file(draft)
    assert text_of_file(ledger, draft, chunks).removeprefix(BOM_UTF8).splitlines() == [
        b"sep=;",
        b'"phone";"name"',
        b'"12125550101";"Ann 1"',
        b'"12125550109";"Ann 2"',
        b'"12125550103";"Cyd"',
    ]
    assert forget(ledger, "12125550102", runtime.settings) == (0, 0, ())


def test_somebody_who_is_forgotten_is_in_no_callback_that_this_or_an_older_version_set_aside(
    runtime: Runtime,
) -> None:
    redis = runtime.ledger.redis
    redis.rpush(keys.SET_ASIDE, b'{"to":"12125550101"}', b'{"to":"12125550102"}')
    redis.xadd(keys.ASIDE, {"raw": b'{"to":"12125550101"}', "at": 1})
    forget(runtime.ledger, "12125550101", runtime.settings)
    aside: Any = redis.xrange(keys.ASIDE)
    assert [fields[b"raw"] for _, fields in aside] == [b'{"to":"12125550102"}']
    assert redis.lrange(keys.SET_ASIDE, 0, -1) == []


def test_somebody_who_is_forgotten_is_in_no_schedule(runtime: Runtime) -> None:
    ledger, schedule_id = runtime.ledger, stored(runtime, draft=False)
    assert forget(ledger, "12125550101", runtime.settings) == (1, 0, ())
    schedule = ledger.schedules.get(schedule_id)
    assert b"0101" not in text_of_file(ledger, schedule_id, schedule.chunks)
    assert (schedule.revision, schedule.filename) == (1, "list.csv")
    assert ledger.redis.ttl(keys.upload(schedule_id, 0)) == -1


HEADINGS = (1, ("phone", "name"))
ANN, BOB = (2, ("12125550101", "Ann")), (3, ("12125550102", "Bob"))


@pytest.mark.parametrize(
    ("files", "hidden_person"),
    [
        (sheets(("List", texts(HEADINGS, ANN, BOB, hidden=(3,)))), "12125550102"),
        (
            sheets(("List", texts(HEADINGS, ANN)), ("Old", texts(HEADINGS, BOB)), hidden=("Old",)),
            "12125550102",
        ),
        (sheets(("List", texts(HEADINGS, ANN)), ("Desk", texts((1, ("Ask", "Bob"))))), "12125550102"),
    ],
)
def test_what_is_not_read_of_a_workbook_goes_when_anybody_is_forgotten(
    runtime: Runtime, files: dict[str, str], hidden_person: str
) -> None:
    draft = stored(runtime, draft=True, rows=packed(files))
    forget(runtime.ledger, hidden_person, runtime.settings)
    filename, chunks = runtime.ledger.campaigns.stored_file(draft)
    assert filename == "list.csv"
    assert text_of_file(runtime.ledger, draft, chunks) == (
        BOM_UTF8 + b'sep=|\n"phone"|"name"\n"12125550101"|"Ann"\n'
    )


def test_rows_that_could_not_be_sent_still_cannot_when_somebody_else_is_forgotten(runtime: Runtime) -> None:
    rows = b"phone,name\n12125550101,Ann\n12125550102,Bob,too,many\n12,short\n"
    draft = stored(runtime, draft=True, rows=rows)
    forget(runtime.ledger, "12125550101", runtime.settings)
    launch(runtime.ledger, draft, runtime.settings)
    expand(runtime, draft)
    assert runtime.ledger.campaign(draft).counts[RecipientState.INVALID] == 2


@pytest.mark.parametrize(
    ("rows", "sent"),
    [
        (b'"Notes; a; b",Phone\nfoo,12125550101\nbar,12125550102\n', 1),
        (b'phone;name\n12125550101;Ann\n12125550102;"Bob\nCall 12125550103,12125550103"\n', 1),
        (
            b"phone,name,error_line,error_column,error_code,error_message\n12125550101,Ann,,,,\n"
            b"12125550102,Bob,2,,group_differs,Its group has two texts.\n12125550103,Cyd,,,,\n",
            1,
        ),
    ],
)
def test_the_file_is_cut_as_it_was_and_what_is_held_back_stays_when_somebody_else_is_forgotten(
    runtime: Runtime, rows: bytes, sent: int
) -> None:
    draft = stored(runtime, draft=True, rows=rows, message="Hi")
    assert forget(runtime.ledger, "12125550101", runtime.settings) == (1, 0, ())
    launch(runtime.ledger, draft, runtime.settings)
    expand(runtime, draft)
    campaign = runtime.ledger.campaign(draft)
    assert campaign.state is not CampaignState.FAILED
    assert campaign.counts[RecipientState.PENDING] == sent


def test_cells_stay_as_they_were_when_somebody_else_is_forgotten(runtime: Runtime) -> None:
    rows = b"phone,name,''=a\n12125550101,Ann,x\n12125550102,Bob,''=1+1\n12125550103,Cyd,'tis\n"
    draft = stored(runtime, draft=True, rows=rows)
    forget(runtime.ledger, "12125550101", runtime.settings)
    _, chunks = runtime.ledger.campaigns.stored_file(draft)
    assert text_of_file(runtime.ledger, draft, chunks).removeprefix(BOM_UTF8).splitlines() == [
        b"sep=,",
        b'"phone","name","\'\'=a"',
        b'"12125550102","Bob","\'\'=1+1"',
        b'"12125550103","Cyd","\'tis"',
    ]


def test_letters_stay_as_they_were_when_somebody_else_is_forgotten(runtime: Runtime) -> None:
    rows = "phone,name\n12125550101,Ann\n12125550102,René\n12125550103,Muñoz\n".encode("mac_roman")
    draft = stored(runtime, draft=True, rows=rows)
    assert runtime.ledger.campaigns.settings_of(draft).encoding == "macroman"
    for number in ("12125550101", "12125550102"):  # the second time it is read with the mark of UTF-8
        assert forget(runtime.ledger, number, runtime.settings).rows == 1
    _, chunks = runtime.ledger.campaigns.stored_file(draft)
    lines = text_of_file(runtime.ledger, draft, chunks).removeprefix(BOM_UTF8).decode().splitlines()
    assert lines == ["sep=,", '"phone","name"', '"12125550103","Muñoz"']


def test_a_file_that_cannot_be_rid_of_somebody_now_is_named(runtime: Runtime) -> None:
    draft = stored(runtime, draft=True)
    runtime.ledger.redis.delete(keys.upload(draft, 0))
    assert forget(runtime.ledger, "12125550101", runtime.settings).waiting == (draft,)


def test_a_draft_falls_under_the_retention(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(retention=10)
    draft, now_ms = stored(runtime, draft=True), runtime.ledger.agenda.now_ms()
    assert retain(runtime, now_ms + 9 * DAY_MS) == 0
    runtime.ledger.redis.delete(keys.TURN_RETENTION)
    assert retain(runtime, now_ms + 11 * DAY_MS) == 1
    assert runtime.ledger.redis.keys(f"mms:c:{draft}*") == []


def test_records_end_and_not_before_their_time(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(retention=10, records=100)
    settled(runtime)
    now_ms = runtime.ledger.agenda.now_ms()
    for days, left in ((11, [CAMPAIGN]), (109, [CAMPAIGN]), (111, [])):
        runtime.ledger.redis.delete(keys.TURN_RETENTION)
        retain(runtime, now_ms + days * DAY_MS)
        assert runtime.ledger.campaigns.ids() == left


def test_what_waits_for_a_person_behind_many_newer_messages_is_erased_in_time(
    make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime(retention=10)
    inbound, now_ms = runtime.ledger.inbound, runtime.ledger.agenda.now_ms()
    monkeypatch.setattr("dispatcher.ledger.consent.inbound.KEPT_MAX", 2)
    for sid, days, doubtful in (("waits", 0, True), ("decided", 0, True), ("b", 8, False), ("c", 9, False)):
        told = Inbound(sid, now_ms + days * DAY_MS, "15165550123", SENDER, "stop by", (), "doubtful")
        inbound.keep(b"0-1", told, needs_review=doubtful, follows=False)
    inbound.decided("decided")
    retain(runtime, now_ms + 11 * DAY_MS)
    assert runtime.ledger.redis.hkeys(keys.INBOUND_MESSAGES) == [b"b", b"c"]
    assert inbound.review_count() == 0


def test_the_table_of_what_is_kept_is_whole_and_names_settings_that_there_are(repository: Path) -> None:
    text = (repository / "docs" / "consent.md").read_text("utf-8")
    table = [
        line.split("|")[1:-1] for line in text.split("## Retention")[1].splitlines() if line.startswith("| ")
    ][1:]
    kept = {cells[0].strip(): cells[1].strip() for cells in table}
    for what in (
        "draft",
        "schedule",
        "inbound",
        "opt-out",
        "spooled",
        "uploads held",
        "Idempotency-Key",
        "audit log",
    ):
        assert any(what in name for name in kept), what
    numbers = " ".join(kept.values())
    assert f"({int(Settings.model_fields['records'].default)})" in numbers
    assert f"the newest {KEPT_MAX:,}" in numbers
    assert f"the newest {JOURNAL_MAX:,} lines" in numbers
    assert {f"MMS_{name.upper()}" for name in ("retention", "records")} <= set(
        re.findall(r"MMS_\w+", numbers)
    )
    assert LIFE_SECONDS == 3600, "an hour"
    assert UNOWNED_SECONDS == 24 * 3600, "24 hours"
