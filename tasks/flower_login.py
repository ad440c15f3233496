"""Who may see Flower: its own variable says it, else our settings."""

from __future__ import annotations

from collections.abc import Sequence

from dispatcher.settings import Settings


def login(said: Sequence[str], settings: Settings) -> list[str]:
    """The logins that Flower was given, else that of our settings, which may stand in a file; empty: none is known."""
    given = [each for each in said if each]
    if not given and settings.flower_auth is not None:
        given = settings.flower_auth.get_secret_value().split(",")
    if not given and settings.admin_token is not None:
        given = [f"admin:{settings.admin_token.get_secret_value()}"]
    return given
