"""The writing of one number: signs that people can read, and its ten national digits."""

from __future__ import annotations

import re
import unicodedata

from dispatcher.roster.rejections import RowError

_EXPONENT = re.compile(r"\+?(\d+)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_WHOLE = re.compile(r"(\+?\d{10,11})[.,]0+")
_FRACTION = re.compile(r"\d+[.,]\d{1,2}")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){3}")
_WRITTEN = re.compile(r"[(+]{0,2} ?\d[\d ().\-/]*")
#: `+1+212+555+0100`: an address in which each space became a plus.
_PLUSES = re.compile(r"\+?\d{1,4}(?:\+[\d().\-]+){2,}")
_FOREIGN = "another country"
#: Signs that stand for plainer ones: apostrophes, dots and spaces of other programs, and pictures of phones.
_SIGNS = {
    **dict.fromkeys(map(ord, "\u00b4\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02c8"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u2039\u203a"), '"'),
    **dict.fromkeys(map(ord, "\u00b7\u2022\u2219\u2027\u30fb\u22c5"), "."),
    **dict.fromkeys(map(ord, "\u2028\u2029\u0085\u000b\u000c"), "\n"),
    **dict.fromkeys(map(ord, "\u2800\u3164\u115f\u1160\uffa0"), " "),
    **dict.fromkeys(map(ord, "\u30fc\u2043\u2212"), "-"),
    ord("\u2795"): "+",
    ord("\u2116"): "#",
    ord("\U0001f4f1"): " mobile ",
    ord("\U0001f4f2"): " mobile ",
    ord("\U0001f4e0"): " fax ",
    ord("\U0001f3e0"): " home ",
}


def readable(cell: str) -> str:
    """ASCII digits, plain hyphens, quotes and spaces in place of what other writing systems and programs use; what
    nobody sees is left out."""
    if cell.isascii():
        return cell.strip()
    # Spaces that do not break, out of UTF-8 that was read as Windows-1252.
    text = cell.replace("\u00c2\u00a0", " ").translate(_SIGNS)
    return "".join(map(_plain, unicodedata.normalize("NFKC", text))).strip()


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd":
        return "-"
    if category in ("Zs", "So"):
        return " "
    return "" if category in ("Cf", "Mn", "Me") else char


def count_digits(text: str) -> int:
    """How many digits stand in a readable text."""
    return sum(map(str.isdigit, text))


def _exact(whole: str, fraction: str, exponent: int) -> str:
    """The digits of a number in scientific notation, if its mantissa carries every one of them."""
    if exponent > len(fraction):
        raise RowError("precision_lost")
    if fraction[exponent:].strip("0"):
        raise RowError("not_a_number")
    return whole + fraction[:exponent]


def _spreadsheet_number(text: str) -> str | None:
    """The digits of a spreadsheet's number: `1.5162065575E+10`, `15162065575.0`, `15,162,065,575`."""
    if found := _EXPONENT.fullmatch(text):
        return _exact(found[1], found[2] or "", int(found[3]))
    if found := _WHOLE.fullmatch(text):
        return found[1]
    if _FRACTION.fullmatch(text):
        raise RowError("not_a_number")
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else None


def _national(digits: str, *, international: bool) -> str:
    """The ten digits after the country code."""
    for prefix in ("011", "00"):
        if not international and digits.startswith(prefix) and len(digits) > 11:
            digits, international = digits[len(prefix) :], True
    if international and digits[0] != "1":
        raise RowError("region_not_allowed" if 7 <= len(digits) <= 15 else "not_a_number", region=_FOREIGN)
    if len(digits) == 11 and digits[0] == "1":
        return digits[1:]
    if len(digits) == 10 and not international:
        return digits
    raise RowError("too_short" if len(digits) < 11 else "too_long", digits=len(digits))


def plain_digits(text: str) -> str | None:
    """The ten digits of a text that is the writing of one number and nothing else; None: it is something else, too.

    Raises:
        RowError: it is a number, and none that can be used.
    """
    if _PLUSES.fullmatch(text):
        text = text[0] + text[1:].replace("+", " ")
    written = _spreadsheet_number(text) or text
    if not _WRITTEN.fullmatch(written) or (count_digits(written) > 15 and not written.isdigit()):
        return None
    return _national("".join(filter(str.isdigit, written)), international="+" in written)
