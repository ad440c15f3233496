"""Drafts, test messages, pictures of one's own, recurring broadcasts: from the form and from the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.ledger import Ledger
from dispatcher.media.files import make_media_file
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.roster.columns import Headings
from tests.dispatcher.web.conftest import CSV, Published

SETTINGS = {"name": "Spring sale", "from": "(212) 555-0100", "message": "Hi {{first_name}}"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
HASH = make_media_file(PNG, "a.png").hash
ReadFile = Callable[[str], str]


@pytest.fixture
def ledger(address: str, redis: Redis) -> Ledger:
    """The application's ledger."""
    return Ledger(redis)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def press(
    browser: httpx.Client, action: str, *, held: str = "", media: Any = b"", **fields: Any
) -> httpx.Response:
    data = {**SETTINGS, "csrf": hidden(browser.get("/new"), "csrf"), "action": action, **fields}
    files = {"file": ("", "")} if held else {"file": ("spring.csv", CSV)}
    if media:
        files["media"] = ("a.png", media)
    return browser.post("/new", data={**data, **({"held": held} if held else {})}, files=files)


def post(api: httpx.Client, path: str = "/campaigns", **fields: Any) -> httpx.Response:
    files = {"file": ("spring.csv", CSV)}
    if media := fields.pop("media", b""):
        files["media"] = ("a.png", media)
    return api.post(path, data={**SETTINGS, **fields}, files=files)


def test_a_draft_is_kept_and_not_read(
    api: httpx.Client, ledger: Ledger, published: Published, read_file: ReadFile
) -> None:
    made = post(api, draft="true")
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    assert published.expand.empty()
    assert ledger.agenda.reading() == []
    read_file(made.json()["id"])
    assert ledger.campaign(made.json()["id"]).state is CampaignState.DRAFT


def test_a_draft_that_is_started_is_a_campaign_like_any_other(
    api: httpx.Client, ledger: Ledger, read_file: ReadFile
) -> None:
    draft = post(api, draft="true").json()["id"]
    started = api.post(f"/campaigns/{draft}/start")
    assert (started.status_code, started.json()["state"]) == (200, "checking")
    assert ledger.agenda.reading() == [draft]
    read_file(draft)
    assert ledger.campaign(draft).counts[RecipientState.PENDING] == 3
    assert api.post(f"/campaigns/{draft}/start").status_code == 409
    assert api.delete(f"/campaigns/{draft}").status_code == 409


def test_starting_again_with_the_same_key_gets_the_first_answer(api: httpx.Client) -> None:
    draft = post(api, draft="true").json()["id"]
    key = {"Idempotency-Key": "start-1"}
    first, again = (api.post(f"/campaigns/{draft}/start", headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    other = post(api, draft="true").json()["id"]
    assert api.post(f"/campaigns/{other}/start", headers=key).status_code == 422


def test_a_draft_of_what_was_sent_already_cannot_be_sent_too(api: httpx.Client) -> None:
    draft = post(api, draft="true").json()["id"]
    assert post(api).status_code == 201
    assert api.post(f"/campaigns/{draft}/start").status_code == 409


def test_a_draft_that_is_thrown_away_leaves_nothing(api: httpx.Client, redis: Redis) -> None:
    draft = post(api, draft="true", rate="5/s").json()["id"]
    assert api.delete(f"/campaigns/{draft}").status_code == 204
    assert list(redis.scan_iter(f"mms:c:{draft}*")) == []
    assert not redis.hexists("mms:rates", f"campaign:{draft}")
    assert api.get("/campaigns").json()["items"] == []


@pytest.mark.slow
def test_a_draft_opens_as_the_form_it_was_and_goes_when_it_is_sent(
    operator: httpx.Client, api: httpx.Client, ledger: Ledger
) -> None:
    kept = press(operator, "keep", rate="7/s", at_local="2090-03-01T09:00", at_zone="recipient")
    draft = kept.headers["location"].removeprefix("/campaigns/")
    assert "Send as it is" in operator.get(f"/campaigns/{draft}").text
    page = operator.get(f"/new?draft={draft}")
    assert 'value="7/s"' in page.text
    assert 'value="2090-03-01T09:00"' in page.text
    assert 'value="recipient" selected' in page.text
    assert "Schedule for 3 recipients" in page.text
    sent = press(
        operator,
        "send",
        held=hidden(page, "held"),
        draft=draft,
        name="Spring sale",
        rate="7/s",
        at_local="2090-03-01T09:00",
        at_zone="recipient",
        quiet_hours="us-strict",
        priority="normal",
        on_unconfirmed="lookup",
        on_no_consent="skip",
        unknown_area_codes="refuse",
        **{"from": "12125550100"},
    )
    assert sent.status_code == 303, sent.text
    [campaign] = ledger.campaigns.list()
    assert campaign.id == sent.headers["location"].removeprefix("/campaigns/") != draft
    assert campaign.settings.at == "2090-03-01T09:00 recipient"


@pytest.mark.slow
def test_a_double_click_keeps_one_draft(operator: httpx.Client, ledger: Ledger) -> None:
    held = hidden(press(operator, "check"), "held")
    places = {press(operator, "keep", held=held).headers["location"] for _ in range(2)}
    assert len(places) == len(ledger.campaigns.list()) == 1


def test_a_test_message_is_that_rows_message_to_ones_own_number(
    operator: httpx.Client, ledger: Ledger, read_file: ReadFile
) -> None:
    page = press(operator, "test", test_row="2", test_to="(212) 555-0155")
    assert "It is on its way" in page.text
    assert "Send to 3 recipients" in page.text  # nothing of the file itself was sent
    [campaign] = ledger.campaigns.list()
    assert campaign.name == "Test of Spring sale"
    read_file(campaign.id)
    [(batch, _)] = ledger.batches.read(campaign.id, [0])
    assert [row.number for row in batch.rows] == ["12125550155"]
    assert [message.text for message in batch.messages] == ["Hi Ben"]


def test_a_test_message_is_of_the_column_that_was_chosen_before(api: httpx.Client, ledger: Ledger) -> None:
    ledger.chosen_columns.remember(Headings(("Phone 1", "Phone 2"), line=1).hash, "Phone 2")
    file = {"file": ("two.csv", "Phone 1,Phone 2\n12125550101,12125550102\n12125550103,555\n")}
    data = {**SETTINGS, "message": "Hi", "to": "12125550155"}
    asked = [api.post("/campaigns/test", data={**data, "row": row}, files=file) for row in "12"]
    assert [answer.status_code for answer in asked] == [201, 422], [answer.text for answer in asked]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "to", "said"),
    [
        ("9", "12125550155", "no row 9"),
        ("0", "12125550155", "no row 0"),
        ("", "12125550155", "no row"),
        ("1", "12", "12"),
    ],
)
def test_what_is_wrong_with_a_test_is_said_beside_the_check(
    operator: httpx.Client, ledger: Ledger, row: str, to: str, said: str
) -> None:
    page = press(operator, "test", test_row=row, test_to=to)
    assert 'role="alert"' in page.text
    assert "What would happen" in page.text
    assert ledger.campaigns.list() == []


def test_a_program_sends_a_test(api: httpx.Client, ledger: Ledger) -> None:
    made = post(api, "/campaigns/test", row="1", to="12125550155")
    assert (made.status_code, made.json()["name"]) == (201, "Test of Spring sale")
    assert post(api, "/campaigns/test", row="77", to="12125550155").status_code == 422
    assert len(ledger.campaigns.list()) == 1


@pytest.mark.slow
def test_a_picture_of_ones_own_is_kept_shown_and_sent_by_our_address(
    operator: httpx.Client, ledger: Ledger, redis: Redis
) -> None:
    page = press(operator, "check", media=PNG)
    assert f'<img src="/media/{HASH}"' in page.text
    url = re.search(rf"http://127\.0\.0\.1:\d+/media/{HASH}", page.text)
    assert url
    sent = press(operator, "send", held=hidden(page, "held"), media_urls=url[0])
    assert sent.status_code == 303, sent.text
    [campaign] = ledger.campaigns.list()
    assert campaign.settings.media_urls == (url[0],)
    assert redis.ttl(f"mms:media:{HASH}") == -1  # as long as the campaign needs it
    assert operator.get(f"/media/{HASH}").content == PNG


def test_a_program_sends_a_picture_along(api: httpx.Client) -> None:
    made = post(api, media=PNG)
    assert made.status_code == 201, made.text
    assert made.json()["settings"]["media_urls"][0].endswith(f"/media/{HASH}")
    assert post(api, media=b"no picture", allow_same_file="yes").status_code == 422


@pytest.mark.slow
def test_a_file_recurs_from_the_form_and_from_the_api(
    operator: httpx.Client, api: httpx.Client, ledger: Ledger
) -> None:
    for wrong in ("monthly 09:00", "mon 09:00 EST"):
        assert "Send to" not in press(operator, "check", every=wrong, at_zone="America/Chicago").text
    page = press(operator, "check", every="mon 09:00", at_zone="America/Chicago")
    assert "It comes again and again; next Mon" in page.text
    fields = {"held": hidden(page, "held"), "every": "mon 09:00", "at_zone": "America/Chicago"}
    sent = [press(operator, "send", **fields) for _ in range(2)]
    assert [answer.headers["location"] for answer in sent] == ["/schedule"] * 2
    [(schedule, _)] = ledger.schedules.some(9, 0)
    assert schedule.every == "mon 09:00 America/Chicago"
    made = post(api, every="daily 10:00 UTC", name="Other", message="Other")
    assert (made.status_code, made.json()["every"]) == (201, "daily 10:00 UTC")
    assert made.headers["location"].endswith(f"/api/v1/schedules/{made.json()['id']}")


def test_a_draft_that_recurs_is_refused_by_the_api_and_the_form(
    operator: httpx.Client, api: httpx.Client, ledger: Ledger
) -> None:
    refused = post(api, every="daily 10:00 UTC", draft="yes")
    assert (refused.status_code, refused.json()["detail"]) == (422, "a draft does not recur")
    page = press(operator, "keep", every="mon 09:00", at_zone="America/Chicago")
    assert "draft does not recur" in page.text
    assert 'value="mon 09:00"' in page.text
    assert (ledger.campaigns.list(), ledger.schedules.all()) == ([], [])


@pytest.mark.slow
def test_a_draft_that_was_opened_can_be_sent_again_and_again(operator: httpx.Client, ledger: Ledger) -> None:
    draft = press(operator, "keep").headers["location"].removeprefix("/campaigns/")
    held = hidden(operator.get(f"/new?draft={draft}"), "held")
    fields = {"held": held, "draft": draft, "every": "mon 09:00", "at_zone": "America/Chicago"}
    page = press(operator, "send", **fields)
    assert "The settings changed since the check" in page.text
    assert press(operator, "send", **fields).headers["location"] == "/schedule"
    assert ledger.campaigns.list() == []
    [(schedule, _)] = ledger.schedules.all()
    assert schedule.every == "mon 09:00 America/Chicago"
