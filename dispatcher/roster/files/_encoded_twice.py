"""Letters that a program encoded twice: it took UTF-8 for something else, and `é` became `Ã©`. They are what they were.

What is mended nobody writes on purpose: signs that make one character of UTF-8 together, and a likely one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: The encodings that UTF-8 is taken for.
_TAKEN_FOR = ("cp1252", "mac_roman", "cp437", "cp850")
#: First bytes of characters of Latin letters and typography, of pictures, and of all letters, by how many follow.
_LATIN = (range(0xC2, 0xC6), range(0xE2, 0xE3))
_PICTURE, _PICTURE_FOLLOWS = range(0xF0, 0xF1), range(0x9F, 0xA0)
_ALL = (range(0xC3, 0xE0), range(0xE0, 0xF0))
_FOLLOWS = range(0x80, 0xC0)
#: What may come of one such character by itself.
_LIKELY = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿŒœŠšŸŽžŁłĄąĆćĘęŃńŚśŹźŻżĂăČčĎďĐđĚěĞğĢģİıĪīĶķĻļĽľŅņ"
    "ŇňŐőŘřŞşŢţŤťŪūŮůŰűĀāĒēĖėĮįŲų“”‘’‚„–—…•™€‹›†\xa0¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿\ufeff\u200b\u200d\u200e\ufffd"
)
#: What may come of several: those, and what the scripts have that are written today, pictures among them.
_WRITTEN = re.compile(
    f"[{re.escape(''.join(sorted(_LIKELY)))}Ͱ-ӿא-ۿऀ-๿Ḁ-ỿ\u2600-\u27bf\u3001-ヿ㐀-鿿가-힣\ufe0f\U0001f000-\U0001faff]+"
)
#: A run of signs is read as a whole first: it may have been encoded three times, and then its parts look like nothing.
_RUN = re.compile(r"[^\x00-\x7f]{4,}")
_LAYERS = 3
#: Every byte of ASCII a blank.
_BLANKED = bytes((*b" " * 0x80, *range(0x80, 0x100)))
#: Where capitals end a word before one of these, both may be meant: `AMANHÃ…`.
_ENDS = re.compile(r"[A-ZÀ-Þ]Ã[…”’–]")


def _character(byte: int, codec: str) -> str:
    """What a program shows for this byte; those without a letter pass as they are."""
    try:
        return bytes((byte,)).decode(codec)
    except UnicodeDecodeError:
        return chr(byte)


class _Flavour(NamedTuple):
    """One encoding that UTF-8 was taken for: its characters' bytes, those that must be there, how they go together."""

    byte_of: dict[str, int]
    begins: frozenset[str]
    follows: frozenset[str]
    pattern: re.Pattern[str]

    def run(self, match: re.Match[str]) -> str:
        """What a run of signs was, if all of it was encoded twice or more often."""
        seen = meant = match[0]
        for _ in range(_LAYERS):
            try:
                meant = bytes(map(self.byte_of.__getitem__, meant)).decode()
            except (UnicodeDecodeError, KeyError):
                break
        return meant if _WRITTEN.fullmatch(meant) else seen

    def mended(self, match: re.Match[str]) -> str:
        """What stood there before it was encoded twice, if that is likely."""
        seen = match[0]
        try:
            meant = bytes(map(self.byte_of.__getitem__, seen)).decode()
        except UnicodeDecodeError:
            return seen
        if match.lastgroup == "some":
            return meant if _WRITTEN.fullmatch(meant) else seen
        around = match.string[max(match.start() - 1, 0) : match.end()]
        likely = meant in _LIKELY or match.lastgroup == "picture"
        ends = _ENDS.fullmatch(around) and not match.string[match.end() : match.end() + 1].isalpha()
        return meant if likely and not ends else seen


def _flavour(codec: str) -> _Flavour:
    byte_of = {_character(byte, codec): byte for byte in range(0x80, 0x100)}
    if codec == "cp1252":  # which many call Latin-1
        byte_of |= {chr(byte): byte for byte in range(0x80, 0xA0)}

    def signs_of(*ranges: range) -> frozenset[str]:
        return frozenset(sign for sign, byte in byte_of.items() if any(byte in numbers for numbers in ranges))

    def any_of(numbers: range) -> str:
        return f"[{''.join(map(re.escape, sorted(signs_of(numbers))))}]"

    follows = any_of(_FOLLOWS)
    two, three = map(any_of, _LATIN)
    any_two, any_three = map(any_of, _ALL)
    picture = any_of(_PICTURE) + any_of(_PICTURE_FOLLOWS) + follows * 2
    letter = f"{any_two}{follows}|{any_three}{follows * 2}"
    begins = signs_of(*_LATIN) if codec == "cp850" else signs_of(*_ALL, *_LATIN, _PICTURE)
    return _Flavour(
        byte_of,
        begins,
        signs_of(_FOLLOWS),
        re.compile(
            f"(?P<picture>{picture})|(?P<some>(?:{letter}){{2,}})|(?P<latin>{two}{follows}|{three}{follows * 2})"
        ),
    )


_FLAVOURS = tuple(map(_flavour, _TAKEN_FOR))


def mended(text: str, signs: str) -> str:
    """The text as it was before a program encoded it twice; `signs` is what `beyond_ascii` says of it."""
    there = set(signs)
    found = [
        flavour
        for flavour in _FLAVOURS
        if there & flavour.begins and there & flavour.follows and flavour.pattern.search(signs)
    ]
    for flavour in found:
        text = _RUN.sub(flavour.run, text)
    for flavour in found:
        text = flavour.pattern.sub(flavour.mended, text)
    return text


def beyond_ascii(text: str) -> str:
    """The different runs of a text that are not ASCII, at little cost."""
    blanked = text.encode("utf-8", "surrogatepass").translate(_BLANKED)
    return b" ".join(set(blanked.split())).decode("utf-8", "surrogatepass")
