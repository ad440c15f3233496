"""The signs around a placeholder that go with it: left where they are, they would be sent around its value."""

from __future__ import annotations

import html
import re

_OPEN = {"{": "}", "[": "]", "<": ">", "«": "»", "‹": "›"}
_CLOSED = {closing: opening for opening, closing in _OPEN.items()}
#: A bracket, or as pages write it: `&lt;`, `&#123;`, `&amp;lt;`.
_BEFORE = re.compile(r"([{\[<«‹]|&(?:amp;)*#?\w{1,8};)\Z")
_AFTER = re.compile(r"[}\]>»›]|&(?:amp;)*#?\w{1,8};")
#: Signs that stand on both sides of a word. No quotation marks, no full stops: sentences have those around words.
_SIGNS = r"*=/\\~^_|`+#$%@&-"
_SIGNS_BEFORE = re.compile(rf"[{_SIGNS}]+\Z")
_SIGNS_AFTER = re.compile(rf"[{_SIGNS}]+")
#: What programs write before a name alone.
_BEFORE_ALONE = re.compile(r"(?<!\w)[$#@^%]+\Z")
#: No bracket, entity or run of signs that goes with a placeholder is longer.
_REACH = 24
#: How far away a bracket's partner is looked for.
_PARTNER = 200


def span_of(text: str, start: int, end: int, *, first: int, last: int, bare: bool) -> tuple[int, int]:
    """From where to where a placeholder from `start` to `end` reaches with the signs around it, between `first` and
    `last`. Brackets are taken in pairs, and alone if they have no partner; other signs in pairs around a `bare` word.
    """
    while True:
        head, tail = text[max(first, start - _REACH) : start], text[end : min(last, end + _REACH)]
        before, after = _taken(text, start, end, head, tail)
        if bare and not before and not after:
            before, after = _signs(head, tail)
        if not before and not after:
            return start, end
        start, end = start - before, end + after


def _taken(text: str, start: int, end: int, head: str, tail: str) -> tuple[int, int]:
    """How many characters of brackets go with what stands between them."""
    opening, closing = _BEFORE.search(head), _AFTER.match(tail)
    opened = _bracket(opening[0]) if opening else ""
    closed = _bracket(closing[0]) if closing else ""
    before = len(opening[0]) if opening and opened in _OPEN else 0
    after = len(closing[0]) if closing and closed in _CLOSED else 0
    if before and after and _OPEN[opened] == closed:
        return before, after
    if before and not _has_partner(text[end : end + _PARTNER], _OPEN[opened], opened):
        return before, 0
    if after and not _has_partner(text[max(0, start - _PARTNER) : start][::-1], _CLOSED[closed], closed):
        return 0, after
    return 0, 0


def _bracket(written: str) -> str:
    return html.unescape(html.unescape(written))


def _has_partner(beyond: str, partner: str, same: str) -> bool:
    """Whether the next such bracket closes this one."""
    place, other = beyond.find(partner), beyond.find(same)
    return place >= 0 and (other < 0 or place < other)


def _signs(head: str, tail: str) -> tuple[int, int]:
    """How many such signs go with a bare word: those of both sides if any of them is the same."""
    before, after = _SIGNS_BEFORE.search(head), _SIGNS_AFTER.match(tail)
    if before and after and set(before[0]) & set(after[0]):
        return len(before[0]), len(after[0])
    alone = _BEFORE_ALONE.search(head)
    return (len(alone[0]), 0) if alone else (0, 0)
