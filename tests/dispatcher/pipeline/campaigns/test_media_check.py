"""A campaign's media are asked for once, and its rows are read the same ever after."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.ledger.campaigns.media import CHUNK_BYTES
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.media.gate import MediaGate
from dispatcher.media.resolver import AllowList
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MEDIA_ASKED_MAX, MediaFacts
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.campaigns.media_check import release_media
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.media.server import MediaServer, running_media_server
from tests.dispatcher.pipeline.preflight.test_check import ANN, BOB, CYD, NOW, checked, codes
from tests.factories import csv_number

GOOD, PRIVATE, PAGE, HALF = (f"https://pictures.test/{name}" for name in ("good", "private", "page", "half"))
ANSWERS = {
    GOOD: MediaFacts(1000, "image/png"),
    PRIVATE: MediaFacts(invalid_code="media_private"),
    PAGE: MediaFacts(9, "text/html", "media_type"),
    HALF: MediaFacts((3 << 20) // 2 + 1, "video/mp4"),
}


class Asking:
    """Answers from the table above, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, urls: Sequence[str]) -> Mapping[str, MediaFacts]:
        """Answer what is known."""
        self.asked += urls
        return {url: ANSWERS[url] for url in urls if url in ANSWERS}


def looked_at(file: str, **options: Any) -> CheckResult:
    """Check a file whose messages have a text without merge fields."""
    return checked(file, **{"message": "Hi", **options})


@pytest.mark.parametrize(
    ("url", "code"), [(PRIVATE, "media_private"), (PAGE, "media_type"), (f"{HALF} {HALF}?2", None)]
)
def test_rows_whose_media_cannot_be_sent_are_invalid(url: str, code: str | None) -> None:
    asking = Asking()
    result = looked_at(f"to,media_urls\n{ANN},{url}\n{BOB},{GOOD}\n", ask_media=asking)
    assert result.invalid == ({code: 1} if code else {})
    assert len(asking.asked) == len(set(asking.asked))


def test_media_that_are_too_large_together_make_the_row_invalid() -> None:
    half = f"{HALF}2"
    result = looked_at(
        f"to,media_urls\n{ANN},{HALF} {half}\n{BOB},{HALF}\n",
        ask_media=lambda urls: dict.fromkeys(urls, ANSWERS[HALF]),
    )
    assert result.invalid == {"media_too_large": 1}
    assert "media_over_600_kb" in codes(result)


def test_flawed_media_of_the_campaign_refuse_the_file() -> None:
    with pytest.raises(FileRefused) as refusal:
        looked_at(f"to\n{ANN}\n", media_urls=(PRIVATE,), ask_media=Asking())
    assert refusal.value.code == "media_private"


def test_with_media_of_their_own_rows_need_not_those_of_the_campaign() -> None:
    result = looked_at(f"to,media_urls\n{ANN},{GOOD}\n{BOB},\n", media_urls=(PAGE,), ask_media=Asking())
    assert (result.sendable, result.invalid) == (1, {"media_type": 1})


def test_without_the_media_check_nothing_is_asked() -> None:
    asking = Asking()
    result = looked_at(f"to\n{ANN}\n", media_urls=(PRIVATE,), media_check=False, ask_media=asking)
    assert (result.sendable, asking.asked) == (1, [])


def test_a_warning_says_when_not_all_media_were_asked() -> None:
    assert "media_not_all_checked" in codes(
        looked_at(f"to\n{ANN}\n", media_urls=(f"{GOOD}?",), ask_media=Asking())
    )
    asking = Asking()
    cells = [" ".join(f"{GOOD}?{row}.{place}" for place in range(10)) for row in range(101)]
    rows = "".join(f"{csv_number(row + 1)},{cell}\n" for row, cell in enumerate(cells))
    result = looked_at(f"to,media_urls\n{rows}", ask_media=asking)
    assert len(asking.asked) == MEDIA_ASKED_MAX < 1010
    assert "media_not_all_checked" in codes(result)


def submitted(ledger: Ledger, runtime: Runtime, file: str, media: MediaGate, **options: Any) -> str:
    """Check and submit a file as a command does."""
    settings = CampaignSettings(**{"senders": ("15165550199",), "message": "Hi", **options})
    result = checked(file, ask_media=media, **settings.model_dump())
    return submit(
        ledger,
        io.BytesIO(file.encode()),
        filename="spring.csv",
        settings=settings,
        fixed=frozenset(),
        config=runtime.settings,
        media=result.media,
    )


def test_expansion_comes_to_the_same_answers_without_asking_again(ledger: Ledger, runtime: Runtime) -> None:
    with running_media_server() as server:
        urls = (f"{server.url}/{name}" for name in ("picture", "page", "too-large", "missing"))
        numbers = (ANN, BOB, CYD, "17185550104")
        rows = "".join(f"{number},{url}\n" for number, url in zip(numbers, urls, strict=True))
        gate = MediaGate(AllowList("127.0.0.1"))
        campaign_id = submitted(ledger, runtime, f"to,media_urls\n{rows}", gate)
        asked = server.asked.total()
    assert expand(runtime, campaign_id) == "4 rows"
    batch = ledger.batches.content(campaign_id, 0)
    assert batch is not None
    found = [row.code if isinstance(row, InvalidRow) else "sent" for row in batch.rows]
    assert found == ["sent", "media_type", "media_too_large", "media_unreachable"]
    assert server.asked.total() == asked
    assert not ledger.redis.exists(keys.media_facts(campaign_id))


@pytest.fixture
def with_picture(ledger: Ledger, runtime: Runtime) -> Callable[[], str]:
    """Submits campaigns that need a stored picture of three chunks."""
    numbers = iter((ANN, BOB, CYD))
    ledger.media.store("a" * 64, "image/png", bytes(2 * CHUNK_BYTES) + b"end")

    def make() -> str:
        return submit(
            ledger,
            io.BytesIO(f"to\n{next(numbers)}\n".encode()),
            filename="spring.csv",
            settings=CampaignSettings(senders=("15165550199",), message="Hi"),
            fixed=frozenset(),
            config=runtime.settings,
            media_files=["a" * 64],
        )

    return make


def test_a_stored_medium_is_read_by_parts(ledger: Ledger) -> None:
    content = bytes(range(256)) * (CHUNK_BYTES // 128) + b"end"
    ledger.media.store("b" * 64, "image/png", content)
    assert ledger.media.find("b" * 64) == ("image/png", len(content))
    assert b"".join(ledger.media.read("b" * 64, 0, len(content))) == content
    start, stop = CHUNK_BYTES - 5, 2 * CHUNK_BYTES + 2
    assert b"".join(ledger.media.read("b" * 64, start, stop)) == content[start:stop]
    assert ledger.media.find("../etc") is None


def test_a_medium_without_a_campaign_lapses(ledger: Ledger) -> None:
    ledger.media.store("b" * 64, "image/png", b"x")
    assert ledger.redis.pttl(keys.medium("b" * 64)) > 0


def test_a_medium_lives_while_one_of_its_campaigns_does(
    ledger: Ledger, runtime: Runtime, with_picture: Callable[[], str]
) -> None:
    first, second = with_picture(), with_picture()
    key = keys.medium("a" * 64)
    for campaign_id in (first, second):
        assert ledger.redis.pttl(key) == -1
        assert release_media(ledger) == 0
        expand(runtime, campaign_id)
        ledger.campaigns.steer(campaign_id, CampaignState.CANCELLING)
        sweep(runtime, campaign_id)
    assert release_media(ledger) == 1
    assert ledger.redis.pttl(key) > 0
    assert ledger.media.stored() == []


def test_a_medium_stored_again_while_it_is_needed_stays(
    ledger: Ledger, with_picture: Callable[[], str]
) -> None:
    with_picture()
    ledger.media.store("a" * 64, "image/png", b"x")
    assert ledger.redis.pttl(keys.medium("a" * 64)) == -1


def test_the_server_of_these_tests_is_private(ledger: Ledger, runtime: Runtime) -> None:
    with running_media_server() as server, pytest.raises(FileRefused) as refusal:
        submitted(
            ledger, runtime, f"to\n{ANN}\n", MediaGate(AllowList()), media_urls=(f"{server.url}/picture",)
        )
    assert refusal.value.code == "media_private"
    assert isinstance(server, MediaServer)


def test_a_signed_address_that_ends_before_the_campaign_is_done_is_warned_of() -> None:
    def warned(ends: dt.datetime, **options: Any) -> bool:
        url = f"{GOOD}?Signature=x&Expires={int(ends.timestamp())}"
        return "media_expires" in codes(checked(f"to,media_urls\n{ANN},{url}\n", message=None, **options))

    assert warned(NOW + dt.timedelta(minutes=5))
    assert not warned(NOW + dt.timedelta(days=2))
    assert warned(NOW + dt.timedelta(days=2), at="2026-12-01T15:00Z")


@pytest.mark.parametrize("between", [",", ", ", ";", " | ", "\n", ",,"])
def test_two_addresses_in_a_cell_are_two(between: str) -> None:
    cell = f'"https://example.com/a.jpg{between}https://example.com/b.jpg"'
    result = checked(f"to,media_urls\n{ANN},{cell}\n", message=None)
    assert result.previews[0].media == ("https://example.com/a.jpg", "https://example.com/b.jpg")


def test_two_names_of_which_one_is_no_address_are_refused_and_a_comma_in_a_path_is_not() -> None:
    two = f'to,media_urls\n{ANN},"https://example.com/a.jpg,b.jpg"\n'
    assert checked(two, message=None).invalid == {"bad_media_url": 1}
    assert checked(two.replace("a.jpg,b", "w_2,h_2/b"), message=None).sendable == 1
