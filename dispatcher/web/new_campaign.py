"""A campaign from the console: a file with its settings is checked, looked at, and only then sent."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from starlette.datastructures import FormData

from dispatcher.errors import FileRefused, InputError, MmsError
from dispatcher.pipeline.asleep import not_in_force
from dispatcher.pipeline.check import CheckResult
from dispatcher.web.campaigns import check_upload, settings_of, submit_upload
from dispatcher.web.held import HeldUpload
from dispatcher.web.intake import Upload, first, options_in, upload_in
from dispatcher.web.problem import Problem, problem_of
from dispatcher.web.site import Site

#: Fields of the form that are no settings.
BESIDE = frozenset({"csrf", "file", "held", "action", "at_local", "at_zone"})

ZONES = {
    "America/New_York": "Eastern (New York)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
    "America/Halifax": "Atlantic (Halifax)",
    "America/St_Johns": "Newfoundland (St. John’s)",
    "UTC": "UTC",
}


@dataclass
class Draft:
    """The form as it stands, to be shown again: what was typed, the file, what the check said, or what is wrong."""

    typed: dict[str, str] = field(default_factory=dict)
    upload: HeldUpload | None = None
    result: CheckResult | None = None
    problem: Problem | None = None
    asleep: list[str] = field(default_factory=list)
    note: str = ""
    sent_as: str | None = None

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return self.typed.get(name, "")


def take(site: Site, who: str, form: FormData) -> Draft:
    """Check what a form carries, or send it if it is what was checked. Never raises what a person can mend."""
    draft = Draft(typed={name: first(form, name) for name in form})
    try:
        _take(site, who, form, draft)
    except MmsError as error:
        draft.problem = problem_of(error)
        draft.result = None
    return draft


def _take(site: Site, who: str, form: FormData, draft: Draft) -> None:
    if draft.value("action") == "send" and draft.value("held"):
        sent_as = site.held.sent_as(draft.value("held"))
        if sent_as is not None:
            draft.sent_as = sent_as
            return
    draft.upload = _held(site, upload_in(form), draft.value("held"))
    options = _options(form)
    fingerprint = json.dumps(options, sort_keys=True)
    if draft.value("action") == "send" and draft.upload.checked == fingerprint:
        draft.sent_as = _send(site, who, draft.upload, options)
        return
    if draft.value("action") == "send":
        draft.note = "The settings changed since the check. This is the check with the new ones."
    with site.held.open(draft.upload.token) as source:
        upload = Upload(source, draft.upload.filename)
        draft.result = check_upload(site, upload, options)
        draft.asleep = not_in_force(settings_of(upload, options)[0])
    draft.upload = HeldUpload(draft.upload.token, draft.upload.filename, fingerprint)
    site.held.note(draft.upload)


def bad_rows_of(site: Site, token: str) -> Iterator[str]:
    """The bad rows of a file that was checked, with the settings of that check, as a CSV to be mended.

    Raises:
        NotFound: the file is not kept any more; before the first piece.
    """
    held = site.held.find(token)
    rows = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed when it is read
    with site.held.open(token) as source:
        check_upload(site, Upload(source, held.filename), json.loads(held.checked or "{}"), errors_to=rows)
    rows.seek(0)
    return _pieces(rows)


def _pieces(file: IO[str]) -> Iterator[str]:
    with file:
        while piece := file.read(64 * 1024):
            yield piece


def _held(site: Site, upload: Upload | None, token: str) -> HeldUpload:
    if upload is not None:
        site.held.drop(token)
        return HeldUpload(site.held.hold(upload.source, upload.filename), upload.filename, "")
    if not token:
        raise FileRefused(
            "no_file", "No file is chosen.", hint="choose a CSV file with one recipient on each row"
        )
    return site.held.find(token)


def _options(form: FormData) -> dict[str, Any]:
    options = options_in(form, beside=BESIDE)
    local, zone = first(form, "at_local").strip(), first(form, "at_zone")
    if local:
        if zone not in ZONES:
            raise InputError("the start has no time zone", hint="choose one beside the time")
        options["at"] = f"{local} {zone}"
    return options


def _send(site: Site, who: str, upload: HeldUpload, options: dict[str, Any]) -> str:
    """Make the campaign, once, however often the button is pressed; answers its id."""
    earlier = site.held.claim(upload.token)
    if earlier is not None:
        return earlier
    try:
        with site.held.open(upload.token) as source:
            campaign_id = submit_upload(site, who, Upload(source, upload.filename), options)
    except BaseException:
        site.held.give_back(upload.token)
        raise
    site.held.became(upload.token, campaign_id)
    return campaign_id
