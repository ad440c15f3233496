"""The register of the API: its routers, in the order of its description, and the schemas that no route names."""

from __future__ import annotations

from typing import Any

from dispatcher.web.api import (
    _campaign_actions,
    _campaigns,
    _health,
    _inbound,
    _limits,
    _optouts,
    _recipients,
    _schedules,
)
from dispatcher.web.http.problems import Problem

ROUTERS = (
    _campaigns.router,
    _health.router,
    _inbound.router,
    _optouts.router,
    _schedules.router,
    _limits.router,
    _recipients.router,
    _campaign_actions.router,
)


def schemas() -> dict[str, Any]:
    """What the OpenAPI page needs beside what the routes say."""
    return {"Problem": Problem.model_json_schema()}
