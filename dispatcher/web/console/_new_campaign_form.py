"""A campaign from the console: a file with its settings is checked, looked at, tried, and only then sent or kept."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import IO, Any, BinaryIO

from starlette.datastructures import FormData

from dispatcher.errors import Conflict, FileRefused, InputError, MmsError, NotFound
from dispatcher.pipeline.campaigns.lifecycle import open_draft
from dispatcher.web.actions.media import take_media
from dispatcher.web.actions.mending import BESIDE_SETTINGS, check_to_mend
from dispatcher.web.actions.submissions import (
    as_checked,
    check_upload,
    discard_draft,
    find_campaign,
    recur_upload,
    send_test,
    submit_upload,
)
from dispatcher.web.console._form_draft import BESIDE, FormDraft, what_changed
from dispatcher.web.console._form_values import form_values_of
from dispatcher.web.console._mending import (
    is_mend,
    keep_mends_of,
    mended_cells,
    mending_page,
    page_number,
)
from dispatcher.web.console._replaced_file import said_of_another
from dispatcher.web.console._text_help import text_help
from dispatcher.web.http.problems import problem_of
from dispatcher.web.http.upload_form import Upload, first, options_in, upload_in, with_media
from dispatcher.web.site.site import Site
from dispatcher.web.site.staged_uploads import Sending, StagedUpload

#: Two presses of a button are within it; whoever sends for longer and said nothing may have been killed.
PATIENCE_MS = 120_000


def take(site: Site, who: str, form: FormData) -> FormDraft:
    """Do what a form asks for: check, send a test, send, or keep. Never raises what a person can mend."""
    draft = FormDraft(values={name: first(form, name) for name in form})
    try:
        _take(site, who, form, draft)
    except MmsError as error:
        _refused(site, draft, error)
    return draft


def _refused(site: Site, draft: FormDraft, error: MmsError) -> None:
    """Show what is wrong, and what was mended so far: it may be just that, and then it is taken back there."""
    draft.problem = problem_of(error)
    draft.result = None
    if draft.upload is not None:
        with suppress(MmsError):
            draft.mended = mended_cells(site, draft.upload.token)


def with_help(site: Site, draft: FormDraft) -> FormDraft:
    """The same draft, with what there is to say of its message and the row that it shows."""
    if draft.went_to is not None:
        return draft
    given = {name: value for name, value in draft.given.items() if value != "no"}
    draft.help = text_help(site, draft.upload, given, shown_row(draft))
    return draft


def shown_row(draft: FormDraft) -> int:
    """The row that is shown with its message: the one that was asked for, or the first that can be sent."""
    asked = draft.value("row").strip()
    if asked.isascii() and asked.isdecimal() and len(asked) < 10:
        return max(1, int(asked))
    return draft.result.previews[0].row if draft.result and draft.result.previews else 1


def written(site: Site, form: FormData) -> FormDraft:
    """The form while somebody writes in it, with help."""
    draft = FormDraft(values={name: first(form, name).replace("\r\n", "\n") for name in form})
    if token := draft.value("held"):
        with suppress(NotFound):  # the next check says so
            draft.upload = site.staged_uploads.find(token)
    return with_help(site, draft)


def reopened(site: Site, campaign_id: str) -> FormDraft:
    """A draft that was kept, as the form that it was, with its check.

    Raises:
        NotFound, Conflict: there is no such campaign, or it is a draft no more.
    """
    find_campaign(site, campaign_id)
    stored = open_draft(site.ledger, campaign_id)
    draft = FormDraft(values={**form_values_of(stored.settings, stored.fixed), "draft": campaign_id})
    with tempfile.TemporaryFile() as copy, stored.file:
        while block := stored.file.read(1 << 18):
            copy.write(block)
        draft.upload = StagedUpload(site.staged_uploads.hold(copy, stored.filename), stored.filename, "")
        try:
            options = draft.options(draft.given)
            mends = site.staged_uploads.mends.revision(draft.upload.token)
            _check(site, draft, draft.upload, options, copy, mends=mends)
        except MmsError as error:
            _refused(site, draft, error)
    return draft


def invalid_rows_of(site: Site, token: str) -> Iterator[str]:
    """The invalid rows of a file that was checked, with the settings of that check, as a CSV to be mended.

    Raises:
        NotFound: the file is not kept any more; before the first piece.
    """
    staged = site.staged_uploads.find(token)
    rows = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed when it is read
    checked = json.loads(staged.checked or "{}").items()
    options = {name: value for name, value in checked if name not in BESIDE_SETTINGS}
    with site.staged_uploads.open(token) as source:
        check_upload(site, Upload(source, staged.filename), options, errors_to=rows)
    rows.seek(0)
    return _pieces(rows)


def _pieces(file: IO[str]) -> Iterator[str]:
    with file:
        while piece := file.read(64 * 1024):
            yield piece


def _take(site: Site, who: str, form: FormData, draft: FormDraft) -> None:
    action, token = draft.value("action"), draft.value("held")
    if action in ("send", "keep") and token:
        sending = site.staged_uploads.sent_as(token)
        if sending is not None:
            draft.went_to = _page_of(sending)
            return
    came = upload_in(form)
    said = set(said_of_another(site, came, token, draft.given)) if came is not None and token else set()
    draft.values |= dict.fromkeys(said, "")
    draft.upload = upload = _staged(site, came, token)
    passed_over = keep_mends_of(site, token, draft.values) if came is None else ""
    given = with_media(
        options_in(form, beside=BESIDE | said | set(filter(is_mend, form))), take_media(site, form)
    )
    draft.values["media_urls"] = "\n".join(given.get("media_urls", []))
    options = draft.options(given)
    # Read before the file: what is mended from here on asks for another check.
    mends = site.staged_uploads.mends.revision(upload.token)
    now = draft.checked_with(options, mends)
    if (action == "keep" and not passed_over) or (
        action == "send" and upload.checked == now and not passed_over
    ):
        draft.went_to = _become(site, who, draft, upload, options)
        return
    draft.note = passed_over or (what_changed(upload.checked, now) if action == "send" else "")
    with site.staged_uploads.open(upload.token) if came is None else nullcontext(came.source) as source:
        if action == "test":
            _try(site, who, draft, Upload(source, upload.filename), options)
        _check(site, draft, upload, options, source, mends=mends)


def _page_of(sending: Sending) -> str:
    """What to show of an upload that somebody sends, or has sent.

    Raises:
        Conflict: whoever was at it should have said long ago what became of it.
    """
    if not sending.page and time.time() * 1000 - sending.at_ms > PATIENCE_MS:
        raise Conflict(
            "This file was being sent, and nobody said what became of it.",
            hint="look at the list of campaigns; if it is not there, choose the file again",
        )
    return sending.page or "/"


def _check(
    site: Site,
    draft: FormDraft,
    staged: StagedUpload,
    options: dict[str, Any],
    source: BinaryIO,
    *,
    mends: str,
) -> None:
    """Check the file of `staged`, which `source` reads with the mends of this revision."""
    upload = Upload(source, staged.filename)
    draft.result = check_to_mend(site, staged.token, upload, options, every=draft.every)
    options = as_checked(options, draft.result)
    draft.values["to"] = options.get("to", "")
    draft.upload = replace(staged, checked=draft.checked_with(options, mends))
    site.staged_uploads.note(draft.upload)
    draft.mending = mending_page(
        site, staged.token, page_number(draft.value("rows_to") or draft.value("rows_page"))
    )
    draft.mended = mended_cells(site, staged.token)


def _try(site: Site, who: str, draft: FormDraft, upload: Upload, options: dict[str, Any]) -> None:
    """Send a row to a number of one's own; what is wrong with that is said beside the check."""
    row, to = draft.value("test_row").strip(), draft.value("test_to").strip()
    try:
        draft.tested = send_test(site, who, upload, options, row=row, to=to)
    except InputError as error:
        draft.problem = problem_of(error)


def _staged(site: Site, upload: Upload | None, token: str) -> StagedUpload:
    if upload is not None:
        site.staged_uploads.drop(token)
        return StagedUpload(site.staged_uploads.hold(upload.source, upload.filename), upload.filename, "")
    if not token:
        raise FileRefused(
            "no_file", "No file is chosen.", hint="choose one, or paste a list, with a recipient on each row"
        )
    return site.staged_uploads.find(token)


def _become(site: Site, who: str, draft: FormDraft, staged: StagedUpload, options: dict[str, Any]) -> str:
    """Make a campaign, a draft or a recurring broadcast of it, once, however often the button is pressed; answers its
    page."""
    earlier = site.staged_uploads.claim(staged.token)
    if earlier is not None:
        return _page_of(earlier)
    try:
        with site.staged_uploads.open(staged.token) as source:
            page = _made(site, who, draft, Upload(source, staged.filename), options)
    except BaseException:
        site.staged_uploads.give_back(staged.token)
        raise
    site.staged_uploads.became(staged.token, page)
    if draft.value("draft"):
        discard_draft(site, who, draft.value("draft"))
    return page


def _made(site: Site, who: str, draft: FormDraft, upload: Upload, options: dict[str, Any]) -> str:
    every, keep = draft.every, draft.value("action") == "keep"
    if keep and every:
        raise InputError("a draft does not recur", hint="leave “Again and again” empty, or schedule it now")
    if every:
        recur_upload(site, who, upload, options, every=every, run_late_within="")
        return "/schedule"
    return f"/campaigns/{submit_upload(site, who, upload, options, draft=keep)}"
