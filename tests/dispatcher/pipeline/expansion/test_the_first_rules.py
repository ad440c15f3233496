"""What the first version checked is read as it was checked then, however files are read today."""

from __future__ import annotations

import io

import pytest

from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.reading_rules import FIRST_RULES, READING_RULES
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.consent.retention import forget
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.occurrences import occur
from dispatcher.pipeline.schedules.recurring import make_schedule
from tests.dispatcher.roster.workbooks import packed, sheets, texts
from tests.factories import SENDER

ANN, BOB, CAT = "12125550101", "12125550102", "12125550103"
ID = "spring-abc234"
PEOPLE = ((1, ("phone", "name")), (2, (ANN, "Ann")), (3, (BOB, "Bob")))
#: What is read otherwise today, or asked about: the file, and the numbers in its rows as the first version had them.
FILES = {
    "a column says no": (f"phone,SMS Consent\n{ANN},yes\n{BOB},no\n".encode(), {1: ANN, 2: BOB}),
    "a number says no later": (f"phone,Opt out\n{ANN},no\n{BOB},no\n{ANN},yes\n".encode(), {1: ANN, 2: BOB}),
    "letters in doubt": (f"phone,name\n{ANN},".encode() + b"\xc1gnes\n", {1: ANN}),
    "escapes with a comma": (
        f"phone,name\n{ANN},".encode() + b"\x1b$B0,\x1b(B\n" + f"{BOB},Bob\n".encode(),
        {2: BOB},
    ),
    "headings further down": (f"Phone,\nMobile,Name\n{ANN},\n".encode(), {2: ANN}),
    "hidden rows": (packed(sheets(("A", texts(*PEOPLE, hidden=(2,))))), {1: ANN, 2: BOB}),
    "two lists": (
        packed(sheets(("A", texts(*PEOPLE)), ("B", texts((1, ("phone",)), (2, (CAT,)))))),
        {1: ANN, 2: BOB},
    ),
    "a better list": (
        packed(sheets(("A", texts((1, ("phone",)), (2, (ANN,)))), ("B", texts(*PEOPLE)))),
        {1: ANN},
    ),
}


def made_before(runtime: Runtime, raw: bytes, *, draft: bool = False) -> None:
    """A campaign as programs made it that kept no number of their rules."""
    ledger = runtime.ledger
    assert ledger.campaigns.create(
        ID,
        CampaignSettings(**{"from": (SENDER,), "message": "Hi", "quiet_hours": "off"}),
        fixed=frozenset({"message"}),
        filename="spring.csv",
        chunks=ledger.uploads.store(ID, io.BytesIO(raw)),
        columns=("phone",),
        start_at_ms=None,
        settle_ms=1,
        rate=None,
        digest="its digest",
        draft=draft,
    )
    assert ledger.redis.hdel(keys.campaign(ID), "reading_rules") == 1


def recipients(runtime: Runtime, campaign_id: str) -> dict[int, str | None]:
    """The numbers that get a message, by their rows."""
    found: dict[int, str | None] = {}
    for number in runtime.ledger.campaigns.batch_numbers(campaign_id):
        batch = runtime.ledger.batches.content(campaign_id, number)
        assert batch is not None
        members = [batch.rows[place] for message in batch.messages for place in message.members]
        found |= {row.row: row.number for row in members}
    return found


@pytest.mark.parametrize("kind", FILES)
def test_a_campaign_that_was_checked_before_sends_to_the_same_rows(runtime: Runtime, kind: str) -> None:
    raw, expected = FILES[kind]
    made_before(runtime, raw)
    assert expand(runtime, ID).endswith(("row", "rows"))
    assert recipients(runtime, ID) == expected


def test_a_campaign_of_today_says_by_which_rules_it_was_checked(runtime: Runtime) -> None:
    raw, _ = FILES["a column says no"]
    settings = CampaignSettings(**{"from": (SENDER,), "message": "Hi", "quiet_hours": "off"})
    campaign_id = submit(
        runtime.ledger,
        io.BytesIO(raw),
        filename="spring.csv",
        settings=settings,
        fixed=frozenset({"message"}),
        config=runtime.settings,
    )
    assert runtime.ledger.campaigns.reading_rules_of(campaign_id) == READING_RULES
    expand(runtime, campaign_id)
    assert recipients(runtime, campaign_id) == {1: ANN}


@pytest.mark.parametrize("rules", [FIRST_RULES, READING_RULES])
def test_each_occurrence_is_read_as_the_broadcast_was_checked(runtime: Runtime, rules: int) -> None:
    ledger = runtime.ledger
    raw = packed(sheets(("A", texts(*PEOPLE, hidden=(2,)))))
    schedule = make_schedule(
        ledger,
        io.BytesIO(raw),
        filename="weekly.xlsx",
        settings=CampaignSettings(**{"from": (SENDER,), "message": "Hi", "quiet_hours": "off"}),
        fixed=frozenset({"message"}),
        config=runtime.settings,
        every="mon 09:00 America/New_York",
    )
    if rules == FIRST_RULES:  # as programs stored it that kept no number
        stored = schedule.model_dump_json(by_alias=True, exclude={"reading_rules"})
        ledger.redis.hset(keys.SCHEDULES, schedule.id, stored)
    assert occur(runtime, ledger.schedules.next_ms(schedule.id)) == 1
    child = ledger.schedules.get(schedule.id).last_campaign
    expand(runtime, child)
    assert recipients(runtime, child) == ({1: ANN, 2: BOB} if rules == FIRST_RULES else {1: BOB})


@pytest.mark.parametrize("kind", ["letters in doubt", "two lists", "hidden rows"])
def test_somebody_is_taken_out_of_a_draft_that_was_checked_before(runtime: Runtime, kind: str) -> None:
    raw, expected = FILES[kind]
    made_before(runtime, raw, draft=True)
    assert forget(runtime.ledger, ANN, runtime.settings) == (1, 0, ())
    runtime.ledger.campaigns.launch(ID, None, allow_same=False)
    expand(runtime, ID)
    left = [number for number in expected.values() if number != ANN]
    assert list(recipients(runtime, ID).values()) == left


def test_what_names_how_it_is_read_was_not_checked_by_the_first_version(runtime: Runtime) -> None:
    made_before(runtime, f"phone,Opt out\n{ANN},no\n{BOB},yes\n".encode())
    settings = CampaignSettings(
        **{"from": (SENDER,), "message": "Hi", "quiet_hours": "off", "consent": "Opt out"}
    )
    runtime.ledger.redis.hset(keys.campaign(ID), "settings", settings.model_dump_json(by_alias=True))
    expand(runtime, ID)
    assert recipients(runtime, ID) == {1: ANN}
