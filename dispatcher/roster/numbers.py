"""Which numbers can be sent to: shape and table first, the `phonenumbers` library for what is left."""

from __future__ import annotations

from dispatcher.errors import InputError
from dispatcher.roster._area_codes import COUNTRY, can_be_area_code, can_be_exchange
from dispatcher.roster._nanp import national_digits
from dispatcher.roster.rejections import RowError

#: Exchanges of ordinary numbers; 555 gets a closer look.
_EXCHANGES = frozenset(f"{nxx}" for nxx in range(200, 1000) if can_be_exchange(f"{nxx}") and nxx != 555)


def is_fictional(number: str) -> bool:
    """Whether an 11-digit number is one of 555-0100 … 555-0199, in any area code."""
    return number[4:7] == "555" and number[7:9] == "01"


def _library_says(national: str) -> tuple[str, str]:
    """What `phonenumbers` knows of ten digits: a code of refusal or "", and the region if it has one."""
    import phonenumbers  # noqa: PLC0415 - a tenth of a second that most files never need
    from phonenumbers import PhoneNumberType as Type  # noqa: PLC0415

    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(national))
    kind = phonenumbers.number_type(number)
    refusals = {
        Type.UNKNOWN: "unassigned",
        Type.PREMIUM_RATE: "premium",
        Type.TOLL_FREE: "toll_free",
        Type.PERSONAL_NUMBER: "personal",
        Type.MOBILE: "",
        Type.FIXED_LINE_OR_MOBILE: "",
    }
    return refusals.get(kind, "not_mobile"), phonenumbers.region_code_for_number(number) or ""


class NumberReader:
    """Reads recipients' numbers under the rules of one campaign."""

    def __init__(self, *, fictional_ok: bool, regions: frozenset[str]) -> None:
        self._fictional_ok = fictional_ok
        self._regions = regions
        self._asked: dict[str, tuple[str, str]] = {}
        #: Area codes and exchanges that together need no closer look.
        self.area_codes = frozenset(npa for npa, country in COUNTRY.items() if country in regions)
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

    def _digits(self, cell: str) -> str:
        try:
            return national_digits(cell)
        except RowError as error:
            error.words["allowed"] = self._allowed
            raise

    @property
    def _allowed(self) -> str:
        return ", ".join(sorted(self._regions))

    def _look_closer(self, number: str) -> None:
        code, region = self._verdict(number)
        if region and region not in self._regions:
            code = "region_not_allowed"
        if code:
            raise RowError(code, number=number, region=region, allowed=self._allowed)

    def _verdict(self, number: str) -> tuple[str, str]:
        """A code of refusal or "", and the region if it matters."""
        npa, nxx = number[1:4], number[4:7]
        if not can_be_area_code(npa):
            return "bad_area_code", ""
        if not can_be_exchange(nxx):
            return "bad_exchange", ""
        if is_fictional(number):
            return ("" if self._fictional_ok else "fictional"), ""
        if npa in COUNTRY:
            return "", COUNTRY[npa]
        if (known := self._asked.get(number[1:7])) is None:
            known = self._asked[number[1:7]] = _library_says(number[1:])
        return known


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
