"""A number format's code taken apart: its sections, which values each is for, and the signs that it is made of."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | \\(?P<escaped>.) | _(?P<pad>.) | \*(?P<fill>.) | \[(?P<bracket>[^\]]*)\]
    | (?P<general>general) | (?P<ampm>am/pm|a/p) | (?P<calendar>b[12]) | (?P<exponent>e[+-])
    | (?P<date>y+|m+|d+|h+|s+|e+|b+|g+) | (?P<digit>[0\#?]) | (?P<figure>[1-9])
    | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<slash>/) | (?P<text>@) | (?P<end>;) | (?P<other>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([+-]?\d{1,20}(?:\.\d*)?(?:e[+-]?\d{1,3})?)", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
#: A locale that none is: what follows gives way to Windows' own long date or time.
_SYSTEM_DATE = re.compile(r"\[\$-(?:F800|x-sysdate)\][^;]*", re.IGNORECASE)
_SYSTEM_TIME = re.compile(r"\[\$-(?:F400|x-systime)\][^;]*", re.IGNORECASE)
#: Sections of a code, and characters that are read of one.
_SECTIONS_MAX, _CODE_CHARACTERS = 4, 500


class Token(NamedTuple):
    """One sign: `kind` says what it does (`literal`, `digit`, `date`, …), `text` how it is written."""

    kind: str
    text: str


class Condition(NamedTuple):
    """Which values a section is for: those that compare so with this number."""

    sign: str
    number: float

    def holds(self, value: float) -> bool:
        """Whether the section is for this value."""
        if value == self.number:
            return self.sign in ("=", "<=", ">=")
        return "<" in self.sign if value < self.number else ">" in self.sign

    @property
    def has_own_minus(self) -> bool:
        """Whether only values below zero are meant, so that the section says itself how they look."""
        return (self.number < 0 and self.sign in ("<", "<=", "=")) or (self.number == 0 and self.sign == "<")

    @property
    def leaves_no_minus(self) -> bool:
        """Whether Excel writes no minus into the section after this one, the last of two."""
        return self.has_own_minus if self.number == 0 else self.number < 0 and self.sign in ("<", "<=", "<>")


class Section(NamedTuple):
    """One of the parts between semicolons. `kind` is `date`, `text`, `general` or `number`; `language` is a number of
    Windows, 0 if none is named."""

    tokens: tuple[Token, ...]
    kind: str
    condition: Condition | None
    language: int


def sections_of(code: str) -> list[Section]:
    """The sections of a code, at least one. What has no meaning is shown as it stands."""
    code = _SYSTEM_DATE.sub("dddd, mmmm d, yyyy", code[:_CODE_CHARACTERS])
    code = _SYSTEM_TIME.sub("h:mm:ss AM/PM", code)
    parts: list[list[Token]] = [[]]
    for found in _TOKEN.finditer(code):
        kind = found.lastgroup or "other"
        if kind == "end":
            parts.append([])
        else:
            parts[-1] += _tokens(kind, found[kind] or "", parts[-1])
    return [_section(tokens) for tokens in parts[:_SECTIONS_MAX]]


def _tokens(kind: str, text: str, before: list[Token]) -> list[Token]:
    if kind in ("quoted", "escaped", "other"):
        return [Token("literal", text)] if text else []
    if kind == "pad":
        return [Token("literal", " ")]
    if kind in ("fill", "calendar"):
        return []
    if kind == "bracket":
        return _in_brackets(text)
    if kind == "exponent" and not any(token.kind == "digit" for token in before):
        return [Token("date", "e"), Token("literal", text[1])]
    if kind == "comma" and not (before and before[-1].kind in ("digit", "comma", "point")):
        return [Token("literal", text)]
    return [Token(kind, text.lower() if kind == "date" else text)]


def _in_brackets(text: str) -> list[Token]:
    if text.startswith("$"):
        sign, _, locale = text[1:].rpartition("-") if "-" in text else (text[1:], "", "")
        return [Token("literal", sign), Token("locale", locale)]
    if _ELAPSED.fullmatch(text):
        return [Token("elapsed", text.lower())]
    return [Token("condition", text)] if _CONDITION.fullmatch(text) else []  # else it is a colour


def _section(tokens: list[Token]) -> Section:
    kinds = {token.kind for token in tokens}
    condition, language = None, 0
    for token in tokens:
        if token.kind == "condition" and (found := _CONDITION.fullmatch(token.text)):
            condition = Condition(found[1], float(found[2]))
        elif token.kind == "locale":
            language = _language(token.text) or language
    shown = tuple(token for token in tokens if token.kind not in ("condition", "locale"))
    if kinds & {"date", "ampm", "elapsed"}:
        return Section(shown, "date", condition, language)
    kind = next((kind for kind in ("text", "general") if kind in kinds), "number")
    return Section(shown, kind, condition, language)


def _language(locale: str) -> int:
    """The language in a locale such as `40C` or `fr-CA`: its number without the country."""
    try:
        return int(locale[-4:], 16) & 0x3FF
    except ValueError:
        return {"fr": 0x0C, "es": 0x0A}.get(locale[:2].lower(), 0)
