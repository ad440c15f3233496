"""Names of the recipients' column that every version of this program knows.

Where one column alone has such a name and it is the one, nothing about it is written into a campaign's settings: so an
older worker reads the campaign, and what an older program made is read as it was checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from dispatcher.roster.columns import heading_key

_NAMES = (
    "to tonumber recipient recipients recipientnumber recipientphone recipientphonenumber "
    "phone phone# phoneno phoneno. phonenumber phonenumbers phone1value primaryphone customerphone "
    "mobile mobileno mobileno. mobilenumber mobilephone mobilephonenumber "
    "cell cellnumber cellphone cellphonenumber cellular telephone telephonenumber tel "
    "number msisdn contactnumber contactphone sms smsnumber mmsnumber"
)
_PLAIN_NAMES = frozenset(_NAMES.split())


def is_plain_name(heading: str) -> bool:
    """Whether it is such a name."""
    return heading_key(heading) in _PLAIN_NAMES


def only_plain_name(names: Sequence[str]) -> int | None:
    """The column that alone has such a name; None if there is none, or several."""
    found = [index for index, name in enumerate(names) if is_plain_name(name)]
    return found[0] if len(found) == 1 else None
