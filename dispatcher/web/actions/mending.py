"""Cells of a checked upload mended where they stand: each is checked at once by itself, and kept beside the file."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dispatcher.errors import InputError, NotFound
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.pipeline.preflight.row_check import RowsContext, RowVerdict, check_row
from dispatcher.roster.mendable_rows import MENDED_CHARACTERS, MendableRow, listed_rows, mended_again
from dispatcher.web.actions.media import asks_about
from dispatcher.web.actions.submissions import check_upload, settings_of
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site
from dispatcher.web.site.staged_mends import RowsPage

#: What of a check's memory is no setting: the calendar line, and which mends it was made with.
BESIDE_SETTINGS = frozenset({"every", "mends"})


def check_to_mend(
    site: Site, token: str, upload: Upload, options: dict[str, Any], *, every: str | None
) -> CheckResult:
    """The same as `check_upload`, of the staged upload with this token; rows that cannot be sent are kept beside it.

    Raises:
        InputError, FileRefused: the settings or the file cannot be used.
    """
    with tempfile.TemporaryFile("w+", encoding="ascii", newline="") as lines:
        result = check_upload(site, upload, options, mendable_to=lines, every=every)
        lines.seek(0)
        rows = sorted(listed_rows(lines), key=lambda row: row.line)
    site.staged_uploads.keep_rows(token, rows, RowsContext.of(result))
    return result


def keep_mends(site: Site, token: str, page: int, values: Mapping[int, str]) -> None:
    """Keep what a person wrote into invalid cells on this page of them, by the lines of their rows. Lines that are not
    on it any more are passed over.

    Raises:
        InputError: a text is too long.
    """
    found = site.staged_uploads.mends.page(token, page) if values else None
    if found is None:
        return
    earlier = site.staged_uploads.mends.of_lines(token, list(values))
    for row in found.rows:
        if row.line in values:
            _keep(site, token, row, values[row.line], earlier.get(row.line, ()))


def mend_cell(site: Site, token: str, page: int, line: int, value: str) -> RowVerdict:
    """Keep what a person wrote into one invalid cell, and say whether its row can be sent now.

    Raises:
        NotFound: the file is not kept any more, or no such row is on this page of it.
        InputError: the text is too long, or the settings cannot be used any more.
    """
    staged = site.staged_uploads.find(token)
    found = site.staged_uploads.mends.page(token, page)
    row = next((row for row in found.rows if row.line == line), None) if found else None
    if found is None or row is None:
        raise NotFound("The file was checked anew meanwhile.", hint="check it again")
    _keep(site, token, row, value, site.staged_uploads.mends.of_lines(token, [line]).get(line, ()))
    options = json.loads(staged.checked or "{}")
    for name in BESIDE_SETTINGS:
        options.pop(name, None)
    return _verdict(site, staged.filename, options, found, row, value)


def _keep(site: Site, token: str, row: MendableRow, value: str, earlier: tuple[Any, ...]) -> None:
    if len(value) > MENDED_CHARACTERS:
        raise InputError(
            f"a cell of more than {MENDED_CHARACTERS} characters is not mended here",
            hint="mend it in the file",
        )
    if mends := mended_again(earlier, row, value):
        site.staged_uploads.mends.put(token, mends)
    else:
        site.staged_uploads.mends.take_back(token, row.line)


def _verdict(
    site: Site, filename: str, options: dict[str, Any], page: RowsPage, row: MendableRow, value: str
) -> RowVerdict:
    settings, fixed = settings_of(Upload(io.BytesIO(), filename), options)
    request = CheckRequest(
        filename=filename,
        settings=settings,
        fixed=fixed,
        now=datetime.now(UTC),
        opted_out=site.ledger.optouts.is_out,
        ask_media=partial(asks_about, site),
    )
    return check_row(row, value, page.context, request, site.settings)
