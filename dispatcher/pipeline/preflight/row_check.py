"""One invalid row with another text in it, checked by itself: what a person hears as soon as a cell is mended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.roster.mendable_rows import MendableRow
from dispatcher.roster.own_files import own_file
from dispatcher.roster.rejections import GROUP_ONLY_CODES
from dispatcher.settings import Settings

#: Settings that say how the bytes of a file are read; a row that was read needs them no more.
_OF_BYTES = {"encoding": None, "sheet": None}


class RowVerdict(NamedTuple):
    """Whether a row can be sent, as far as it can be told by itself, and a sentence."""

    fine: bool
    said: str


class RowsContext(NamedTuple):
    """What all rows of a file share: its own headings, and the settings that say how it was read."""

    columns: tuple[str, ...]
    read_as: dict[str, Any]

    @classmethod
    def of(cls, result: CheckResult) -> RowsContext:
        """As a check of the whole file found it."""
        decided = {each.setting: each.value for each in result.readings}
        known = {name: value for name, value in decided.items() if name in CampaignSettings.model_fields}
        return cls(tuple(heading.column for heading in result.headings), known)


def check_row(
    row: MendableRow, value: str, context: RowsContext, request: CheckRequest, config: Settings
) -> RowVerdict:
    """Read the row with this text in the place of what is wrong, by the settings of `request`. What other rows say, a
    number that stands twice, a group, is not known here.

    Raises:
        InputError: the settings cannot be used.
    """
    settings = request.settings.model_copy(update={**context.read_as, **_OF_BYTES})
    source = own_file(context.columns, row.with_value(value))
    return _said(check(source, replace(request, settings=settings), config), row.code)


def _said(result: CheckResult, was: str) -> RowVerdict:
    if result.errors:
        return RowVerdict(False, result.errors[0].message)
    if result.opted_out:
        return RowVerdict(True, "This number opted out; it is left alone.")
    if not result.sendable:
        return RowVerdict(False, "This row is left out.")
    if was in GROUP_ONLY_CODES:
        return RowVerdict(True, "Good by itself; its group is looked at when all is checked again.")
    return RowVerdict(True, "Good.")
