"""Guessing tokens: whom it slows down, whom it does not, and who may say whose guess it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest
from argon2 import PasswordHasher
from redis import Redis

from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.settings import Settings, load_settings
from dispatcher.web.app import create_app
from dispatcher.web.site.throttle import Throttle, TooManyTriesError
from tests.dispatcher.web.conftest import TOKEN

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Published, Serve


def guesses(client: httpx.Client, count: int, *, proto: str = "https") -> list[int]:
    """Wrong logins, each said to come from another address."""
    return [
        client.post(
            "/login",
            data={"token": f"guess-{number}"},
            headers={"x-forwarded-for": f"198.51.100.{number}", "x-forwarded-proto": proto},
        ).status_code
        for number in range(count)
    ]


def test_whoever_writes_another_address_into_a_header_is_slowed_down_all_the_same(
    browser: httpx.Client, redis: Redis
) -> None:
    assert guesses(browser, 15) == [403] * 10 + [429] * 5
    assert set(redis.scan_iter("mms:wrong-tokens:*")) == {
        b"mms:wrong-tokens:127.0.0.1",
        b"mms:wrong-tokens:all",
    }
    assert browser.post("/login", data={"token": TOKEN}).status_code == 303


@pytest.mark.slow
def test_a_proxy_that_was_named_is_believed_whom_it_passes_on(
    serve: Serve, settings: Settings, published: Published, redis: Redis
) -> None:
    behind = settings.model_copy(update={"trusted_proxies": "127.0.0.0/8, 10.0.0.1"})
    address = serve(create_app(behind, hints=published.hints()))
    with httpx.Client(base_url=address, trust_env=False, verify=False) as client:
        assert guesses(client, 15) == [403] * 15
        answer = client.post("/login", data={"token": TOKEN}, headers={"x-forwarded-proto": "https"})
        assert "secure" not in answer.headers["set-cookie"].lower()  # MMS_PUBLIC_URL says so, no header
    assert redis.exists("mms:wrong-tokens:198.51.100.14")


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.0.0.1;10.0.0.2", "300.1.1.1"])
def test_proxies_are_named_by_addresses(value: str) -> None:
    with pytest.raises(ConfigError, match=re.escape("MMS_TRUSTED_PROXIES")):
        load_settings(trusted_proxies=value)


def test_addresses_of_one_network_are_one_guesser_and_whatever_is_no_address_is_one(redis: Redis) -> None:
    throttle = Throttle(redis)
    for number in range(10):
        throttle.wrong(f"2001:db8:0:1::{number}", also_all=False)
        throttle.wrong(f"made up {number}", also_all=False)
    throttle.wrong("2001:db8:0:2::1", also_all=False)
    for address in ("2001:db8:0:1::ffff", "something else"):
        with pytest.raises(TooManyTriesError):
            throttle.wrong(address, also_all=False)


def test_a_host_header_leads_nobody_elsewhere(address: str) -> None:
    for path in ("/health/", "/login/", "/campaigns/x/", "/api/v1/campaigns/"):
        answer = httpx.get(
            f"{address}{path}", headers={"host": "evil.example"}, trust_env=False, verify=False
        )
        assert "evil.example" not in answer.headers.get("location", "")
        assert "evil.example" not in answer.text


@pytest.mark.slow
def test_guesses_of_a_tokens_secret_cost_no_argon2(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ApiTokens(redis)
    token, holder = tokens.create("Ann", "viewer")
    proved: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, hashed: str, secret: str) -> bool:
        proved.append(secret)
        return verify(hasher, hashed, secret)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for number in range(200):
        assert tokens.find(f"mms_{holder.token_id}_{number:032}") is None
    assert proved == []
    assert tokens.find(token) is not None
    assert len(proved) == 1
