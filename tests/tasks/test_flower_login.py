"""Flower asks for a login wherever one is known: its own variable's, else that of our settings."""

from __future__ import annotations

import pytest

from dispatcher.settings import load_settings
from tasks.flower_login import login


@pytest.mark.parametrize(
    ("said", "auth", "token", "logins"),
    [
        (["ann:words"], "bob:words", "token", ["ann:words"]),
        ([], "bob:words", "token", ["bob:words"]),
        ([], "bob:new,bob:old", "token", ["bob:new", "bob:old"]),
        ([""], None, "token", ["admin:token"]),
        ([], None, None, []),
    ],
)
def test_the_login_is_flowers_own_then_the_settings_then_the_admin_token(
    said: list[str], auth: str | None, token: str | None, logins: list[str]
) -> None:
    assert login(said, load_settings(flower_auth=auth, admin_token=token)) == logins
