"""A file as an answer, made while it is sent."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import StreamingResponse


def csv_download(chunks: Iterable[str | bytes], filename: str) -> StreamingResponse:
    """A CSV file that the browser saves."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingResponse(chunks, headers=headers, media_type="text/csv; charset=utf-8")
