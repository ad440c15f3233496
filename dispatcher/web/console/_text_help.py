"""Help while one writes a message: how long it is, what makes it longer, what nobody sees of it, a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dispatcher.errors import FileRefused, MmsError
from dispatcher.model.invisible_characters import hidden_in, is_invisible, name_of, named
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.segments import Encoding, encoding_of, segments, utf16_units
from dispatcher.model.smart_encoding import smart_encoded, stands_for
from dispatcher.roster.columns import Headings
from dispatcher.roster.placeholders import Placeholder, Placeholders
from dispatcher.web.actions.sample_rows import finished_row, sample_row
from dispatcher.web.site.site import Site
from dispatcher.web.site.staged_uploads import StagedUpload

#: Different characters that are named, and how much of the text stands around each.
_NAMED_MAX, _AROUND = 6, 14
#: The names in merge fields: they are no part of what is sent.
_FIELD_NAME = re.compile(r"(\{\{[^{}|]*)")


@dataclass(frozen=True)
class OddCharacter:
    """A character that GSM-7 does not have, or that nobody sees: its name, how often it stands there, and the first
    time with the text around it. `at` counts as browsers do; `plain` is what `smart_encoding` writes, None if it stays.
    """

    char: str
    name: str
    times: int
    at: int
    before: str
    after: str
    plain: str | None

    @property
    def shown(self) -> str:
        """The character, or a mark where nothing would be seen."""
        return "␣" if is_invisible(self.char) else self.char


@dataclass(frozen=True)
class TextSize:
    """How long a text is as an SMS."""

    characters: int
    segments: int
    encoding: Encoding

    @classmethod
    def of(cls, text: str) -> TextSize:
        """The size of this text."""
        return cls(utf16_units(text), segments(text), encoding_of(text))


@dataclass(frozen=True)
class ShownRow:
    """A row's message as a phone shows it; or what is wrong with it."""

    number: int
    line: int
    text: str = field(default="", repr=False)
    media: tuple[str, ...] = ()
    size: TextSize | None = None
    brought: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class TextHelp:
    """All that is said beside a message. `fields` may be inserted, `plain` and `mended` are the message with its
    look-alikes and its foreign placeholders replaced, empty where there are none."""

    size: TextSize
    odd: tuple[OddCharacter, ...] = ()
    more_odd: int = 0
    plain: str = ""
    placeholders: tuple[Placeholder, ...] = ()
    mended: str = ""
    fields: tuple[str, ...] = ()
    row: ShownRow | None = None


def text_help(site: Site, upload: StagedUpload | None, given: Mapping[str, object], number: int) -> TextHelp:
    """What there is to say of `given`'s message, with row `number` of the upload, if there is one."""
    message = str(given.get("message", ""))
    row, headings, shown = None, Headings((), line=1), None
    if upload is not None:
        try:
            row = sample_row(site, upload, given, number)
            headings = Headings(row.headings, line=1)
            shown = _shown(site, row.line, finished_row(site, row, given), number, message)
        except FileRefused as refusal:
            empty = refusal.code == "no_content"
            problem = (
                "Write a message, and the row is shown with it." if empty else _sentence(refusal.message)
            )
            shown = ShownRow(number, 0, problem=problem)
        except MmsError as error:
            shown = ShownRow(number, row.line if row else 0, problem=_sentence(error.message))
    smart = bool(given.get("smart_encoding"))
    odd = list(odd_characters(message, smart=smart))
    found = Placeholders(headings).find(message)
    return TextHelp(
        size=TextSize.of(_plain(message) if smart else message),
        odd=tuple(odd[:_NAMED_MAX]),
        more_odd=max(0, len(odd) - _NAMED_MAX),
        plain=_plain(message) if any(each.plain is not None for each in odd) else "",
        placeholders=tuple(found),
        mended=_mended(message, found),
        fields=tuple(_insertable(headings)),
        row=shown,
    )


def odd_characters(text: str, *, smart: bool = False) -> Iterator[OddCharacter]:
    """Each different one of a message, in the order of their first places; with `smart`, those that stay."""
    said = _FIELD_NAME.sub(lambda name: "x" * len(name[0]), text)
    hidden = frozenset(hidden_in(said))
    places: dict[str, list[int]] = {}
    for place, char in enumerate(said):
        if place in hidden or (encoding_of(char) != "gsm-7" and not is_invisible(char)):
            places.setdefault(char, []).append(place)
    for char, where in places.items():
        plain = stands_for(char)
        if plain is None or not smart:
            first = where[0]
            before, after = text[max(0, first - _AROUND) : first], text[first + 1 : first + 1 + _AROUND]
            at = utf16_units(text[:first])
            yield OddCharacter(char, name_of(char), len(where), at, before, after, plain)


def _plain(text: str) -> str:
    """The text smart-encoded, but for the names of columns."""
    pieces = _FIELD_NAME.split(text)
    pieces[::2] = map(smart_encoded, pieces[::2])
    return "".join(pieces)


def _mended(text: str, found: Sequence[Placeholder]) -> str:
    """The text with our merge fields in the place of others; empty if there are none to put in."""
    if not any(each.offered for each in found):
        return ""
    for each in reversed(found):
        if each.offered:
            text = text[: each.start] + each.offered + text[each.end :]
    return text


def _insertable(headings: Headings) -> Iterator[str]:
    """Merge fields of the columns that one names."""
    for index, heading in enumerate(headings.names):
        name = " ".join(heading.split())
        if headings.find(name) == index and not headings.is_ambiguous(name) and not set("{}") & set(name):
            yield f"{{{{{name}}}}}"


def _shown(site: Site, line: int, row: Recipient | InvalidRow, number: int, message: str) -> ShownRow:
    if isinstance(row, InvalidRow):
        return ShownRow(number, line, problem=row.message)
    text = row.text or ""
    brought = dict.fromkeys(each.char for each in odd_characters(text) if each.char not in message)
    return ShownRow(
        number,
        line,
        text,
        row.media,
        TextSize.of(text),
        tuple(map(named, list(brought)[:3])),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
