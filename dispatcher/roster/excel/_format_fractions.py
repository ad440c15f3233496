"""Fractions as a section of a number format shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from dispatcher.roster.excel._format_code import Token
from dispatcher.roster.excel._format_numbers import blank, exact, rounded, whole_part

#: What is left of a continued fraction when it counts as done.
_SAME_FRACTION = 5e-8


def is_fraction(tokens: Sequence[Token]) -> bool:
    """Whether digits stand on both sides of a slash."""
    kinds = [token.kind for token in tokens]
    if "slash" not in kinds:
        return False
    at = kinds.index("slash")
    return "digit" in kinds[:at] and kinds[at + 1 : at + 2] in (["digit"], ["figure"])


def fraction_text(value: float, tokens: Sequence[Token]) -> str:
    """`12 1/3`: a whole part where one has a place of its own, then the nearest fraction with such a denominator."""
    number = exact(value)
    at = next(place for place, token in enumerate(tokens) if token.kind == "slash")
    start, end = _fraction_bounds(tokens, at)
    whole_tokens, above, below = tokens[:start], tokens[start:at], tokens[at + 1 : end]
    tail = "".join(blank(token.text) if token.kind == "digit" else token.text for token in tokens[end:])
    numerator, denominator = _nearest(number, below)
    whole = 0
    if mixed := any(token.kind == "digit" for token in whole_tokens):
        whole, numerator = divmod(numerator, denominator)
    if mixed and not numerator and not any(token.text == "0" for token in above):
        gap = " " * (sum(token.text != "#" for token in (*above, *below)) + 1)
        return whole_part(str(whole), whole_tokens) + gap + tail
    left = whole_part(str(whole) if whole else "", whole_tokens)
    over = whole_part(str(numerator), above)
    return f"{left}{over}/{_denominator(denominator, below)}{tail}"


def _fraction_bounds(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """Where the digits before a slash begin, and where those after it end."""
    start, end = at, at + 1
    while start and tokens[start - 1].kind == "digit":
        start -= 1
    while end < len(tokens) and tokens[end].kind in ("digit", "figure"):
        end += 1
    return start, end


def _denominator(denominator: int, tokens: Sequence[Token]) -> str:
    text = str(denominator).zfill(sum(token.text == "0" for token in tokens))
    return text + " " * sum(token.text == "?" for token in tokens[len(text) :])


def _nearest(number: Decimal, tokens: Sequence[Token]) -> tuple[int, int]:
    """Numerator and denominator: a denominator that the code names, or the best of so many digits."""
    if any(token.kind == "figure" for token in tokens):
        named = int("".join(token.text if token.text.isdigit() else "0" for token in tokens))
        return int(rounded(number * named, 0)), named
    return _convergent(float(number), 10 ** min(len(tokens), 9) - 1)


def _convergent(number: float, most: int) -> tuple[int, int]:
    """The last convergent of the number's continued fraction with a denominator up to `most`, as Excel takes it."""
    before, now = (0, 1), (1, 0)
    while True:
        whole = math.floor(number)
        following = (whole * now[0] + before[0], whole * now[1] + before[1])
        if following[1] > most:
            return now
        before, now = now, following
        if number - whole < _SAME_FRACTION:
            return now
        number = 1 / (number - whole)
