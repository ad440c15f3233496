"""Placeholders of other systems in a text, which would be sent as they stand: `{first_name}`, `*|FNAME|*`, `[City]`.

Some have a writing that nothing else has. The others are a word in brackets, and are taken for a placeholder when the
word names a column of the file or is what tools call a contact's field.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dispatcher.roster._field_names import IN_BRACES, OF_A_PERSON, OWNERS, USUAL, alike, is_camel, is_snake
from dispatcher.roster._placeholder_spans import span_of
from dispatcher.roster._placeholder_writings import Candidate, PlaceholderKind, candidates
from dispatcher.roster.columns import Headings, heading_key
from dispatcher.roster.rejections import RowError


class Placeholder(NamedTuple):
    """What stands from `start` to `end` of a text, and what to write in its place; empty where we have nothing like
    it, or the file has no such column."""

    start: int
    end: int
    written: str
    offered: str


class _Field(NamedTuple):
    """What a placeholder asks for: the words before its default, without whose field it is; the default."""

    name: str
    default: str | None
    owned: bool


_SHOWN = 40
#: Words in brackets that were judged before: texts of many rows have the same ones.
_REMEMBERED = 4096
_SIGNS = "!$#@%&=*/^>: \t"
_PARTS = re.compile(r"\s*(?:\|\|?|,|\?\?|:(?!\w*//)|\s(?:or|else)\s)\s*")
_OWNED = re.compile(r"(?:[A-Za-z]\w*[.>])+(?=[A-Za-z])")
_SAYS_DEFAULT = re.compile(r"(?:default|fallback)\w*\s*[:=(]?\s*", re.IGNORECASE)
_QUOTED = re.compile(r"[\s:=(]*[\"'“‘]([^\"“”]*?)[\"'”’](?!\w)")
#: Full-width signs, as an input method for Chinese or Japanese writes them.
_NARROW = {wide: wide - 0xFF01 + 0x21 for wide in range(0xFF01, 0xFF5F)}
#: Words of which one is sent back: `{Y|N}` is no placeholder.
_SENT_BACK = "y n yes no stop help start si sí oui non 1 2 3 4 5"
_REPLIES = frozenset(_SENT_BACK.split())
#: What other systems do with a value, written where ours has a default.
_FILTER = re.compile(
    r"(?:title|titlecase|capitali[sz]e|capfirst|upcase|downcase|upper|lower|strip|trim|safe|escape)(?:\s*[|:(].*)?"
    r"|[a-z_]+\s*(?::\s*[\"'“]|\(.*\)|\|).*|(?:default|fallback)\w*\s*[:=].*|\|.*|\"[^\"]*\"|'[^']*'|“[^”]*”",
    re.DOTALL,
)
_COMMAND = re.compile(
    r"\W*(?:if|ifnot|else|elseif|elsif|end|endif|unless|endunless|for|endfor|each|with)\b", re.IGNORECASE
)
_COMMAND_OF_BRACES = re.compile(r"\s*[#/^>&!~=]")


def _field_in(inner: str) -> _Field:
    bare = inner.strip(_SIGNS)
    head, *rest = _PARTS.split(bare, maxsplit=1)
    default = _default_in(rest[0]) if rest else None
    owner = _OWNED.match(head)
    name = head[owner.end() :] if owner else head
    owned = owner is not None and re.split(r"[.>]", owner[0])[0].lower() in OWNERS
    return _Field(name.strip(" _()'\""), default, owned)


def _default_in(said: str) -> str | None:
    """The words that stand in for a value; None where something else is said of it."""
    told = _SAYS_DEFAULT.search(said)
    words = said[told.end() :] if told else said
    quoted = _QUOTED.match(words)
    words = quoted[1] if quoted else words.strip(" :=()|\t").strip("'\"“”‘’")
    return None if not quoted and _FILTER.fullmatch(words) else words


def _is_half_ours(written: str) -> bool:
    return (written.startswith("{{") and "}" not in written) or (
        written.endswith("}}") and "{" not in written
    )


def instead_of(found: Sequence[Placeholder], most: int = 3) -> str:
    """What to write in their places, in words: `write {{first_name}} for [Name]`; nothing where there is nothing."""
    offers = dict.fromkeys((each.offered, each.written) for each in found if each.offered)
    said = [f"{offered} for {_shown(written)}" for offered, written in list(offers)[:most]]
    return f"write {', '.join(said)}" if said else ""


def _shown(written: str) -> str:
    line = " ".join(written.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


class Placeholders:
    """Finds them in texts that go with these columns."""

    def __init__(self, columns: Headings) -> None:
        self._columns = columns
        self._judged: dict[tuple[PlaceholderKind, str], bool] = {}

    def find(self, text: str) -> list[Placeholder]:
        """All of them in a text, in its order."""
        found: list[Placeholder] = []
        taken = 0
        narrow = text if text.isascii() else text.translate(_NARROW)
        accepted = sorted(self._accepted(narrow), key=lambda each: (each[0], -each[1]))
        starts = [each[0] for each in accepted] + [len(text)]
        for begins, ends, inner, kind in accepted:
            if begins < taken:
                continue
            start, end = begins, ends
            is_ours = kind is PlaceholderKind.OURS and text.startswith("{{", start)
            if not is_ours or self._is_foreign(inner):
                last = starts[bisect_left(starts, end)]
                bare = narrow[start:end] == inner
                start, end = span_of(narrow, start, end, first=taken, last=last, bare=bare)
                found.append(self._placeholder(text, start, end, inner))
            taken = end
        return found

    def _accepted(self, text: str) -> Iterator[Candidate]:
        """What is a placeholder, if nothing before it reaches into it; and all that is written as ours are."""
        for candidate in candidates(text):
            inner, kind = candidate[2:]
            accepted = self._judged.get((kind, inner))
            if accepted is None:
                accepted = self._judged[kind, inner] = self._accepts(inner, kind)
                if len(self._judged) > _REMEMBERED:
                    self._judged.clear()
            if accepted:
                yield candidate

    def refusal(self, text: str) -> RowError | None:
        """Why a text cannot be sent, if it has any. One of ours without its other braces is a template that is not well
        formed, which is said of it elsewhere."""
        found = [each for each in self.find(text) if not _is_half_ours(each.written)]
        if not found:
            return None
        instead = instead_of(found)
        return RowError(
            "foreign_placeholder", written=_shown(found[0].written), instead=instead and f"; {instead}"
        )

    def any_in(self, texts: Sequence[str]) -> bool:
        """Whether there may be any in so many texts without merge fields, which are read as one."""
        return bool(self.find("\n".join(texts)))

    def _placeholder(self, text: str, start: int, end: int, inner: str) -> Placeholder:
        field = _field_in(inner)
        column = self.column_for(field.name)
        written = text[start:end]
        if _COMMAND.match(inner) or (
            written.startswith("{{") and _COMMAND_OF_BRACES.match(inner.strip("{}"))
        ):
            return Placeholder(start, end, written, "")
        if column is None and "|" in inner and not self._names_one(inner, IN_BRACES):
            return Placeholder(start, end, written, field.name)  # one of several words, another each time
        if column is None and (self._columns.names or not _is_word(field.name)):
            return Placeholder(start, end, written, "")
        name = " ".join((column or field.name).split())
        default = f"|{field.default}" if field.default else ""
        return Placeholder(start, end, written, f"{{{{{name}{default}}}}}")

    def column_for(self, name: str) -> str | None:
        """The column that a placeholder of this name asks for, whatever another system calls it."""
        key = heading_key(name)
        for each in (name, *alike(key)):
            index = self._columns.find(each)
            if index is not None and not self._columns.is_ambiguous(each):
                return self._columns.names[index]
        return None

    def _is_foreign(self, inner: str) -> bool:
        """Whether what stands in our own braces is another system's."""
        if self._columns.find(inner) is not None:
            return False
        name, bar, default = inner.partition("|")
        if bar and _FILTER.fullmatch(default.strip()):
            return True
        if self._columns.find(name) is not None:
            return False
        return bool(_COMMAND.match(inner) or _COMMAND_OF_BRACES.match(inner)) or self._is_owned(inner)

    def _is_owned(self, inner: str) -> bool:
        field = _field_in(inner)
        return field.owned or ("." in inner and self.column_for(field.name) is not None)

    def _names_one(self, inner: str, usual: frozenset[str]) -> bool:
        """Whether a word in brackets names a column, or is one of the usual names, or belongs to a contact."""
        field = _field_in(inner)
        if not _is_word(field.name):
            return False
        key = heading_key(field.name)
        return (
            field.owned or key in usual or is_snake(field.name) or self._columns.find(field.name) is not None
        )

    def _accepts(self, inner: str, kind: PlaceholderKind) -> bool:
        bare = inner.strip()
        if kind in (PlaceholderKind.OURS, PlaceholderKind.ANY):
            return kind is PlaceholderKind.OURS or inner == bare or _is_word(bare)
        if kind is PlaceholderKind.NAMED or (kind is PlaceholderKind.TIGHT and inner == bare):
            return self._names_one(inner, USUAL) or is_camel(inner.strip(_SIGNS))
        if kind is PlaceholderKind.BRACED:
            return self._is_braced(inner)
        if inner != bare or not _is_word(inner):
            return False
        if kind is PlaceholderKind.PREFIXED:
            return (is_snake(inner) or is_camel(inner)) and heading_key(inner) in OF_A_PERSON
        if (kind is PlaceholderKind.QUOTED and self._columns.find(inner) is not None) or (
            kind is PlaceholderKind.DASHED and inner == "name"
        ):
            return True
        return self._is_personal(inner)

    def _is_braced(self, inner: str) -> bool:
        bare = inner.strip()
        if self._names_one(inner, IN_BRACES) or is_camel(bare) or (bare.isdecimal() and len(bare) < 3):
            return True
        words = [word.strip() for word in inner.split("|")]
        return len(words) > 1 and all(words) and not _REPLIES.issuperset(word.lower() for word in words)

    def _is_personal(self, inner: str) -> bool:
        if heading_key(inner) in OF_A_PERSON:
            return inner != inner.lower() or "_" in inner or " " not in inner
        return (is_snake(inner) or is_camel(inner)) and self._names_one(inner, USUAL)


_WORD = re.compile(r"[^\W\d_][\w .'’-]{0,59}")


def _is_word(name: str) -> bool:
    return bool(_WORD.fullmatch(name))
