"""From what stands in a cell to the ten digits of a North American number, whoever wrote it and however."""

from __future__ import annotations

import re
import unicodedata

from dispatcher.roster.rejections import RowError

_EXPONENT = re.compile(r"\+?(\d+)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_WHOLE = re.compile(r"(\+?\d{10,11})[.,]0+")
_FRACTION = re.compile(r"\d+[.,]\d{1,2}")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){3}")
_BETWEEN = re.compile(r"[,;/&|\n\r\t]|\s(?:or|and)\s", re.IGNORECASE)
_EXTENSION = re.compile(r"\d\s*(?:[,;]?\s*ext(?:ension)?\.?\s*[:=]?|x|#)\s*\d+\s*$", re.IGNORECASE)
_WRITTEN = re.compile(r"[(+]{0,2}\d[\d ().\-/\u00ad]*")
_QUOTES = "'\"`\u2018\u2019\u201c\u201d "
_FOREIGN = "another country"


def _readable(cell: str) -> str:
    """ASCII digits, plain hyphens and spaces in place of what other writing systems and programs use."""
    if cell.isascii():
        return cell.strip()
    kept = []
    for char in unicodedata.normalize("NFKC", cell):
        category = unicodedata.category(char)
        if category == "Nd":
            kept.append(str(unicodedata.decimal(char)))
        elif category == "Pd" or char == "\u2212":
            kept.append("-")
        elif category == "Zs":
            kept.append(" ")
        elif category != "Cf":
            kept.append(char)
    return "".join(kept).strip()


def _unwrapped(text: str) -> str:
    """Without the wrapping that exports put around a number: `'…`, `="…"`, `tel:…`, a stray comma."""
    if text.startswith('="'):
        text = text[1:]
    text = text.strip(_QUOTES)
    if text[:4].lower() == "tel:":
        text = text[4:]
    return text.strip(" ,;")


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


def _count(text: str) -> int:
    return sum(map(str.isdigit, text))


def _one_number(text: str) -> str:
    """The text again if it is the writing of one number and nothing else."""
    if _EXTENSION.search(text):
        raise RowError("extension")
    if sum(_count(part) >= 7 for part in _BETWEEN.split(text)) > 1:
        raise RowError("two_numbers")
    if not _WRITTEN.fullmatch(text):
        raise RowError("not_a_number")
    if _count(text) in (20, 21, 22) and not text.isdigit():
        raise RowError("two_numbers")
    return text


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


def national_digits(cell: str) -> str:
    """The ten national digits of a number in any usual writing.

    Raises:
        RowError: with the code that says why it is none.
    """
    text = _unwrapped(_readable(cell))
    if not text:
        raise RowError("empty_number")
    written = _spreadsheet_number(text) or _one_number(text)
    return _national("".join(filter(str.isdigit, written)), international="+" in written)
