"""The file of a backup: a ZIP that is not compressed, with the server's data (`ledger.rdb`) and `manifest.json`.

The manifest is written last, when everything that it says was seen; a file that ends before it is no backup.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from dispatcher.errors import InputError

DATA = "ledger.rdb"
MANIFEST = "manifest.json"
#: Files of this form and of none that is newer are read.
FORMAT = 1
_CHUNK = 1 << 20


class LedgerCounts(BaseModel):
    """What a ledger holds, counted in it. `ticks`, `claims`: how many there ever were."""

    model_config = ConfigDict(frozen=True)

    campaigns: int
    rows: int
    opt_outs: int
    ticks: int
    claims: int


class Manifest(BaseModel):
    """What is in a backup. `taken_at` is when the copy was asked for, `ticked_at` the last tick in it (UTC);
    `replicas`: how many the ledger expects; `findings`: what the audit of the copy said, if it said anything."""

    model_config = ConfigDict(frozen=True)

    format: int
    ledger: str
    mode: str
    api: str
    taken_at: str
    ticked_at: str | None
    server: str
    database: int
    schema_version: str | None
    replicas: int
    bytes: int
    sha256: str
    counts: LedgerCounts
    findings: tuple[str, ...]


class ArchiveWriter:
    """A backup under construction: under another name until it is whole, readable by its owner only."""

    def __init__(self, target: Path, part: Path) -> None:
        self.part = part
        self.sha256 = ""
        self.bytes = 0
        self._target = target

    def put_data(self, chunks: Iterable[bytes]) -> None:
        """The server's data, as they come."""
        digest = hashlib.sha256()
        with zipfile.ZipFile(self.part, "w") as file, file.open(DATA, "w", force_zip64=True) as out:
            for chunk in chunks:
                digest.update(chunk)
                self.bytes += len(chunk)
                out.write(chunk)
        self.sha256 = digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, have all of it on the disk, and give the file its name."""
        with zipfile.ZipFile(self.part, "a") as file:
            file.writestr(MANIFEST, manifest.model_dump_json(indent=2) + "\n")
        _sync(self.part)
        os.rename(self.part, self._target)
        _sync(self._target.parent)


@contextmanager
def new_archive(target: Path) -> Iterator[ArchiveWriter]:
    """A new file; nothing of it stays if anything goes wrong.

    Raises:
        InputError: something has that name, or the folder takes no file.
    """
    if target.exists():
        raise InputError(f"{target} is there already", hint="name a file that is not, or a folder")
    part = None
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(descriptor)
        part = Path(name)
        yield ArchiveWriter(target, part)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="look at the folder's owner and free space",
        ) from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def read_manifest(file: Path) -> Manifest:
    """What the backup says of itself.

    Raises:
        InputError: it cannot be opened, is no backup, is not whole, or is of a newer form.
    """
    with _opened(file) as archive:
        try:
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
        except KeyError:
            raise InputError(
                f"{file} is not whole: it has no manifest", hint="it was cut off; take another"
            ) from None
        except (ValidationError, zipfile.BadZipFile):
            raise InputError(f"{file} is damaged: its manifest cannot be read", hint="take another") from None
    if manifest.format > FORMAT:
        raise InputError(
            f"{file} was made by a newer version (form {manifest.format})", hint="restore it with that one"
        )
    return manifest


def extract(file: Path, manifest: Manifest | None, to: Path) -> None:
    """Write the server's data out. With a manifest they are what it says, to the bit.

    Raises:
        InputError: they are not.
        OSError: they cannot be written.
    """
    digest, size = hashlib.sha256(), 0
    with _opened(file) as archive, to.open("xb") as out:
        try:
            with archive.open(DATA) as data:
                for chunk in iter(lambda: data.read(_CHUNK), b""):
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
        except (KeyError, zipfile.BadZipFile, EOFError):
            raise _damaged(file) from None
    if manifest is not None and (digest.hexdigest(), size) != (manifest.sha256, manifest.bytes):
        raise _damaged(file)


def _damaged(file: Path) -> InputError:
    return InputError(f"{file} is damaged: its data are not what its manifest says", hint="take another")


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except OSError as error:
        raise InputError(f"{file} cannot be opened: {error.strerror}", hint="name an existing file") from None
    except zipfile.BadZipFile:
        raise InputError(
            f"{file} is no backup, or it is not whole", hint="`mms backup FILE` makes one"
        ) from None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
