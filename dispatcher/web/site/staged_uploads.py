"""Uploads between their check and their start: the file stays here, so that nobody uploads it twice."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dispatcher.errors import NotFound
from dispatcher.host.private_files import private_folder

LIFE_SECONDS = 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True, slots=True)
class StagedUpload:
    """A file that was checked. `checked` is what it was checked with, to be compared with what is sent."""

    token: str
    filename: str
    checked: str


class StagedUploads:
    """Files in `folder`, which nobody else may enter, gone after an hour."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hold(self, source: BinaryIO, filename: str) -> str:
        """Keep a copy of `source` and return the token it is found by."""
        private_folder(self._folder)
        self.sweep()
        token = secrets.token_urlsafe(24)
        source.seek(0)
        with self._path(token, "csv").open("xb") as out:
            shutil.copyfileobj(source, out, 1024 * 1024)
        self.note(StagedUpload(token, filename, ""))
        return token

    def note(self, upload: StagedUpload) -> None:
        """Remember what the file was checked with."""
        text = json.dumps({"filename": upload.filename, "checked": upload.checked})
        part = self._path(upload.token, f"{secrets.token_hex(4)}.part")
        with part.open("x") as out:
            out.write(text)
        part.replace(self._path(upload.token, "json"))

    def find(self, token: str) -> StagedUpload:
        """The upload with this token.

        Raises:
            NotFound: there is none, or its hour is over.
        """
        try:
            found = json.loads(self._path(token, "json").read_text("utf-8"))
        except FileNotFoundError:
            raise _gone() from None
        return StagedUpload(token, found["filename"], found["checked"])

    @contextmanager
    def open(self, token: str) -> Iterator[BinaryIO]:
        """The file itself.

        Raises:
            NotFound: there is none.
        """
        try:
            source = self._path(token, "csv").open("rb")
        except FileNotFoundError:
            raise _gone() from None
        with source:
            yield source

    def claim(self, token: str) -> str | None:
        """Become the one who sends this upload: None. Or the campaign that it became, empty while it becomes one."""
        try:
            self._path(token, "sent").open("x").close()
        except FileExistsError:
            return self._path(token, "sent").read_text("utf-8")
        return None

    def sent_as(self, token: str) -> str | None:
        """The campaign that an upload became, empty while it becomes one, None if nobody has sent it."""
        try:
            return self._path(token, "sent").read_text("utf-8")
        except FileNotFoundError:
            return None

    def became(self, token: str, campaign_id: str) -> None:
        """It is a campaign now; the file is in the ledger, so ours goes."""
        self._path(token, "sent").write_text(campaign_id, "utf-8")
        self._unlink(token, "json", "csv")

    def give_back(self, token: str) -> None:
        """It did not become a campaign; it may be sent again."""
        self._unlink(token, "sent")

    def drop(self, token: str) -> None:
        """Forget an upload, if it is there."""
        if _TOKEN.fullmatch(token):
            self._unlink(token, "json", "csv")

    def _unlink(self, token: str, *kinds: str) -> None:
        for kind in kinds:
            self._path(token, kind).unlink(missing_ok=True)

    def _path(self, token: str, kind: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise _gone()
        return self._folder / f"{token}.{kind}"

    def sweep(self) -> int:
        """Forget what is older than an hour; answers how many files that were."""
        too_old, gone = time.time() - LIFE_SECONDS, 0
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            with suppress(FileNotFoundError):  # another process is faster
                if path.stat().st_mtime < too_old:
                    path.unlink()
                    gone += 1
        return gone


def _gone() -> NotFound:
    return NotFound("The uploaded file is not kept any more.", hint="choose the file again")
