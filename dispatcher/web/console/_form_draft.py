"""The form of a new campaign as it stands: its values, what they give, and what is shown beside them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from dispatcher.errors import InputError
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.web.console._form_values import OWN_CLOCK, ZONES
from dispatcher.web.console._mending import MendedCell, MendingPage, is_mend
from dispatcher.web.console._text_help import TextHelp
from dispatcher.web.http.problems import Problem
from dispatcher.web.http.upload_form import REPEATABLE
from dispatcher.web.site.staged_uploads import StagedUpload

_DAY = r"(?:(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*|\d)(?:#?l|#\d)?"
#: The last word of a calendar line that names no zone: a time, or cron's days of the week.
_TIME_OR_DAYS = re.compile(rf"\d{{1,2}}:\d{{2}}|[\d*?/,-]+|{_DAY}(?:[,-]{_DAY})*", re.IGNORECASE)
_SETTINGS_CHANGED = "The settings changed since the check. This is the check with the new ones."
_CELLS_CHANGED = "Cells were mended since the check. This is the check with what stands in them now."
#: Fields of the form that are no settings.
BESIDE = frozenset(
    {
        "csrf",
        "file",
        "list",
        "media",
        "held",
        "action",
        "at_local",
        "at_zone",
        "every",
        "draft",
        "row",
        "test_row",
        "test_to",
        "rows_page",
        "rows_to",
        "take_back",
    }
)


@dataclass
class FormDraft:
    """The form as it stands, to be shown again: its values, the file, what the check said, or what is wrong.
    `went_to` is the page to show once it was sent or kept; `tested` the campaign of a test message; `mending` rows that
    cannot be sent, `mended` the first cells that a person mended; `help` what is said beside the message."""

    values: dict[str, str] = field(default_factory=dict)
    upload: StagedUpload | None = None
    result: CheckResult | None = None
    problem: Problem | None = None
    note: str = ""
    tested: str = ""
    went_to: str | None = None
    mending: MendingPage | None = None
    mended: list[MendedCell] = field(default_factory=list)
    help: TextHelp | None = None

    def value(self, name: str) -> str:
        """The value of a field."""
        return self.values.get(name, "")

    @property
    def given(self) -> dict[str, Any]:
        """The settings of fields that are filled in, as a form would give them."""
        given: dict[str, Any] = {}
        for name, text in self.values.items():
            if text and name not in BESIDE and not is_mend(name):
                parts = [part.strip() for part in REPEATABLE[name].split(text)] if name in REPEATABLE else []
                given[name] = [part for part in parts if part] or text
        return given

    def options(self, given: dict[str, Any]) -> dict[str, Any]:
        """These settings with the start that the form says.

        Raises:
            InputError: it has no time zone.
        """
        local, zone = self.value("at_local").strip(), self.value("at_zone")
        if not local:
            return given
        if zone not in ZONES:
            raise InputError("the start has no time zone", hint="choose one beside the time")
        return {**given, "at": f"{local} {zone}"}

    @property
    def every(self) -> str | None:
        """The calendar line of the form, with the zone beside the start if it names none itself; None: it is sent once.

        Raises:
            InputError: the zone is none that recurs.
        """
        every = self.value("every").strip()
        if not every:
            return None
        if not _TIME_OR_DAYS.fullmatch(every.rsplit(maxsplit=1)[-1]):
            return every
        zone = self.value("at_zone")
        if zone == OWN_CLOCK:
            raise InputError("a recurring broadcast is on one clock", hint="choose a zone beside the start")
        return f"{every} {zone}"

    def checked_with(self, options: dict[str, Any], mends: str) -> str:
        """What a file with mends of this revision is checked with, to be compared with what it is sent with."""
        beside = {"every": self.value("every").strip(), "mends": mends}
        return json.dumps(
            {**options, **{name: text for name, text in beside.items() if text}}, sort_keys=True
        )


def what_changed(before: str, now: str) -> str:
    """What a person is told of a check that they did not ask for, by what the last one and this one are made with."""
    settings = [_settings_in(checked) for checked in (before, now)]
    return _CELLS_CHANGED if settings[0] == settings[1] else _SETTINGS_CHANGED


def _settings_in(checked: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(checked or "{}").items() if name != "mends"}
