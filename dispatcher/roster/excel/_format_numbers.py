"""Numbers as a section of a number format shows them: digits in their places, exponents, and `General`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from dispatcher.roster.excel._format_code import Token

#: Room for the digits of any number that a cell can hold, and for the zeros that a code adds.
_CONTEXT = Context(prec=1400, rounding=ROUND_HALF_UP, Emax=10_000, Emin=-10_000)
#: Characters of `General` in a column that is wide enough.
_GENERAL_WIDTH = 11
_COMMON = re.compile(r"(#,##)?(0+)(?:\.(0+))?(,*)")
_WHOLE_BELOW = 10**15


def exact(value: float) -> Decimal:
    """The number to the 15 digits that a workbook keeps."""
    return Decimal(f"{value:.15g}")


def general_text(value: float) -> str:
    """A number without a format: as Excel shows it, but whole numbers whole to their 15th digit."""
    number = exact(value)
    size = abs(number)
    if size < _WHOLE_BELOW and number == number.to_integral_value():
        return str(int(number))
    if size < 1e-4:
        text = f"{number:f}"
        return text if len(text) - (number < 0) <= _GENERAL_WIDTH else _scientific(value)
    if size >= 10**_GENERAL_WIDTH:
        return _scientific(value)
    places = max(_GENERAL_WIDTH - 1 - len(str(int(size))), 0)
    text = f"{rounded(number, places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"


def rounded(number: Decimal, places: int) -> Decimal:
    """To so many decimal places, halves away from zero."""
    return number.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)


class CommonNumber(NamedTuple):
    """What nearly all formats of numbers are: digits without gaps, with or without commas, decimals and percent."""

    before: str
    has_commas: bool
    width: int
    places: int
    shift: int
    after: str

    def text(self, value: float) -> str:
        """A number that is not negative."""
        number = rounded(exact(value).scaleb(self.shift), self.places)
        digits = f"{number:,f}" if self.has_commas else f"{number:f}".zfill(self.width)
        return f"{self.before}{digits}{self.after}"


def common_number(tokens: Sequence[Token]) -> CommonNumber | None:
    """The same as `number_text` says of these tokens, several times as fast; None if they are out of the ordinary."""
    places = [place for place, token in enumerate(tokens) if token.kind in ("digit", "point", "comma")]
    if not places:
        return None
    first, end = places[0], places[-1] + 1
    found = _COMMON.fullmatch("".join(token.text for token in tokens[first:end]))
    around = [*tokens[:first], *tokens[end:]]
    inside = all(token.kind in ("digit", "point", "comma") for token in tokens[first:end])
    if not found or not inside or any(token.kind not in ("literal", "percent") for token in around):
        return None
    decimals = len(found[3] or "")
    percents = sum(token.kind == "percent" for token in around)
    return CommonNumber(
        "".join(token.text for token in tokens[:first]),
        bool(found[1]),
        len(found[2]) + (decimals + 1 if decimals else 0),
        decimals,
        2 * percents - 3 * len(found[4]),
        "".join(token.text for token in tokens[end:]),
    )


def number_text(value: float, tokens: Sequence[Token]) -> str:
    """A number that is not negative, in the places of these tokens, which are no fraction's."""
    kinds = [token.kind for token in tokens]
    number = exact(value).scaleb(2 * kinds.count("percent"))
    if "exponent" in kinds and "digit" in kinds:
        return _exponential(number, tokens, kinds.index("exponent"))
    return fixed_text(number, tokens)


def shows_zero(text: str) -> bool:
    """Whether no digit but zero is in it: then no minus stands before it."""
    return not any(char in "123456789" for char in text)


def fixed_text(number: Decimal, tokens: Sequence[Token]) -> str:
    """Whole digits from the point to the left, decimals from it to the right, what else stands between them kept."""
    if not any(token.kind == "digit" for token in tokens):
        return "".join(token.text for token in tokens)
    point = next((place for place, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    whole, decimals = tokens[:point], tokens[point + 1 :]
    number = number.scaleb(-3 * (_commas_at_end(whole) + _commas_at_end(decimals)))
    places = sum(token.kind == "digit" for token in decimals)
    digits, _, fraction = f"{rounded(number, places):f}".partition(".")
    text = whole_part("" if digits == "0" else digits, whole, has_point=point < len(tokens))
    return text + ("." + _decimal_part(fraction, decimals) if point < len(tokens) else "")


def _commas_at_end(tokens: Sequence[Token]) -> int:
    """Commas without a digit after them: each leaves out three digits of the number."""
    digits = [place for place, token in enumerate(tokens) if token.kind == "digit"]
    return sum(token.kind == "comma" for token in tokens[digits[-1] + 1 if digits else 0 :])


def whole_part(digits: str, tokens: Sequence[Token], *, has_point: bool = False) -> str:
    """Whole digits in their places from the right, what else stands between them kept."""
    places = [place for place, token in enumerate(tokens) if token.kind == "digit"]
    if not places:
        literal = "".join(token.text for token in tokens if token.kind != "comma")
        return literal + digits if has_point else literal
    commas = any(token.kind == "comma" for token in tokens[places[0] : places[-1]])
    pieces: list[str] = []
    left = len(digits)
    position = 0
    for place in range(len(tokens) - 1, -1, -1):
        token = tokens[place]
        if token.kind != "digit":
            if token.kind != "comma":
                pieces.append(token.text)
            continue
        more = left - position if place == places[0] else 1
        for _ in range(max(more, 1)):
            char = digits[left - 1 - position] if position < left else blank(token.text)
            if commas and position and position % 3 == 0 and char:
                pieces.append("," if char != " " else " ")
            pieces.append(char)
            position += 1
    return "".join(reversed(pieces))


def blank(placeholder: str) -> str:
    """What stands where a number has no digit, in the place of this sign."""
    return {"0": "0", "?": " "}.get(placeholder, "")


def _decimal_part(fraction: str, tokens: Sequence[Token]) -> str:
    pieces = []
    position = 0
    kept = len(fraction.rstrip("0"))
    for token in tokens:
        if token.kind == "digit":
            pieces.append(fraction[position] if position < kept else blank(token.text))
            position += 1
        elif token.kind not in ("comma", "point"):
            pieces.append(token.text)
        elif token.kind == "point":
            pieces.append(".")
    return "".join(pieces)


def _exponential(number: Decimal, tokens: Sequence[Token], at: int) -> str:
    mantissa = list(tokens[:at])
    point = next((place for place, token in enumerate(mantissa) if token.kind == "point"), at)
    step = max(sum(token.kind == "digit" for token in mantissa[:point]), 1)
    places = sum(token.kind == "digit" for token in mantissa[point:])
    exponent = _exponent(number, step)
    shown = rounded(number.scaleb(-exponent), places)
    if shown >= 10**step:  # rounding made it longer
        exponent += step
        shown = rounded(number.scaleb(-exponent), places)
    sign = "-" if exponent < 0 else "+" if tokens[at].text[1] == "+" else ""
    digits = [Token("digit", "0") if token.kind == "figure" else token for token in tokens[at + 1 :]]
    power = whole_part(str(abs(exponent)) if exponent else "", digits)
    return f"{fixed_text(shown, mantissa)}E{sign}{power}"


def _exponent(number: Decimal, step: int) -> int:
    return number.adjusted() // step * step if number else 0
