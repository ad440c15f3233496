"""What all calls of the API share: problems that they declare, a campaign as programs see it, downloads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import StreamingResponse

from dispatcher.web.api import openapi as examples
from dispatcher.web.http.problems import MEDIA_TYPE


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The declaration of these problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": examples.WHEN[status], "content": content} for status in statuses}


def csv_download(chunks: Iterable[str | bytes], filename: str) -> StreamingResponse:
    """A CSV file that the browser saves."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingResponse(chunks, headers=headers, media_type="text/csv; charset=utf-8")
