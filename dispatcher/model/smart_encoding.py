"""Characters that look like one of GSM-7, replaced by it: one curly quote makes an SMS of 160 characters one of 70.

The table goes by what the characters are: quotation marks, dashes, spaces, their full-width forms. An accent on a
letter belongs to somebody's name: it is composed with its letter and never taken off, whatever alphabet
the text then needs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from dispatcher.model.segments import all_gsm, encoding_of, segments

#: What stands for it in GSM-7 → code points, or ranges of them.
_ALIKE = {
    '"': "ab bb 2ba 2dd 2ee 201c-201f 2033 2036 275d 275e 301d-301f",
    "'": "60 b4 2b9 2bb-2bd 2c8 2ca 2cb 2018-201b 2032 2035 2039 203a 275b 275c fe10 fe11",
    "-": "2010-2015 2022 2043 207b 208b 2212 23ba-23bd 2e3a 2e3b fe31 fe32 fe58 fe63",
    " ": "9 a0 1680 2000-200a 202f 205f 3000",
    "\n": "b 85 2028 2029",
    "": "0-8 e-1f 7f-84 86-9f ad 34f 180e 200b 2060-2064 206a-206f feff",
    ".": "2024 3002 fe12 fe52 ff61",
    "..": "2025",
    "...": "2026 fe19",
    ",": "3001 fe50 fe51 ff64",
    ":": "2d0 2f8 2236 2982 a789 fe13 fe30 fe55",
    ";": "204f fe14 fe54",
    "!": "1c3 fe15 fe57",
    "!!": "203c",
    "!?": "2049",
    "?!": "2048",
    "??": "2047",
    "?": "fe16 fe56",
    "/": "f7 2044 2215 29f8",
    "\\": "2216 29f5 29f9 fe68",
    "|": "1c0 2223 23b8 23b9 23d0 239c 239f 2758",
    "_": "2017 fe33 fe34 fe4d-fe4f",
    "(": "207d 208d 2768 276a 27ee 2985 fe35 fe59",
    ")": "207e 208e 2769 276b 27ef 2986 fe36 fe5a",
    "{": "2774 fe37 fe5b",
    "}": "2775 fe38 fe5c",
    "[": "27e6 3014 301a fe47 fe5d",
    "]": "27e7 3015 301b fe48 fe5e",
    "<": "2329 276e 27e8 3008 fe3f fe64",
    ">": "232a 276f 27e9 3009 fe40 fe65",
    "*": "204e 2217 229b 2722-2725 2731-2733 273a-273d 2743 2749-274b 29c6 fe61",
    "+": "2d6 207a 208a fe62",
    "=": "207c 208c a78a fe66",
    "~": "2dc 2f7 223c 301c",
    "^": "2c6 2303",
    "x": "d7",
    "@": "fe6b",
    "$": "fe69",
    "#": "fe5f",
    "%": "fe6a",
    "&": "fe60",
    "fi": "fb01",
    "fl": "fb02",
}  # fmt: skip
#: Small capitals: letters of another shape, without an accent.
_SMALL_CAPITALS = {
    0x1D00: "A", 0x299: "B", 0x1D04: "C", 0x1D05: "D", 0x1D07: "E", 0xA730: "F", 0x262: "G", 0x29C: "H",
    0x26A: "I", 0x1D0A: "J", 0x1D0B: "K", 0x29F: "L", 0x1D0D: "M", 0x274: "N", 0x1D0F: "O", 0x1D18: "P",
    0x280: "R", 0xA731: "S", 0x1D1B: "T", 0x1D1C: "U", 0x1D20: "V", 0x1D21: "W", 0x28F: "Y", 0x1D22: "Z",
}  # fmt: skip
#: Marks over or through any character, which no letter of a name has.
_OVERLAYS = {
    "~": "334", "-": "335 336", "/": "337 338", "\\": "20e5", "|": "20d2 20d3", "_": "332", "=": "347", "^": "1dcd"
}  # fmt: skip
#: Accents, which look like these where they stand on no letter.
_ACCENTS = {0x302: "^", 0x303: "~", 0x330: "~", 0x313: "'", 0x314: "'", 0x326: ","}
_LONE_ACCENT = re.compile(r"(?<![\w\u0300-\u036f])[\u0302\u0303\u0330\u0313\u0314\u0326]+")
#: The last letter of Latin's first blocks, and a block further up, of Vietnamese among others.
_LATIN, _LATIN_AGAIN = "\u02af", ("\u1e00", "\u1eff")
_FRACTION = re.compile(r"(\d?)([\u00bc-\u00be\u2150-\u215e\u2189])")
#: They join or turn characters of other scripts, or choose how an emoji looks; beside GSM-7 alone they do nothing.
_JOINERS = dict.fromkeys((0x61C, *range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_JOINERS |= dict.fromkeys(range(0xFE00, 0xFE10))


def _code_points(spans: str) -> Iterator[int]:
    for span in spans.split():
        first, _, last = span.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


#: Code point → what stands for it.
LOOK_ALIKES: dict[int, str] = {
    **{
        code: alike
        for table in (_ALIKE, _OVERLAYS)
        for alike, spans in table.items()
        for code in _code_points(spans)
    },
    **{wide: chr(wide - 0xFF01 + 0x21) for wide in range(0xFF01, 0xFF5F) if wide != 0xFF40},
    0xFF40: "'",
    **_SMALL_CAPITALS,
}


def smart_encoded(text: str) -> str:
    """The text with look-alikes in GSM-7. It stays as it was where that would take more segments, and where letters of
    another script remain, which have marks of their own."""
    if encoding_of(text) == "gsm-7":
        return text
    composed = unicodedata.normalize("NFC", text)
    spelt = _LONE_ACCENT.sub(lambda marks: marks[0].translate(_ACCENTS), _FRACTION.sub(_fraction, composed))
    plain = spelt.translate(LOOK_ALIKES)
    alone = plain.translate(_JOINERS)
    if encoding_of(alone) == "gsm-7":
        return alone
    if any(map(_is_of_another_script, alone)):
        return text
    return plain if segments(plain) <= segments(text) else text


def all_smart_encoded(texts: Sequence[str]) -> Sequence[str]:
    """The same of each text."""
    return texts if all_gsm(texts) else list(map(smart_encoded, texts))


def stands_for(char: str) -> str | None:
    """What `smart_encoded` writes for a character by itself; None where it leaves it."""
    plain = smart_encoded(char)
    return None if plain == char else plain


def _is_of_another_script(char: str) -> bool:
    if not char.isalpha() or char <= _LATIN or _LATIN_AGAIN[0] <= char <= _LATIN_AGAIN[1]:
        return False
    return encoding_of(char) != "gsm-7"


def _fraction(found: re.Match[str]) -> str:
    """`1½` is not `11/2`."""
    before, sign = found.groups()
    written = unicodedata.normalize("NFKC", sign).replace("\u2044", "/")
    return f"{before} {written}" if before else written
