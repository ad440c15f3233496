"""Which numbers can be sent to: shape and table first, the `phonenumbers` library for islands' exchanges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from dispatcher.errors import InputError
from dispatcher.numbering.area_codes import (
    AreaCode,
    area_codes,
    as_of,
    can_be_area_code,
    can_be_exchange,
    is_for_services,
)
from dispatcher.numbering.regions import NAMES, in_words
from dispatcher.roster._nanp import national_digits, recipient_digits
from dispatcher.roster.readings import Remark
from dispatcher.roster.rejections import RowError

#: Exchanges of ordinary numbers; 555 gets a closer look.
_EXCHANGES = frozenset(f"{nxx}" for nxx in range(200, 1000) if can_be_exchange(f"{nxx}") and nxx != 555)
#: Where every exchange of an area code is a fixed or mobile line. A test compares it with the library.
_ALL_EXCHANGES = frozenset({"US", "CA", "PR", "DO"})
#: What an area code without a place is for → the code of refusal.
_USES = {
    "toll-free": "toll_free",
    "premium": "premium",
    "personal": "personal",
    "service": "not_mobile",
    "reserved": "unassigned",
}
#: What lists lag behind, so that it can be sent to if somebody says so.
_PERHAPS_NEW = frozenset({"unknown_area_code", "unknown_exchange"})
_NAMED = 20


def is_fictional(number: str) -> bool:
    """Whether an 11-digit number is one of 555-0100 … 555-0199, in any area code."""
    return number[4:7] == "555" and number[7:9] == "01"


def _library_says(national: str) -> str:
    """What `phonenumbers` knows of ten digits: a code of refusal or ""."""
    import phonenumbers  # noqa: PLC0415 - a tenth of a second that most files never need
    from phonenumbers import PhoneNumberType as Type  # noqa: PLC0415

    kind = phonenumbers.number_type(phonenumbers.PhoneNumber(country_code=1, national_number=int(national)))
    if kind in (Type.MOBILE, Type.FIXED_LINE_OR_MOBILE):
        return ""
    return "unknown_exchange" if kind == Type.UNKNOWN else "not_mobile"


class NumberReader:
    """Reads recipients' numbers under the rules of one campaign.

    `codes` are all area codes that are known; with `send_unknown` a number of another, or of an exchange of an island
    that the library does not know, can be sent to.
    """

    def __init__(
        self,
        *,
        fictional_ok: bool,
        regions: frozenset[str],
        codes: Mapping[str, AreaCode] | None = None,
        send_unknown: bool = False,
    ) -> None:
        self._fictional_ok = fictional_ok
        self._regions = regions
        self._codes = area_codes() if codes is None else codes
        self._send_unknown = send_unknown
        self._unknown: Counter[str] = Counter()
        self._asked: dict[str, str] = {}
        plain = regions & _ALL_EXCHANGES
        #: Area codes and exchanges that together need no closer look.
        self.area_codes = frozenset(npa for npa, code in self._codes.items() if code.country in plain)
        self.exchanges = _EXCHANGES

    def read(self, cell: str) -> str:
        """The 11 digits of a number that can be sent to.

        Raises:
            RowError: with the code that says why not; `number` has the digits if they could be read.
        """
        length = len(cell)
        if cell.isdecimal() and cell.isascii() and (length == 10 or (length == 11 and cell[0] == "1")):
            number = cell if length == 11 else "1" + cell
        else:
            number = "1" + self._digits(cell)
        if number[1:4] not in self.area_codes or number[4:7] not in _EXCHANGES:
            self._look_closer(number)
        return number

    def remarks(self) -> Iterator[Remark]:
        """How many numbers are sent to although nobody knows their area code, once all were read."""
        if self._unknown:
            named = ", ".join(sorted(self._unknown)[:_NAMED])
            count = self._unknown.total()
            rows = "1 row has" if count == 1 else f"{count} rows have"
            yield Remark(
                "unknown_area_codes",
                f"{rows} an area code that is not on the list of {as_of()} ({named}), to be sent to as asked, in hours "
                "that are allowed everywhere in the United States and Canada at once; MMS_AREA_CODES_EXTRA names the "
                "place of a new code.",
            )

    def _digits(self, cell: str) -> str:
        try:
            return recipient_digits(cell)
        except RowError as error:
            error.words |= {"allowed": in_words(self._regions), "way": ""}
            raise

    def _look_closer(self, number: str) -> None:
        code, region = self._verdict(number)
        if region and region not in self._regions:
            code = "region_not_allowed"
        if code in _PERHAPS_NEW and self._send_unknown:
            if code == "unknown_area_code":
                self._unknown[number[1:4]] += 1
        elif code:
            name = NAMES.get(region, "")
            way = f"; to allow it, add {name} to MMS_REGIONS"
            allowed = in_words(self._regions)
            raise RowError(code, number=number, region=name, allowed=allowed, way=way, as_of=as_of())

    def _verdict(self, number: str) -> tuple[str, str]:
        """A code of refusal or "", and the region if it matters."""
        npa, nxx = number[1:4], number[4:7]
        if not can_be_area_code(npa):
            return "bad_area_code", ""
        if not can_be_exchange(nxx):
            return "bad_exchange", ""
        if is_fictional(number):
            return ("" if self._fictional_ok else "fictional"), ""
        known = self._codes.get(npa)
        if known is None:
            return ("unassigned" if is_for_services(npa) else "unknown_area_code"), ""
        if known.use:
            return _USES[known.use], ""
        if known.country in _ALL_EXCHANGES:
            return "", known.country
        if (asked := self._asked.get(number[1:7])) is None:
            asked = self._asked[number[1:7]] = _library_says(number[1:])
        return asked, known.country


def read_sender(text: str) -> str:
    """The 11 digits of a sending number: any number of the plan by its shape, toll-free ones too.

    Raises:
        RowError: `bad_sender`, without the number.
    """
    try:
        digits = national_digits(text)
    except RowError:
        raise RowError("bad_sender") from None
    if not can_be_area_code(digits[:3]) or not can_be_exchange(digits[3:6]):
        raise RowError("bad_sender")
    return "1" + digits


def read_number(text: str) -> str:
    """The 11 digits of a US or Canadian number in any usual writing.

    Raises:
        InputError: it is none.
    """
    try:
        return read_sender(text)
    except RowError:
        raise InputError(
            "this is not a US or Canadian number", hint="write it like +1 516 206 5575 or 15162065575"
        ) from None
