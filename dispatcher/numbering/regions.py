"""The countries and territories of the numbering plan by their two letters, and as people write their names."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

#: Two letters (ISO 3166) → the name in a sentence.
NAMES = {
    "US": "United States",
    "CA": "Canada",
    "PR": "Puerto Rico",
    "VI": "U.S. Virgin Islands",
    "GU": "Guam",
    "MP": "Northern Mariana Islands",
    "AS": "American Samoa",
    "AG": "Antigua and Barbuda",
    "AI": "Anguilla",
    "BB": "Barbados",
    "BM": "Bermuda",
    "BS": "Bahamas",
    "DM": "Dominica",
    "DO": "Dominican Republic",
    "GD": "Grenada",
    "JM": "Jamaica",
    "KN": "Saint Kitts and Nevis",
    "KY": "Cayman Islands",
    "LC": "Saint Lucia",
    "MS": "Montserrat",
    "SX": "Sint Maarten",
    "TC": "Turks and Caicos Islands",
    "TT": "Trinidad and Tobago",
    "VC": "Saint Vincent and the Grenadines",
    "VG": "British Virgin Islands",
}
#: What several of them are called together. The table of names has the Caribbean after the two and the Pacific.
_GROUPS = {
    "Caribbean": frozenset(NAMES) - {"US", "CA", "GU", "MP", "AS"},
    "U.S. territories": frozenset({"PR", "VI", "GU", "MP", "AS"}),
}
_ALSO = {
    "USA": "US",
    "U.S.": "US",
    "America": "US",
    "United States of America": "US",
    "US Virgin Islands": "VI",
    "United States Virgin Islands": "VI",
    "USVI": "VI",
    "BVI": "VG",
    "CNMI": "MP",
    "Saipan": "MP",
    "Antigua": "AG",
    "The Bahamas": "BS",
    "Cayman": "KY",
    "St. Kitts": "KN",
    "St. Martin": "SX",
    "Turks and Caicos": "TC",
    "Trinidad": "TT",
    "St. Vincent": "VC",
}


def _key(name: str) -> str:
    """Letters alone, without accents; `St.` is `Saint` and `&` is `and`."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    words = "".join(
        char if char.isalpha() else " " for char in plain if not unicodedata.combining(char)
    ).split()
    return "".join("saint" if word == "st" else word for word in words)


_CODES: dict[str, frozenset[str]] = {
    **{_key(code): frozenset({code}) for code in NAMES},
    **{_key(name): frozenset({code}) for code, name in NAMES.items()},
    **{_key(name): frozenset({code}) for name, code in _ALSO.items()},
    **{_key(name): codes for name, codes in _GROUPS.items()},
}
_WRITTEN = {_key(name): name for name in (*NAMES.values(), *_GROUPS)}


def regions_named(written: str) -> frozenset[str]:
    """The two letters of each country or territory in a list with commas, by name or by its letters.

    Raises:
        ValueError: one is none of the plan; says which, and the nearest.
    """
    found = [_one(part.strip()) for part in written.split(",") if part.strip()]
    if not found:
        raise ValueError("names no country or territory; write them like US, CA, Puerto Rico")
    return frozenset().union(*found)


def _one(name: str) -> frozenset[str]:
    if codes := _CODES.get(_key(name)):
        return codes
    close = difflib.get_close_matches(_key(name), _WRITTEN, n=1)
    nearest = f"did you mean {_WRITTEN[close[0]]}?" if close else f"there are {in_words(NAMES)}"
    raise ValueError(f"{name[:40]!r} is no country or territory with numbers of the form +1; {nearest}")


def in_words(codes: Iterable[str]) -> str:
    """Their names in one line: the United States and Canada first, then as the table has them."""
    among = frozenset(codes)
    return ", ".join(name for code, name in NAMES.items() if code in among)
