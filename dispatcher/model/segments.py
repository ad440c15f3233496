"""The segments of a text as an SMS: GSM-7 or UCS-2, alone or concatenated (3GPP TS 23.038, 23.040)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Encoding = Literal["gsm-7", "ucs-2"]

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENDED
_PLAIN_ASCII = bytes(ord(char) for char in sorted(_BASIC) if char.isascii())


def utf16_units(text: str) -> int:
    """A text's length as phones and carriers count it: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def encoding_of(text: str) -> Encoding:
    """The alphabet that a text needs."""
    return "gsm-7" if _GSM.issuperset(text) else "ucs-2"


def all_gsm(texts: Sequence[str]) -> bool:
    """Whether the GSM-7 alphabet is enough for each of these texts."""
    joined = "".join(texts)
    if joined.isascii() and not joined.encode().translate(None, _PLAIN_ASCII):
        return True
    return _GSM.issuperset(joined)


def segments(text: str) -> int:
    """How many SMS segments a text takes; at least 1."""
    length = len(text)
    if text.isascii():
        if length <= 70:
            return 1
        if not text.encode().translate(None, _PLAIN_ASCII):
            return 1 if length <= 160 else -(-length // 153)
    if encoding_of(text) == "gsm-7":
        return _packed([2 if char in _EXTENDED else 1 for char in text], single=160, part=153)
    if text.isascii() or max(text) <= "\uffff":
        return 1 if length <= 70 else -(-length // 67)
    return _packed([2 if char > "\uffff" else 1 for char in text], single=70, part=67)


def segments_of_all(texts: Sequence[str]) -> list[int]:
    """The same of each text."""
    joined = "".join(texts)
    if not joined.isascii() or joined.encode().translate(None, _PLAIN_ASCII):
        return list(map(segments, texts))
    lengths = list(map(len, texts))
    if max(lengths, default=0) <= 160:
        return [1] * len(lengths)
    return [1 if length <= 160 else -(-length // 153) for length in lengths]


def _packed(widths: list[int], *, single: int, part: int) -> int:
    """Segments for characters of these widths, when none may be cut in two."""
    if sum(widths) <= single:
        return 1
    count, used = 1, 0
    for width in widths:
        used += width
        if used > part:
            count, used = count + 1, width
    return count
