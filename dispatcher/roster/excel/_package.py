"""A workbook's package: its parts by name, whoever wrote them how, and the relations between them."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import IO, Any, NamedTuple
from urllib.parse import unquote
from xml.parsers import expat

from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.files.zip_defects import ZIP_DEFECTS
from dispatcher.roster.size_limits import SHEET_PARTS

_BLOCK = 1 << 18
#: The parser reads an element from its beginning again with each block until it is whole; a large one never ends.
_ELEMENT_BYTES = 4 << 20
_ROOT = ""
Attributes = dict[str, str]


class Relation(NamedTuple):
    """One part needs another: `kind` is the last word of its type, the same in both editions of the standard."""

    kind: str
    target: str


class Package:
    """The parts of a workbook. Together they inflate to `max_bytes` at most.

    Raises:
        SheetError: it is no such package, it is damaged, locked or too large; also while a part is read.
    """

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        self._max_bytes = self._left = max_bytes
        try:
            self._zip = zipfile.ZipFile(file)
        except ZIP_DEFECTS:
            raise damaged("it is cut off or damaged") from None
        entries = self._zip.infolist()
        if len(entries) > SHEET_PARTS:
            raise damaged(f"it has more than {SHEET_PARTS:,} parts")
        self._entries = {_normal(entry.filename): entry for entry in entries}

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self._entries

    def main(self) -> str:
        """The name of the workbook's own part.

        Raises:
            SheetError: there is none: an archive, a document of another program, a binary workbook.
        """
        found = [one.target for one in self.relations(_ROOT).values() if one.kind == "officeDocument"]
        name = next(iter(found), "xl/workbook.xml")
        if name not in self:
            name = "xl/workbook.xml"
        if name not in self and "xl/workbook.bin" in self:
            raise SheetError("unknown_format", kind="a binary workbook (.xlsb)")
        if name not in self or _is_foreign(name):
            raise SheetError("unknown_format", kind="an archive or a document of another program")
        if name.lower().endswith(".bin"):
            raise SheetError("unknown_format", kind="a binary workbook (.xlsb)")
        return name

    def relations(self, name: str) -> dict[str, Relation]:
        """What a part needs, by the id that it uses for it; nothing when nothing is said."""
        folder, base = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, Relation] = {}
        if path not in self:
            return found

        def start(tag: str, attributes: Attributes) -> None:
            if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rsplit("/", 1)[-1]
                found[attributes.get("Id", "")] = Relation(
                    kind, _target(folder, attributes.get("Target", ""))
                )

        parser = make_parser()
        parser.StartElementHandler = start
        for _ in self.parsed(path, parser):
            pass
        return found

    def parsed(self, name: str, parser: Any) -> Iterator[None]:
        """Feed a part to a parser; stops after each block, so that what it found can be taken."""
        try:
            with self._zip.open(self._entries[_normal(name)]) as part:
                for passed in _fed(part, parser):
                    self._left -= passed
                    if self._left < 0:
                        raise SheetError("too_large", limit=self._max_bytes >> 20)
                    yield
        except KeyError:
            raise damaged(f"its part {posixpath.basename(name)[:40]} is missing") from None
        except RuntimeError:
            raise SheetError("unknown_format", kind="an archive with a password") from None
        except expat.ExpatError:
            raise damaged(f"its part {posixpath.basename(name)[:40]} is damaged") from None
        except ZIP_DEFECTS:
            raise damaged("it is cut off or damaged") from None


def parsed_document(file: IO[bytes], parser: Any) -> Iterator[None]:
    """Feed a workbook that is one XML document to a parser, from its beginning, as `Package.parsed` does.

    Raises:
        SheetError: it is damaged.
    """
    file.seek(0)
    try:
        for _ in _fed(file, parser):
            yield
    except (expat.ExpatError, LookupError, ValueError):
        raise damaged("it is cut off or damaged") from None


def _fed(source: IO[bytes], parser: Any) -> Iterator[int]:
    """Feed it all; answers after each block how many bytes it had."""
    fed = 0
    while block := source.read(_BLOCK):
        fed += len(block)
        parser.Parse(block, False)
        if fed - parser.CurrentByteIndex > _ELEMENT_BYTES:
            raise damaged("an element of it is larger than any should be")
        yield len(block)
    parser.Parse(b"", True)
    yield 0


def make_parser() -> Any:
    """A parser that knows namespaces and lets no entity be declared: those are how small files become large."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def local(tag: str) -> str:
    """An element's or attribute's name without its namespace."""
    return tag.rpartition(" ")[2]


def attribute_of(attributes: Attributes, name: str) -> str:
    """An attribute in whatever namespace, empty if it is not there."""
    return next((value for key, value in attributes.items() if local(key) == name), "")


def _no_doctype(*_: object) -> None:
    raise damaged("it declares a document type, which no workbook has")


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _target(folder: str, target: str) -> str:
    target = unquote(target.replace("\\", "/").partition("#")[0])
    return posixpath.normpath(target if target.startswith("/") else posixpath.join(folder, target)).lstrip(
        "/"
    )


def _is_foreign(name: str) -> bool:
    return _normal(name).startswith(("word/", "ppt/", "visio/"))
