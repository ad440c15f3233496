"""The same file with the same settings is sent once in 24 hours, unless a person wants it again."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from dispatcher.errors import SubmittedBefore
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.lifecycle import launch
from dispatcher.pipeline.campaigns.submit import digest_of, submit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.roster.mends import Mend, mended
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.workbooks import packed, sheets, texts

FILE = b"to\n12125550101\n"


def sent(runtime: Runtime, file: bytes = FILE, ledger: Ledger | None = None, **settings: Any) -> str:
    """Submit; answers the campaign's id."""
    return submit(
        ledger or runtime.ledger,
        io.BytesIO(file),
        filename="spring.csv",
        settings=CampaignSettings(**{"senders": ("15165550199",), "message": "Hi", **settings}),
        fixed=frozenset(),
        config=runtime.settings,
    )


def test_the_same_again_is_refused_with_the_earlier_id(runtime: Runtime) -> None:
    earlier = sent(runtime)
    with pytest.raises(SubmittedBefore, match=earlier) as refusal:
        sent(runtime, name="another name")
    assert refusal.value.campaign_id == earlier


def test_a_refused_file_leaves_nothing_behind(runtime: Runtime) -> None:
    sent(runtime)
    before = runtime.ledger.redis.dbsize()
    with pytest.raises(SubmittedBefore):
        sent(runtime)
    assert runtime.ledger.redis.dbsize() == before


def test_other_content_or_other_settings_are_another_campaign(runtime: Runtime) -> None:
    ids = {sent(runtime), sent(runtime, b"to\n12125550102\n"), sent(runtime, message="Hello")}
    assert len(ids) == 3


def digest(data: bytes, mends: tuple[Mend, ...] = (), **settings: Any) -> str:
    given = CampaignSettings(**{"senders": ("15165550199",), "message": "Hi", **settings})
    file = mended(io.BytesIO(data), mends)
    roster = Roster(file, filename="a", settings=given, fictional_ok=True, max_bytes=1 << 20, max_rows=100)
    return digest_of(file, roster.settled(given), roster)


def test_a_plain_file_is_known_to_have_been_sent_by_an_older_program() -> None:
    assert (
        digest(b"name,phone\nAnn,12125550101\n")
        == "b5a69dc79d4a1939356f53541b6b7c3b3c8ce4f642108fdcb4be1d931a1eec3a"
    )


CHANGED = Mend(line=2, column="Name", before="Ann", after="Anne")


@pytest.mark.parametrize(
    "otherwise",
    [
        {"to": "Phone"},
        {"to": " pho ne"},
        {"encoding": "utf-8"},
        {"on_no_consent": "send"},
        {"hidden_rows": True},
        {"smart_encoding": True},
        {"unknown_area_codes": "send"},
        {"mends": (CHANGED,)},
    ],
    ids=str,
)
def test_saying_otherwise_what_is_read_anyway_does_not_send_it_twice(otherwise: dict[str, Any]) -> None:
    data = b"Name,Phone,SMS Consent\nAnn,12125550101,yes\n"
    assert digest(data, **otherwise) == digest(data)


def test_a_column_that_is_guessed_or_named_is_one_and_another_column_is_another_campaign() -> None:
    data = b"Home Phone,Mobile Phone\n12125550101,12125550102\n"
    guessed = digest(data)
    assert {guessed} == {digest(data, to="mobile_phone"), digest(data, to="Mobile Phone")}
    assert digest(data, to="Home Phone") != guessed


def test_a_sheet_that_is_found_or_named_is_one_and_another_sheet_is_another_campaign() -> None:
    def rows(number: str) -> str:
        return texts((1, ("Phone",)), (2, (number,)))

    alone = packed(sheets(("Data", rows("12125550101")), ("Old", rows("12125550102")), hidden=("Old",)))
    assert digest(alone, sheet="data") == digest(alone) != digest(alone, sheet="Old")
    two = packed(
        sheets(("Data", rows("12125550101")), ("Notes", rows("12125550103").replace("Phone", "Remark")))
    )
    assert digest(two, sheet="data") == digest(two) != digest(two, sheet="Notes", to="Remark")


def test_a_person_may_allow_it(runtime: Runtime) -> None:
    assert sent(runtime) != sent(runtime, allow_same_file=True)


def test_after_a_cancel_the_same_may_go_again(runtime: Runtime) -> None:
    earlier = sent(runtime)
    runtime.ledger.campaigns.steer(earlier, CampaignState.CANCELLING)
    later = sent(runtime)
    with pytest.raises(SubmittedBefore, match=later):
        sent(runtime)


def test_after_a_failure_the_same_may_go_again(runtime: Runtime) -> None:
    earlier = sent(runtime)
    assert runtime.ledger.file_readings.begin(earlier, "reader", 60_000)
    assert runtime.ledger.file_readings.fail(earlier, "the disk is gone", "reader")
    assert sent(runtime) != earlier


def test_the_memory_ends_after_a_day(runtime: Runtime) -> None:
    sent(runtime)
    found = list(runtime.ledger.redis.scan_iter(f"{keys.SAME}*"))
    assert [86_390 < runtime.ledger.redis.ttl(key) <= 86_400 for key in found] == [True]


def test_of_submits_at_the_same_moment_one_wins(runtime: Runtime, valkey_url: str) -> None:
    barrier = Barrier(8)

    def one(_: int) -> str:
        barrier.wait()
        try:
            return sent(runtime)
        except SubmittedBefore as refusal:
            return f"refused: {refusal.campaign_id}"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    won = [answer for answer in answers if not answer.startswith("refused")]
    assert len(won) == 1
    assert set(answers) == {won[0], f"refused: {won[0]}"}
    assert len(runtime.ledger.campaigns.list()) == 1


def test_it_is_remembered_for_a_day_from_the_submit_and_of_a_draft_from_its_launch(runtime: Runtime) -> None:
    sent(runtime)
    (key,) = runtime.ledger.redis.keys("mms:same:*")
    assert 86_390 < int(runtime.ledger.redis.ttl(key)) <= 86_400
    runtime.ledger.redis.delete(key)
    draft = submit(
        runtime.ledger,
        io.BytesIO(FILE),
        filename="spring.csv",
        settings=CampaignSettings(senders=("15165550199",), message="Hi"),
        fixed=frozenset(),
        config=runtime.settings,
        draft=True,
    )
    assert runtime.ledger.redis.keys("mms:same:*") == []
    launch(runtime.ledger, draft, runtime.settings)
    (key,) = runtime.ledger.redis.keys("mms:same:*")
    assert 86_390 < int(runtime.ledger.redis.ttl(key)) <= 86_400
