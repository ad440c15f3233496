from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from redis import Redis

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.installation.api_tokens import ApiTokens, Role
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from tests.dispatcher.web.conftest import CSV, TOKEN
from tests.factories import add_campaign

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Published, Serve

FORM = {"from": "12125550100", "message": "Hi"}


@pytest.fixture
def tokens(redis: Redis) -> ApiTokens:
    """The tokens of an empty ledger."""
    return ApiTokens(redis)


@pytest.fixture
def viewer(address: str, tokens: ApiTokens) -> Iterator[httpx.Client]:
    """A browser of one who may look."""
    headers = {"accept": "text/html"}
    with httpx.Client(base_url=address, trust_env=False, verify=False, headers=headers) as client:
        assert client.post("/login", data={"token": tokens.create("Vera", "viewer")[0]}).status_code == 303
        yield client


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found[1]


def test_a_tokens_secret_is_nowhere_in_the_ledger(redis: Redis, tokens: ApiTokens) -> None:
    token, _ = tokens.create("Ann", "admin")
    secret = token.rsplit("_", 1)[1]
    [facts] = redis.hgetall("mms:tokens").values()
    assert secret.encode() not in facts
    assert b"$argon2id$" in facts


@pytest.mark.slow
@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_a_token_is_found_with_its_name_and_role_until_it_is_removed(tokens: ApiTokens, role: Role) -> None:
    token, holder = tokens.create("Ann", role)
    found = tokens.find(token)
    assert found is not None
    assert (found.name, found.role) == ("Ann", role)
    tokens.remove(holder.token_id)
    assert tokens.find(token) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t[:-1] + "!", lambda t: "mms_aaaaaaaa_" + t[13:], str.upper]
)
def test_no_other_text_is_a_token(tokens: ApiTokens, change: Callable[[str], str]) -> None:
    token, _ = tokens.create("Ann", "admin")
    assert tokens.find(token) is not None  # proved and remembered
    assert tokens.find(change(token)) is None


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\nb", "<b>", "Ann"])
def test_a_name_is_short_plain_and_only_one_tokens(tokens: ApiTokens, name: str) -> None:
    tokens.create("Ann", "viewer")
    with pytest.raises(InputError):
        tokens.create(name, "viewer")


def test_a_token_that_is_not_there_cannot_be_removed(tokens: ApiTokens) -> None:
    with pytest.raises(NotFound):
        tokens.remove("aaaaaaaa")


@pytest.mark.slow
def test_a_viewers_token_looks_through_the_api_and_does_not_act(
    api: httpx.Client, tokens: ApiTokens, redis: Redis
) -> None:
    api.headers["authorization"] = f"Bearer {tokens.create('Vera', 'viewer')[0]}"
    assert api.get("/campaigns").status_code == 200
    answer = api.post("/campaigns", files={"file": ("a.csv", CSV)}, data=FORM)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    for verb in ("pause", "resume", "cancel"):
        assert api.post(f"/campaigns/x/{verb}").status_code == 403
    assert list(redis.scan_iter("mms:c:*")) == []


@pytest.mark.slow
def test_a_viewer_sees_pages_without_buttons_and_may_not_use_their_addresses(
    viewer: httpx.Client, redis: Redis
) -> None:
    from dispatcher.ledger.ledger import Ledger  # noqa: PLC0415 - after the application stamped the ledger

    campaign_id = add_campaign(Ledger(redis))
    page = viewer.get(f"/campaigns/{campaign_id}")
    assert page.status_code == 200
    assert "Pause" not in page.text
    assert 'href="/new"' not in page.text
    token = csrf(page)
    assert viewer.get("/new").status_code == 403
    assert viewer.get(f"/campaigns/{campaign_id}/cancel").status_code == 403
    for path in ("/new", *(f"/campaigns/{campaign_id}/{verb}" for verb in ("pause", "resume", "cancel"))):
        answer = viewer.post(path, data={"csrf": token})
        assert answer.status_code == 403
        assert "may look, not act" in answer.text
    assert Ledger(redis).campaign(campaign_id).state == "running"


@pytest.mark.slow
def test_a_login_ends_with_its_token(viewer: httpx.Client, tokens: ApiTokens) -> None:
    assert viewer.get("/").status_code == 200
    tokens.remove(tokens.list()[0].token_id)
    assert viewer.get("/").status_code == 303


@pytest.mark.slow
def test_a_login_at_one_installation_ends_none_at_another_of_the_same_host(
    browser: httpx.Client, settings: Settings, valkey_url: str, published: Published, serve: Serve
) -> None:
    beside = settings.model_copy(update={"redis_url": valkey_url.removesuffix("/0") + "/1"})
    # The same port in its settings, as in a container.
    other = serve(create_app(beside, hints=published.hints()))
    for address in ("", other):
        assert browser.post(f"{address}/login", data={"token": TOKEN}).status_code == 303
    assert [browser.get(f"{address}/").status_code for address in ("", other)] == [200, 200]


def test_the_journal_says_who_logged_in_and_who_sent(
    browser: httpx.Client, api: httpx.Client, redis: Redis
) -> None:
    browser.post("/login", data={"token": TOKEN})
    campaign_id = api.post("/campaigns", files={"file": ("a.csv", CSV)}, data=FORM).json()["id"]
    notes = AuditLog(redis).latest(10)
    assert [(note.who, note.did, note.campaign) for note in notes] == [
        ("admin", "sent", campaign_id),
        ("admin", "logged in as admin", ""),
    ]


def test_the_journal_finds_the_lines_of_one_campaign_among_many(redis: Redis) -> None:
    journal = AuditLog(redis)
    journal.note("Ann", "sent", "spring")
    pipeline = redis.pipeline()
    for _ in range(2500):
        pipeline.xadd("mms:journal", {"who": "Ben", "did": "paused", "campaign": "other"})
    pipeline.execute()
    journal.note("Ann", "paused", "spring")
    assert [note.did for note in journal.latest(10, "spring")] == ["paused", "sent"]
    assert len(journal.latest(30)) == 30
