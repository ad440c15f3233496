"""Another file in the place of one that was checked: what a person said of the first is no answer for the second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from dispatcher.errors import FileRefused, InputError, NotFound
from dispatcher.web.actions.media import roster_of
from dispatcher.web.actions.submissions import settings_of
from dispatcher.web.console._form_values import OF_THE_FILE
from dispatcher.web.http.reading_turns import reading_turn
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site

#: So that a file has a text, and is looked at before anybody wrote one.
_ANY = {"message": "-", "from": ["12125550100"]}


def said_of_another(site: Site, came: Upload, token: str, given: Mapping[str, object]) -> Iterator[str]:
    """Settings among those of the form that were said of the file with this token, and not of the one that came: the
    encoding, and with other headings all that is found out of a file."""
    said = {name: given[name] for name in OF_THE_FILE if name in given}
    if not said:
        return
    anew = {name: value for name, value in said.items() if name != "encoding"}
    same = len(anew) and _same_headings(site, came, token, said, anew)
    yield from (said.keys() - anew.keys() if same else said)


def _same_headings(
    site: Site, came: Upload, token: str, said: Mapping[str, object], anew: Mapping[str, object]
) -> bool:
    try:
        staged = site.staged_uploads.find(token)
        with site.staged_uploads.open(token) as before:
            return _headings(site, before, staged.filename, said) == _headings(
                site, came.source, came.filename, anew
            )
    except (FileRefused, InputError, NotFound):
        return False
    finally:
        came.source.seek(0)


def _headings(site: Site, source: BinaryIO, filename: str, given: Mapping[str, object]) -> tuple[str, ...]:
    upload = Upload(source, filename)
    with reading_turn(site.closing) as pulse:
        settings, fixed = settings_of(upload, {**_ANY, **given})
        return roster_of(site.settings, upload, settings, fixed, pulse).column_names
