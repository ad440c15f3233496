"""The register of the console's pages. The application, the navigation and the tests of all pages read it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from fastapi import APIRouter

from dispatcher.web.console import (
    _campaign_actions,
    _campaigns,
    _health,
    _inbound,
    _login,
    _new_campaign_page,
    _optouts,
    _recipients,
    _schedules,
)


class ConsolePage(NamedTuple):
    """A page: its address, what the navigation calls it, the router with all that belongs to it, and who may see it."""

    path: str
    title: str
    router: APIRouter
    who: Literal["anybody", "viewer", "admin"]

    @property
    def in_navigation(self) -> bool:
        """Whether every page leads to it: it needs a login, and belongs to no single campaign."""
        return self.who != "anybody" and "{" not in self.path


#: In the order of the navigation.
PAGES = (
    ConsolePage("/", "Campaigns", _campaigns.router, "viewer"),
    ConsolePage("/new", "New", _new_campaign_page.router, "admin"),
    ConsolePage("/schedule", "Schedule", _schedules.router, "viewer"),
    ConsolePage("/opt-outs", "Opt-outs", _optouts.router, "viewer"),
    ConsolePage("/inbound", "Inbound", _inbound.router, "viewer"),
    ConsolePage("/health", "Health", _health.router, "viewer"),
    ConsolePage("/campaigns/{campaign_id}/recipients", "Recipients", _recipients.router, "viewer"),
    ConsolePage("/campaigns/{campaign_id}/cancel", "Cancel", _campaign_actions.router, "admin"),
    ConsolePage("/login", "Log in", _login.router, "anybody"),
)
