"""Why a message failed: `vendor_error_code` of the detail records, in one table.

CarrierX says nowhere what the codes mean. These are the four-digit codes that US messaging vendors share; one that
is not here is kept as it came.
"""

from __future__ import annotations

from typing import NamedTuple


class VendorError(NamedTuple):
    """A short word for programs, a sentence for people."""

    word: str
    sentence: str


_ROUTE = VendorError("no_route", "no route to the recipient's carrier")
_SENDER = VendorError("sender_not_allowed", "the sending number may not send to this carrier")
_NUMBER = VendorError("invalid_number", "the recipient's number is not in service or takes no messages")
_MEDIA = VendorError("media_refused", "the medium could not be fetched, or its kind is not supported")
_SIZE = VendorError("too_large", "the message or its media are too large for the carrier")
_SPAM = VendorError("spam_blocked", "taken for spam")
_BLOCKED = VendorError("blocked", "the sender or the recipient is on a block list")
_CAMPAIGN = VendorError("not_registered", "the sender's registration or its campaign is not active")
_REFUSED = VendorError("carrier_refused", "the recipient's carrier refused it and gave no closer reason")
_MALFORMED = VendorError("malformed", "the carrier could not read the message")
_UNREACHABLE = VendorError("unreachable", "the recipient's phone or carrier could not be reached")
_BUSY = VendorError("carrier_unavailable", "the vendor or the carrier had a failure or was too busy")
_UNKNOWN = VendorError("no_receipt", "the carrier never said what became of it")

#: Code → reason. 4[0-6]xx were refused by the vendor, 47xx by the carrier; 5xxx are failures, 9xxx unclear.
VENDOR_ERRORS: dict[str, VendorError] = {
    "4301": _MALFORMED,
    "4302": _SENDER,
    "4303": _NUMBER,
    "4350": _MALFORMED,
    "4401": _ROUTE,
    "4403": _SENDER,
    "4404": _NUMBER,
    "4405": _SENDER,
    "4406": _NUMBER,
    "4410": _MEDIA,
    "4411": _SIZE,
    "4412": _MEDIA,
    "4420": _ROUTE,
    "4421": _ROUTE,
    "4432": VendorError("country_not_allowed", "messages to this country are not allowed"),
    "4470": _SPAM,
    "4476": _CAMPAIGN,
    "4481": _BLOCKED,
    "4482": _BLOCKED,
    "4700": _ROUTE,
    "4701": _UNREACHABLE,
    "4702": _UNREACHABLE,
    "4711": _SIZE,
    "4712": _MEDIA,
    "4720": _NUMBER,
    "4730": _ROUTE,
    "4740": _SENDER,
    "4750": _REFUSED,
    "4751": _SIZE,
    "4752": _MALFORMED,
    "4753": _REFUSED,
    "4770": _SPAM,
    "4771": VendorError("short_link", "a shortened link in the text"),
    "4772": _BLOCKED,
    "4775": _CAMPAIGN,
    "4780": VendorError("over_carrier_limit", "more messages than the carrier allows this sender"),
    "4781": VendorError("over_carrier_limit", "more messages than the carrier allows this sender"),
    "4785": VendorError("over_carrier_limit", "more messages than the carrier allows this sender"),
    "4795": _CAMPAIGN,
    "5100": _BUSY,
    "5106": _BUSY,
    "5111": _BUSY,
    "5500": _BUSY,
    "5600": _BUSY,
    "5610": _BUSY,
    "5620": _BUSY,
    "5630": _UNKNOWN,
    "5650": _BUSY,
    "9902": _UNKNOWN,
    "9999": _UNKNOWN,
}


def reason_of_code(code: str) -> str:
    """A code as reports show it: `word: sentence (code 4470)`, or `code NNN` for one that is not in the table."""
    code = code.strip()[:40]
    known = VENDOR_ERRORS.get(code)
    return f"{known.word}: {known.sentence} (code {code})" if known else f"code {code}"
