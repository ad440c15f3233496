"""The table of docs/consent.md, walked: each row's thing is made, and is there until just before its end, not after.

Where the table says that a person is erased from it, `forget` does; where it says another word, it does not.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.installation.audit_log import KEPT as JOURNAL_MAX
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.installation.idempotency_keys import IdempotencyKeys, StoredAnswer
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.campaigns.lifecycle import launch
from dispatcher.pipeline.campaigns.media_check import release_media
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.consent.retention import forget, retain
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.reports.recipients_by_number import mentions
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.recurring import end_schedule
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.web.callbacks._spool import Spool
from dispatcher.web.callbacks._spool_file import Spooled
from dispatcher.web.site.staged_uploads import StagedUploads
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.consent.test_retention import stored, text_of_file
from tests.factories import CAMPAIGN, SENDER, add_campaign, callback_body, make_batch, number_of

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
RETENTION, RECORDS = 10 * DAY_MS, 100 * DAY_MS
YEARS = 1_000 * DAY_MS
BEFORE = 60_000
CAP = 7 * DAY_MS
SOMEBODY = number_of(1)
FILE = f"phone,name\n{SOMEBODY},Ann\n".encode()


@dataclass(frozen=True)
class Kept:
    """`there` says whether it is kept; `end` is after how many ms it ends, by what it does, or None: never."""

    there: Callable[[], bool]
    end: int | Callable[[], object] | None


class Clock:
    """Time that goes on for the ledger's expiries and for the tick's retention."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.gone_ms = runtime, 0

    def on(self, ms: int) -> None:
        """So much later."""
        ledger, self.gone_ms = self.runtime.ledger, self.gone_ms + ms
        release_media(ledger)
        for key in ledger.redis.keys("mms:*"):
            if (left := int(ledger.redis.pttl(key))) > 0:
                ledger.redis.pexpire(key, left - ms)
        ledger.redis.delete(keys.TURN_RETENTION)
        retain(self.runtime, ledger.agenda.now_ms() + self.gone_ms)


def _settle(runtime: Runtime, campaign_id: str) -> None:
    runtime.ledger.redis.zadd(keys.SETTLE, {campaign_id: 1})
    assert runtime.ledger.campaigns.settle(campaign_id)


def _sent(runtime: Runtime, campaign_id: str = CAMPAIGN) -> str:
    """A campaign to one person, over and settled."""
    add_campaign(runtime.ledger, make_batch(1), id=campaign_id, settle_ms=1)
    send_batch(runtime, campaign_id, 0)
    _settle(runtime, campaign_id)
    return campaign_id


def rows_of_a_campaign(runtime: Runtime) -> Kept:
    _sent(runtime)
    return Kept(lambda: any(True for _ in mentions(runtime.ledger, SOMEBODY)), RETENTION)


def file_that_is_read(runtime: Runtime) -> Kept:
    made = _submitted(runtime)
    return Kept(lambda: _in_file(runtime, made, 1), lambda: expand(runtime, made))


def file_of_a_draft(runtime: Runtime) -> Kept:
    made = stored(runtime, draft=True, rows=FILE)
    return Kept(lambda: _in_file(runtime, made, _chunks(runtime, made)), RETENTION)


def file_of_a_draft_that_is_sent(runtime: Runtime) -> Kept:
    made = stored(runtime, draft=True, rows=FILE)

    def send() -> None:
        launch(runtime.ledger, made, runtime.settings)
        expand(runtime, made)

    return Kept(lambda: _in_file(runtime, made, 1), send)


def file_of_a_schedule(runtime: Runtime) -> Kept:
    made = stored(runtime, draft=False, rows=FILE)
    return Kept(lambda: _in_file(runtime, made, 1), lambda: end_schedule(runtime.ledger, made))


def own_answers(runtime: Runtime) -> Kept:
    made = _submitted(runtime, kind="confirmation")
    expand(runtime, made)
    runtime.ledger.agenda.start_due()
    send_batch(runtime, made, 0)
    _settle(runtime, made)
    return Kept(lambda: any(True for _ in mentions(runtime.ledger, SOMEBODY)), RETENTION)


def records(runtime: Runtime) -> Kept:
    made = _sent(runtime)
    return Kept(lambda: runtime.ledger.campaigns.ids() == [made], RETENTION + RECORDS)


def inbound(runtime: Runtime) -> Kept:
    ledger = runtime.ledger
    told = Inbound("sid", ledger.agenda.now_ms(), SOMEBODY, SENDER, "stop by", (), "doubtful")
    ledger.inbound.keep(b"0-1", told, needs_review=True, follows=False)
    return Kept(lambda: bool(ledger.inbound.of_number(SOMEBODY)), RETENTION)


def opt_out(runtime: Runtime) -> Kept:
    runtime.ledger.optouts.receive(b"{}", 1, SOMEBODY, "inbound")
    return Kept(lambda: runtime.ledger.optouts.is_out(SOMEBODY), None)


def times_for_the_cap(runtime: Runtime) -> Kept:
    _sent(runtime)
    return Kept(lambda: bool(runtime.ledger.redis.exists(keys.cap(SOMEBODY))), CAP)


def receipt_of_nobodys(runtime: Runtime) -> Kept:
    runtime.ledger.callback_stream.store(callback_body(sid="never-ours", to=SOMEBODY), 1)
    ingest(runtime, "me")
    return Kept(lambda: bool(runtime.ledger.redis.keys("mms:orphan:*")), DAY_MS)


def unreadable(runtime: Runtime) -> Kept:
    runtime.ledger.dead_letters.bury(f"of {SOMEBODY}".encode(), 1)
    return Kept(lambda: _in_stream(runtime, keys.DEAD_LETTERS), RETENTION)


def set_aside(runtime: Runtime) -> Kept:
    inbox = runtime.ledger.callback_stream
    inbox.store(callback_body(to=SOMEBODY), 1)
    inbox.move_to_dead_letters(inbox.take("me", 1)[0])
    return Kept(lambda: _in_stream(runtime, keys.ASIDE), RETENTION)


def spooled(runtime: Runtime) -> Kept:
    folder = runtime.settings.data_dir / "spool"
    spool = Spool(folder, "a", 1 << 20)
    spool.append([Spooled(callback_body(to=SOMEBODY), 1)])

    def drain() -> None:
        assert len(spool.peek(9).records) == 1
        spool.drop()

    return Kept(lambda: SOMEBODY.encode() in (folder / f"{spool.name}.spool").read_bytes(), drain)


def held_upload(runtime: Runtime) -> Kept:
    redis = runtime.ledger.redis
    StagedUploads(redis, runtime.ledger.uploads).hold(io.BytesIO(FILE), "list.csv")
    return Kept(lambda: any(redis.keys("*staged*")), HOUR_MS)


def local_picture(runtime: Runtime) -> Kept:
    """Its campaign is over at once."""
    media = runtime.ledger.media
    media.store("a" * 64, "image/png", b"picture")
    made = _submitted(runtime, media_files=["a" * 64])
    expand(runtime, made)
    runtime.ledger.agenda.start_due()
    send_batch(runtime, made, 0)
    _settle(runtime, made)
    release_media(runtime.ledger)
    return Kept(lambda: media.find("a" * 64) is not None, DAY_MS)


def answer_to_a_call(runtime: Runtime) -> Kept:
    once = IdempotencyKeys(runtime.ledger.redis)
    assert once.begin("who", "key", "digest") is None
    once.answered("who", "key", "digest", StoredAnswer(201, "{}", ""))
    return Kept(lambda: bool(runtime.ledger.redis.keys(keys.IDEMPOTENCY + "*")), DAY_MS)


def audit_log(runtime: Runtime) -> Kept:
    ledger = runtime.ledger
    AuditLog(ledger.redis).note("ann", "the first line")

    def many() -> None:
        for start in range(0, JOURNAL_MAX + 200, 1000):
            pipeline = ledger.redis.pipeline()
            for line in range(start, start + 1000):
                AuditLog(pipeline).note("ann", str(line))
            pipeline.execute()

    return Kept(lambda: ledger.redis.xrange(keys.AUDIT_LOG, count=1)[0][1][b"did"] == b"the first line", many)  # type: ignore[index]


#: By the first words of a row. What lies on somebody's disk, or with CarrierX, is not ours to end.
ROWS: dict[str, tuple[Callable[[Runtime], Kept], ...]] = {
    "numbers, texts and columns of a campaign": (rows_of_a_campaign,),
    "the file of a campaign that is being read": (file_that_is_read,),
    "the file of a draft": (file_of_a_draft, file_of_a_draft_that_is_sent),
    "the file of a recurring schedule": (file_of_a_schedule,),
    "our own answers": (own_answers,),
    "counts, times and name of a campaign": (records,),
    "inbound messages": (inbound,),
    "an opt-out": (opt_out,),
    "the times of a number's messages": (times_for_the_cap,),
    "receipts whose message is not known": (receipt_of_nobodys,),
    "callbacks that cannot be read": (unreadable,),
    "callbacks that could not be worked on": (set_aside,),
    "callbacks spooled on disk": (spooled,),
    "uploads held between check and start": (held_upload,),
    "local pictures, videos and sounds": (local_picture,),
    "answers to calls": (answer_to_a_call,),
    "the audit log": (audit_log,),
    "who was erased": (),  # test_erasure_register.py
    "reports and error files": (),
    "CarrierX's own records": (),
}
CASES = [pytest.param(row, case, id=case.__name__) for row, cases in ROWS.items() for case in cases]


def _submitted(runtime: Runtime, **more: Any) -> str:
    settings = CampaignSettings(
        **{"from": (SENDER,), "message": "Hi", "name": "list", "quiet_hours": "off", "media_check": False}
    )
    return submit(
        runtime.ledger,
        io.BytesIO(FILE),
        filename="list.csv",
        settings=settings,
        fixed=frozenset({"message"}),
        config=runtime.settings,
        **more,
    )


def _chunks(runtime: Runtime, draft: str) -> int:
    return runtime.ledger.campaigns.stored_file(draft)[1] if draft in runtime.ledger.campaigns.ids() else 1


def _in_file(runtime: Runtime, owner: str, chunks: int) -> bool:
    try:
        return SOMEBODY.encode() in text_of_file(runtime.ledger, owner, chunks)
    except FileNotFoundError:
        return False


def _in_stream(runtime: Runtime, key: str) -> bool:
    found: Any = runtime.ledger.redis.xrange(key)
    return any(SOMEBODY.encode() in fields[b"raw"] for _, fields in found)


@pytest.fixture(scope="module")
def table(repository: Path) -> dict[str, tuple[str, str]]:
    """The rows of the table: until when, and what `mms forget` does."""
    text = (repository / "docs" / "consent.md").read_text("utf-8").split("## Retention")[1]
    lines = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| ")][1:]
    return {cells[0].strip(): (cells[1].strip(), cells[2].strip()) for cells in lines}


@pytest.fixture
def kept_runtime(make_runtime: MakeRuntime) -> Runtime:
    """A runtime with short retention, in which times of messages are kept."""
    return make_runtime(
        retention=RETENTION // DAY_MS,
        records=RECORDS // DAY_MS,
        frequency_cap=f"3/{CAP // DAY_MS}d",
        settle_window=0.001,
    )


def test_every_row_of_the_table_has_a_case_and_every_case_a_row(table: dict[str, tuple[str, str]]) -> None:
    for name in table:
        assert sum(name.startswith(row) for row in ROWS) == 1, name
    for row in ROWS:
        assert any(name.startswith(row) for name in table), row


@pytest.mark.parametrize(("row", "case"), CASES)
def test_it_is_kept_until_its_end_and_no_longer(
    row: str, case: Callable[[Runtime], Kept], kept_runtime: Runtime
) -> None:
    clock, kept = Clock(kept_runtime), case(kept_runtime)
    assert kept.there()
    if isinstance(kept.end, int):
        clock.on(kept.end - BEFORE)
        assert kept.there(), "just before"
        clock.on(2 * BEFORE)
    else:
        clock.on(HOUR_MS if row == "the file of a draft" else YEARS)
        assert kept.there(), "only what it says ends it"
        if kept.end is None:
            return
        kept.end()
    assert not kept.there(), "just after"


@pytest.mark.parametrize(("row", "case"), CASES)
def test_a_person_is_forgotten_in_it_where_the_table_says_so(
    row: str, case: Callable[[Runtime], Kept], kept_runtime: Runtime, table: dict[str, tuple[str, str]]
) -> None:
    says = next(word for name, (_, word) in table.items() if name.startswith(row))
    kept = case(kept_runtime)
    waiting = forget(kept_runtime.ledger, SOMEBODY, kept_runtime.settings).waiting
    erased = says.startswith(("erased", "the person's rows", "those that name them are erased"))
    assert kept.there() is not erased
    assert bool(waiting) is says.startswith("named")
