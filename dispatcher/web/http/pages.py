"""Jinja2 pages: everything escaped, nothing undefined, no inline script or style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from dispatcher.web.http import formats
from dispatcher.web.site.site import site_of

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["count"] = formats.count
_pages.filters["moment"] = formats.moment
_pages.filters["phone"] = formats.phone
_pages.filters["carrier"] = formats.carrier
_pages.filters["bytes"] = formats.size


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """One page. `session`, `navigation`, `flower` and `simulated` are there for every template."""
    site = site_of(request)
    values.setdefault("session", None)
    host = request.url.hostname or "127.0.0.1"
    text = _pages.get_template(template).render(
        path=request.url.path,
        navigation=[each for each in request.app.state.pages if each.in_navigation],
        flower=f"http://{host}:{site.settings.flower_port}/",
        simulated=site.settings.simulate,
        **values,
    )
    return HTMLResponse(text, status, headers)
