"""A campaign as it comes in by HTTP: a multipart form with the file and the same settings as `submit` has."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from dispatcher.errors import InputError
from dispatcher.model.media import MEDIA_BYTES_MAX
from dispatcher.roster.files.pasted_list import pasted_file
from dispatcher.roster.media_cells import BETWEEN
from dispatcher.web.http.body import BodyTooLargeError, capped
from dispatcher.web.http.reading_turns import while_called

#: Room for the settings beside the file.
FIELDS_MAX = 1024 * 1024
#: A pasted list may be longer before it is refused, so that the rest of its form is not lost with it.
_PART_MAX = 4 * FIELDS_MAX
#: May come several times, or several in one field, parted by this.
REPEATABLE = {"from": re.compile(r"[,;\n]"), "media_urls": BETWEEN}
YES_OR_NO = frozenset({"media_check", "strict", "allow_same_file", "hidden_rows", "smart_encoding"})
SINGLE = frozenset(
    {
        "name",
        "message",
        "group_size",
        "group_by",
        "rate",
        "at",
        "expires_after",
        "quiet_hours",
        "max_cost",
        "priority",
        "on_unconfirmed",
        "to",
        "consent",
        "on_no_consent",
        "sheet",
        "encoding",
        "unknown_area_codes",
    }
)
SETTINGS = REPEATABLE.keys() | YES_OR_NO | SINGLE
_WORDS = {
    "on": True,
    "true": True,
    "yes": True,
    "1": True,
    "off": False,
    "false": False,
    "no": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a form, spooled to disk when it is large. `source` stands at its beginning."""

    source: BinaryIO
    filename: str


class FieldTooLargeError(BodyTooLargeError):
    """A text field, such as a pasted list, has more than `FIELDS_MAX` bytes."""

    def __init__(self) -> None:
        InputError.__init__(
            self,
            f"a text or a pasted list has more than {FIELDS_MAX >> 20} MB",
            hint="paste a shorter list, or save it as a file and choose that",
        )
        self.limit = FIELDS_MAX


@asynccontextmanager
async def read_form(request: Request, max_file_bytes: int, *, max_media: int = 0) -> AsyncIterator[FormData]:
    """The form of a request, its file spooled to a temporary file while it streams in. `max_media` pictures may come
    beside it.

    Raises:
        BodyTooLargeError: the file is larger than allowed, or a field is. A list of up to 4 MB is left to `upload_in`.
        HTTPException: 400 or 415, it is no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise HTTPException(415, "Send a form (multipart/form-data).")
    limit = max_file_bytes + FIELDS_MAX + (MEDIA_BYTES_MAX if max_media else 0)
    if int(request.headers.get("content-length", "0")) > limit:
        raise BodyTooLargeError(limit)
    bounded = Request(request.scope, capped(request.receive, limit))
    async with AsyncExitStack() as stack:
        parsed = bounded.form(max_files=1 + max_media, max_fields=200, max_part_size=_PART_MAX)
        try:
            form = await stack.enter_async_context(parsed)
        except HTTPException as error:
            if "exceeded maximum size" in error.detail:
                raise FieldTooLargeError from None
            raise
        if any(_is_too_large(value) for name, value in form.multi_items() if name != "list"):
            raise FieldTooLargeError
        found = form.get("file")
        if isinstance(found, UploadFile) and (found.size or 0) > max_file_bytes:
            raise BodyTooLargeError(max_file_bytes)
        async with while_called(request.receive):
            yield form


def _is_too_large(value: object) -> bool:
    return isinstance(value, str) and len(value.encode("utf-8", "replace")) > FIELDS_MAX


def upload_in(form: FormData) -> Upload | None:
    """The form's file, if one was chosen, or the list that was pasted instead.

    Raises:
        InputError: there is one and the other.
        FieldTooLargeError: the list has more than 1 MB.
    """
    found, pasted = form.get("file"), first(form, "list")
    file = Upload(found.file, found.filename) if isinstance(found, UploadFile) and found.filename else None
    if not pasted.strip():
        return file
    if _is_too_large(pasted):
        raise FieldTooLargeError
    if file is not None:
        raise InputError("there is a file and a pasted list", hint="choose a file or paste a list, not both")
    made = pasted_file(pasted)
    return Upload(io.BytesIO(made.content), made.filename)


def options_in(form: FormData, *, beside: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The settings of the form as `resolve_settings` takes them. A field left empty is a field not given.

    Raises:
        InputError: a field has no such name (`beside` names those that are no settings), or comes twice.
    """
    options: dict[str, Any] = {}
    for name in form:
        if name in beside:
            continue
        if name not in SETTINGS:
            raise InputError(
                f"there is no setting {name[:40]!r}", hint=f"there are: {', '.join(sorted(SETTINGS))}"
            )
        values = [value for value in form.getlist(name) if isinstance(value, str) and value.strip()]
        if values:
            options[name] = _value(name, values)
    return options


def _value(name: str, values: list[str]) -> Any:
    if name in REPEATABLE:
        parts = [part.strip() for value in values for part in REPEATABLE[name].split(value)]
        return [part for part in parts if part]
    if len(values) > 1:
        raise InputError(f"{name} is given {len(values)} times", hint=f"give {name} once")
    if name not in YES_OR_NO:
        return values[0].replace("\r\n", "\n")  # a browser's writing of a line break
    return yes_or_no(name, values[0])


def yes_or_no(name: str, value: str) -> bool:
    """A field that says yes or no.

    Raises:
        InputError: it says neither.
    """
    word = _WORDS.get(value.strip().lower())
    if word is None:
        raise InputError(f"{name} is neither yes nor no", hint=f"say {name}=true or {name}=false")
    return word


def with_media(options: dict[str, Any], addresses: Sequence[str]) -> dict[str, Any]:
    """The settings with these media added."""
    return {**options, "media_urls": [*options.get("media_urls", []), *addresses]} if addresses else options


def first(form: Mapping[str, Any], name: str) -> str:
    """A text field, empty if it is not there."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def whole_number(form: Mapping[str, Any], name: str) -> int:
    """A text field that counts from 1, 1 if it is left empty.

    Raises:
        InputError: it is no such number, or has more than nine digits.
    """
    written = first(form, name).strip() or "1"
    if not re.fullmatch(r"[1-9][0-9]{0,8}", written):
        raise InputError(f"{name} is no number", hint="count from 1")
    return int(written)
