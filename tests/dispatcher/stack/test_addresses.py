"""What is said at the start of the admin token and of Flower's login, where they are known and where they are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.installation import Installation
from dispatcher.settings import Settings
from dispatcher.stack.addresses import addresses, announcement, require_flower_login
from dispatcher.stack.roles import UP

TOKEN = "the-admin-token"


def said(installation: Installation, **settings: Any) -> str:
    config = Settings(data_dir=Path("data"), **settings)
    return "\n".join(announcement(UP, config, installation, addresses(config, installation)))


def installation(token: str, *, is_new: bool = False, made_on: str = "") -> Installation:
    return Installation("key", (b"secret",), token, is_new, "live", made_on)


def test_the_admin_token_is_told_once_and_its_place_from_then_on() -> None:
    assert f"admin token  {TOKEN}  (made now, kept in" in said(
        installation(TOKEN, is_new=True, made_on="web1")
    )
    again = said(installation(TOKEN))
    assert TOKEN not in again
    assert "admin token  in data/admin-token" in again
    assert "admin token  from MMS_ADMIN_TOKEN" in said(installation(TOKEN), admin_token=TOKEN)


def test_a_machine_that_does_not_know_it_says_where_it_is_and_lets_nobody_into_flower() -> None:
    unknown = installation("", made_on="web1")
    text = said(unknown)
    assert "kept on web1" in text
    assert "(login: set MMS_FLOWER_AUTH)" in text
    logins = {addresses(Settings(), unknown).flower_login for _ in range(2)}
    assert len(logins) == 2, "drawn, and told to nobody"
    assert all(len(login) > len("admin:") + 30 for login in logins)


@pytest.mark.parametrize(
    ("logins", "is_taken"), [("a:b", True), ("a:b,c:d", True), ("a", False), ("a:b,c", False)]
)
def test_each_login_of_flower_has_a_password(logins: str, is_taken: bool) -> None:
    settings = Settings(flower_auth=logins)
    if is_taken:
        require_flower_login(settings)
        return
    with pytest.raises(ConfigError, match="USER:PASSWORD"):
        require_flower_login(settings)
