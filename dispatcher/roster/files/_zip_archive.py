"""A zip archive: a workbook, or a campaign file packed by itself, which is unpacked while it is read."""

from __future__ import annotations

import zipfile
from typing import IO, Final, cast

from dispatcher.errors import FileRefused
from dispatcher.roster.files.zip_defects import ZIP_DEFECTS
from dispatcher.roster.rejections import refused

#: Bytes of an archive's directory that are read: some 20,000 files. Without a bound it takes any amount of memory.
_DIRECTORY_BYTES: Final = 1 << 20
#: What the parts of documents are called, which are archives, too.
_OFFICE = ("[content_types].xml", "_rels/", "docprops/", "customxml/", "xl/", "word/", "ppt/", "visio/")
_OPENDOCUMENT = ("mimetype", "content.xml")
_NUMBERS = ("index/document.iwa", "index.zip")
_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".fods", ".gz", ".zip")
#: What systems put beside the files that a person packs.
_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_NAMES_SHOWN, _NAME_CHARACTERS = 5, 40


class _Bounded:
    """A file of which nobody reads more at a time than a directory may have."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY_BYTES:
            raise refused("bad_zip", reason="it holds too many files")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True


class PackedFile:
    """A file in an archive, read once; the archive is closed at its end."""

    def __init__(self, file: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        if member.flag_bits & 1:
            raise refused("unknown_format", kind="an archive with a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused("bad_zip", reason=f"method {member.compress_type} of packing is not known")
        self._file = file
        try:
            self._stream = archive.open(member)
        except (*ZIP_DEFECTS, RuntimeError):
            raise _damaged() from None

    def read(self, size: int = -1, /) -> bytes:
        """Read on.

        Raises:
            FileRefused: `bad_zip`, it is damaged or cut off.
        """
        if self._file.closed:
            return b""
        try:
            data = self._stream.read(size)
        except ZIP_DEFECTS:
            raise _damaged() from None
        if not data and size:
            self._file.close()
        return data


class ZipArchive:
    """An archive whose directory was read. `workbook` says what kind of workbook it is, `xlsx` or `ods`, if need be a
    damaged one; None: another archive.

    Raises:
        FileRefused: it is damaged and no workbook, or a document that is none.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        try:
            self._archive = zipfile.ZipFile(cast(IO[bytes], _Bounded(file)))
        except ZIP_DEFECTS:
            self.workbook = _kind_of([_first_name(file)])
            if self.workbook is None:
                raise _damaged() from None
        else:
            self.workbook = _kind_of(self._archive.namelist())

    def only_file(self) -> PackedFile:
        """The campaign file in it.

        Raises:
            FileRefused: there is none or several, or it cannot be unpacked.
        """
        members = [entry for entry in self._archive.infolist() if not _is_litter(entry)]
        named = [entry for entry in members if entry.filename.lower().endswith(_SUFFIXES)] or members
        if not named:
            raise refused("unknown_format", kind="an archive without a file")
        if len(named) > 1:
            raise refused("several_files", names=_listed([entry.filename for entry in named]))
        return PackedFile(self._file, self._archive, named[0])


def _kind_of(names: list[str]) -> str | None:
    """What kind of workbook has parts of these names."""
    plain = {name.replace("\\", "/").lstrip("/").lower() for name in names}
    if not plain.isdisjoint(_NUMBERS):
        raise refused("unknown_format", kind="a Numbers document")
    if not plain.isdisjoint(_OPENDOCUMENT):
        return "ods"
    return "xlsx" if any(name.startswith(_OFFICE) for name in plain) else None


def _first_name(file: IO[bytes]) -> str:
    """The name of the first file in an archive whose directory cannot be read."""
    file.seek(0)
    head = file.read(1024)
    return head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("utf-8", "replace")


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    *folders, name = entry.filename.replace("\\", "/").lower().split("/")
    return not name or "__macosx" in folders or name in _LITTER or name.startswith("._")


def _listed(names: list[str]) -> str:
    """The first few names, none longer than fits a line."""
    shown = [f"{name[: _NAME_CHARACTERS - 1]}…" if len(name) > _NAME_CHARACTERS else name for name in names]
    more = len(names) - _NAMES_SHOWN
    return ", ".join(shown[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _damaged() -> FileRefused:
    return refused("bad_zip", reason="it is damaged or cut off")
