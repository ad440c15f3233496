"""One row of a file that is being prepared: found in the upload, and with the text as it stands."""

from __future__ import annotations

from collections.abc import Mapping

from dispatcher.errors import FileRefused, InputError, NotFound
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import row_in
from dispatcher.pipeline.campaigns.settings_file import resolve_settings
from dispatcher.roster.opening import open_roster
from dispatcher.roster.own_files import own_file
from dispatcher.web.http.reading_turns import reading_turn
from dispatcher.web.site.sample_rows import SampleRow
from dispatcher.web.site.site import Site
from dispatcher.web.site.staged_uploads import StagedUpload

#: Settings that say how a file is read; a text needs none of the others.
READING = ("to", "sheet", "encoding", "hidden_rows", "unknown_area_codes")
#: Rows are looked at before anybody said who sends, so a number of fiction does.
_ANYBODY = ("12125550100",)


def sample_row(site: Site, upload: StagedUpload, given: Mapping[str, object], number: int) -> SampleRow:
    """Row `number` of an upload, from 1, read as these settings say.

    Raises:
        FileRefused: the file cannot be read.
        InputError: it has no such row, or a setting cannot be used.
        NotFound: it is not kept any more.
    """
    reading = {name: given[name] for name in READING if given.get(name)}
    mends = site.staged_uploads.mends.revision(upload.token)
    key = (upload.token, mends, str(number), *(f"{name}={value}" for name, value in sorted(reading.items())))
    known = site.sample_rows.find(key)
    if known is None:
        known = _read_row(site, upload, reading, number)
        site.sample_rows.keep(key, known)
    if isinstance(known, InputError):
        raise _anew(known)
    return known


def _read_row(
    site: Site, upload: StagedUpload, reading: Mapping[str, object], number: int
) -> SampleRow | InputError:
    """The row as the file has it, or why there is none: that is read no cheaper.

    Raises:
        InputError: a setting cannot be used.
        NotFound: the file is not kept any more.
    """
    settings = _settings({**reading, "message": "-"})
    try:
        with reading_turn(site.closing) as pulse:
            roster = open_roster(
                site.staged_uploads.stream(upload.token),
                filename=upload.filename,
                settings=settings,
                fixed=frozenset({"message", "senders", "media_urls"}),
                config=site.settings.model_copy(update={"simulate": True}),
                chosen_before=site.ledger.chosen_columns.all(),
                pulse=pulse,
            )
            found = row_in(roster.blocks(), number)
    except FileNotFoundError:
        raise NotFound("the uploaded file is not kept any more", hint="choose the file again") from None
    except NotFound:
        raise
    except InputError as refusal:
        return _anew(refusal)
    names = roster.column_names
    return SampleRow(number, found.line, names, names[roster.columns.to], found.cells)


def _anew(refusal: InputError) -> InputError:
    """The same without a trace: what is remembered keeps nothing else in memory."""
    if not isinstance(refusal, FileRefused):
        return InputError(refusal.message, hint=refusal.hint)
    return FileRefused(
        refusal.code,
        refusal.message,
        line=refusal.line,
        column=refusal.column,
        hint=refusal.hint,
        question=refusal.question,
    )


def finished_row(site: Site, row: SampleRow, given: Mapping[str, object]) -> Recipient | InvalidRow:
    """What becomes of the row with this message and these media.

    Raises:
        FileRefused, InputError: the message or the media do not go with the file.
    """
    wanted = {name: given[name] for name in ("message", "media_urls", "smart_encoding") if given.get(name)}
    roster = open_roster(
        own_file(row.headings, row.cells),
        filename="row.csv",
        settings=_settings({**wanted, "to": row.to, "unknown_area_codes": "send"}),
        fixed=frozenset(wanted.keys() & {"message", "media_urls"}),
        config=site.settings.model_copy(update={"simulate": True}),
    )
    return next(iter(roster))


def _settings(given: Mapping[str, object]) -> CampaignSettings:
    settings, _ = resolve_settings({**given, "from": list(_ANYBODY), "on_no_consent": "send"}, {})
    return settings
