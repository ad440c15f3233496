"""Cells of a checked upload mended where they stand: each is checked at once by itself, and kept beside the file."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dispatcher.errors import NotFound
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.pipeline.preflight.row_check import RowsContext, RowVerdict, check_row
from dispatcher.roster.mendable_rows import (
    MendableRow,
    is_unchanged,
    listed_rows,
    mended_again,
    require_mendable,
    text_of,
)
from dispatcher.roster.mends import Mend
from dispatcher.web.actions.media import asks_about
from dispatcher.web.actions.submissions import check_upload, settings_of
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site
from dispatcher.web.site.staged_mends import RowsPage

#: What of a check's memory is no setting: the calendar line, and which mends it was made with.
BESIDE_SETTINGS = frozenset({"every", "mends"})
#: A cell as a page shows it: the line of its row, and its mark (`MendableRow.mark`).
Cell = tuple[int, str]


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


def keep_mends(site: Site, token: str, page: int, values: Mapping[Cell, str]) -> list[int]:
    """Keep what a person wrote into invalid cells on this page of them. What was written into a cell that is not on it
    as it was, since it was mended or all was checked meanwhile, goes nowhere: answers its line.

    Raises:
        InputError: a text is too long, or has control characters.
    """
    if not values:
        return []
    found = site.staged_uploads.mends.page(token, page)
    rows = {(row.line, row.mark): row for row in found.rows} if found else {}
    earlier = site.staged_uploads.mends.of_lines(token, [line for line, _ in values])
    passed_over = []
    for (line, mark), value in values.items():
        mends = earlier.get(line, ())
        if row := rows.get((line, mark)):
            _keep(site, token, row, value, mends)
        elif not is_unchanged(mark, value) and not _is_there(mends, value):
            passed_over.append(line)
    return passed_over


def _is_there(mends: Iterable[Mend], value: str) -> bool:
    """Whether one of these put this text in its place already."""
    return any(text_of(mend.after) == value.replace("\r\n", "\n") for mend in mends)


def mend_cell(site: Site, token: str, page: int, cell: Cell, value: str) -> RowVerdict:
    """Keep what a person wrote into one invalid cell, and say whether its row can be sent now.

    Raises:
        NotFound: the file is not kept any more, or the cell is not on this page of it as it was.
        InputError: the text is too long, has control characters or makes a row that cannot be read; or the settings
            cannot be used any more.
    """
    staged = site.staged_uploads.find(token)
    found = site.staged_uploads.mends.page(token, page)
    row = next((row for row in found.rows if (row.line, row.mark) == cell), None) if found else None
    if found is None or row is None:
        raise NotFound("This cell was mended, or the file checked, meanwhile.", hint="check it again")
    require_mendable(row, value)
    options = json.loads(staged.checked or "{}")
    for name in BESIDE_SETTINGS:
        options.pop(name, None)
    # First judged, then kept: what makes a row that cannot be read at all goes nowhere.
    verdict = _verdict(site, staged.filename, options, found, row, value)
    _keep(site, token, row, value, site.staged_uploads.mends.of_lines(token, [row.line]).get(row.line, ()))
    return verdict


def _keep(site: Site, token: str, row: MendableRow, value: str, earlier: tuple[Any, ...]) -> None:
    require_mendable(row, value)
    mends = mended_again(earlier, row, value)
    if mends == tuple(earlier):
        return
    if mends:
        site.staged_uploads.mends.put(token, mends)
    else:
        site.staged_uploads.mends.take_back(token, [row.line])


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
