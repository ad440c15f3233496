"""How other systems write their placeholders: the signs around a name, and what the name must be to count as one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto


class PlaceholderKind(Enum):
    """What makes what stands between such signs a placeholder."""

    OURS = auto()  # the braces of our own merge fields
    ANY = auto()  # nothing else has these signs
    BRACED = auto()  # it names a column or any usual field
    NAMED = auto()  # it names a column or a contact's field
    TIGHT = auto()  # the same, and no space stands inside the signs
    PERSONAL = auto()  # sentences have these signs, too: written as programs do, or a person's name
    DASHED = auto()  # the same, or just `name`
    QUOTED = auto()  # the same, or a column's heading
    PREFIXED = auto()  # a sign before it alone: a person's name as programs write it


#: From, to, the words between the signs, and what makes them a placeholder.
Candidate = tuple[int, int, str, PlaceholderKind]

#: Signs without which there is none, the writing with what it names, and what makes that a placeholder.
_WRITINGS: tuple[tuple[str, str, PlaceholderKind], ...] = (
    ("{", r"\{\{\{([^{}\n]{1,80})\}\}\}", PlaceholderKind.ANY),
    ("{", r"\{\{([^{}]*)\}\}", PlaceholderKind.OURS),
    ("{", r"\{%(.{1,200}?)%\}", PlaceholderKind.ANY),
    ("<", r"<%(.{1,200}?)%>", PlaceholderKind.ANY),
    ("*", r"\*\|([^|\n]{1,80}(?:\|[^|*\n]{1,40})?)\|\*", PlaceholderKind.ANY),
    ("%", r"%%([A-Za-z!=_\[][^%\n]{0,80})%%", PlaceholderKind.ANY),
    ("<", r"<<([^\W\d_][^<>\n]{0,60})>>(?!>)", PlaceholderKind.ANY),
    ("{", r"[$#@%^]\{([^\W\d_][^{}\n]{0,60})\}\$?", PlaceholderKind.ANY),
    ("{", r"\{([!$#@%=][A-Za-z$][^{}\n]{0,80})\}", PlaceholderKind.ANY),
    ("[", r"\[%([^\[\]\n]{1,60})%\]", PlaceholderKind.ANY),
    ("{", r"\{([^{}\n]{1,80})\}", PlaceholderKind.BRACED),
    ("[", r"\[\[([^\[\]\n]{1,60})\]\]", PlaceholderKind.NAMED),
    ("[", r"\[([^\[\]\n]{1,60})\]", PlaceholderKind.NAMED),
    ("<", r"<([^<>\n]{1,60})>", PlaceholderKind.NAMED),
    ("&", r"&(?:amp;)?lt;([^&<>\n]{1,60})&(?:amp;)?gt;", PlaceholderKind.NAMED),
    ("«", r"«([^«»\n]{1,60})»", PlaceholderKind.QUOTED),
    ("‹", r"‹([^‹›\n]{1,60})›", PlaceholderKind.QUOTED),
    ("%", r"%([^\W\d_][^%\n]{0,60})%(?![\w%])", PlaceholderKind.TIGHT),
    ("$", r"\$([^\W\d_][\w .-]{0,60})\$(?![\w$])", PlaceholderKind.TIGHT),
    ("#", r"##?([^\W\d_][\w .-]{0,60})##?(?![\w#])", PlaceholderKind.TIGHT),
    ("~", r"~([^\W\d_][\w .-]{0,60})~(?![\w~])", PlaceholderKind.TIGHT),
    ("|", r"\|\|?([^\W\d_][\w .-]{0,60})\|\|?(?![\w|])", PlaceholderKind.TIGHT),
    ("@", r"@@?([^\W\d_][\w .-]{0,60})@@?(?![\w@])", PlaceholderKind.TIGHT),
    ("^", r"\^([^\W\d_][\w .-]{0,60})\^(?![\w^])", PlaceholderKind.TIGHT),
    ("-", r"--?([^\W\d_]\w{1,40})--?(?![\w-])", PlaceholderKind.DASHED),
    ("_", r"__?([^\W\d_]\w{1,40}?)__?(?!\w)", PlaceholderKind.PERSONAL),
    ("(", r"\(\(([^()\n]{1,60})\)\)", PlaceholderKind.NAMED),
    ("%", r"%\((\w{1,60})\)[sd](?!\w)", PlaceholderKind.ANY),
    (":", r":([^\W\d_]\w{1,40}):(?![\w:])", PlaceholderKind.PERSONAL),
    ("Name", r"((?:[Ff]irst|[Ll]ast|[Ff]ull)Name)(?!\w)", PlaceholderKind.PREFIXED),
    ("{", r"\{([A-Za-z]\w{1,40})(?![\w{}])(?![^{}\n]*\})", PlaceholderKind.PREFIXED),
    ("(", r"\(([^\W\d_]\w{0,30}(?:[ _]\w{1,20})?)\)", PlaceholderKind.PERSONAL),
    ("$", r"\$([A-Za-z]\w{1,40})(?![\w$])", PlaceholderKind.PREFIXED),
    ("@", r"@([A-Za-z]\w{1,40})(?![\w@.])", PlaceholderKind.PREFIXED),
    ("#", r"#([A-Za-z]\w{1,40})(?![\w#])", PlaceholderKind.PREFIXED),
    (":", r":([A-Za-z]\w{1,40})(?![\w:])", PlaceholderKind.PREFIXED),
    ("_", r"([A-Za-z]{2,20}(?:_[A-Za-z]{2,20}){1,2})(?![\w@./=-])", PlaceholderKind.PREFIXED),
    ("NAME", r"([FL](?:IRST|AST)?NAME)(?!\w)", PlaceholderKind.DASHED),
)
_BY_SIGN = tuple(
    (sign, [(re.compile(pattern, re.DOTALL), kind) for each, pattern, kind in _WRITINGS if each == sign])
    for sign in dict.fromkeys(sign for sign, _, _ in _WRITINGS)
)
#: What no such sign begins within.
_INSIDE = re.compile(r"[\w/=&?@.{\[<-]")
#: These may stand within a word or an address.
_ANYWHERE = frozenset("{[<«‹*&")


def candidates(text: str) -> Iterator[Candidate]:
    """What has one of the writings."""
    for sign, writings in _BY_SIGN:
        if sign in text:
            for pattern, kind in writings:
                yield from _written_so(text, sign, pattern, kind)


def _written_so(text: str, sign: str, pattern: re.Pattern[str], kind: PlaceholderKind) -> Iterator[Candidate]:
    place = 0
    while found := pattern.search(text, place):
        start = found.start()
        place = found.end() if kind is PlaceholderKind.OURS else start + 1
        if not _is_inside(text[start - 1 : start], sign, text[start]):
            yield start, found.end(), found[1], kind


def _is_inside(before: str, sign: str, first: str) -> bool:
    """Whether what stands before shows that this is a piece of a word or an address, or of a line of such signs."""
    if sign in _ANYWHERE:
        return False
    return before == first or (before.isalnum() if sign == "%" else bool(_INSIDE.match(before)))
