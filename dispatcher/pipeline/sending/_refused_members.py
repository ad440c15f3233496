"""A group that CarrierX refused because of some of its members: who they are, and what goes once more without them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dispatcher.carrierx.schema import number_of
from dispatcher.errors import Complaint, Refusal
from dispatcher.ledger.batches.claims import Claim

_INDEX = re.compile(r"\W*group_recipients\W+(\d{1,2})\W*", re.IGNORECASE)
#: What may stand between two digits of a number.
_BETWEEN = r"[\s().\-/+]{0,3}"


def named_members(error: Refusal, claim: Claim) -> dict[int, str]:
    """The rows of this group that CarrierX named, each with its words about it; empty unless some are left."""
    if len(claim.members) < 2:
        return {}
    named: dict[int, str] = {}
    for complaint in error.complaints:
        for position in _positions(complaint, claim.numbers):
            named.setdefault(claim.members[position], _in_words(complaint, claim.numbers))
    return named if len(named) < len(claim.members) else {}


def split(claim: Claim, named: dict[int, str]) -> tuple[list[Claim], Claim]:
    """A claim for each that is named, and one for those who are left; each with its part of the cost."""
    alone = [claim.part((row,)) for row in named]
    return alone, claim.part(tuple(row for row in claim.members if row not in named))


def _positions(complaint: Complaint, numbers: Sequence[str]) -> list[int]:
    """Which of these numbers it names, in whatever writing; else by an index into `group_recipients`."""
    said = " ".join(filter(None, complaint))
    found = [position for position, number in enumerate(numbers) if number and _pattern(number).search(said)]
    index = _INDEX.fullmatch(complaint.field or "")
    if not found and index and int(index[1]) < len(numbers):
        return [int(index[1])]
    return found


def _in_words(complaint: Complaint, numbers: Sequence[str]) -> str:
    """What CarrierX said, without anybody's number."""
    text = complaint.text or "refused by CarrierX"
    for number in numbers:
        text = _pattern(number).sub("this number", text) if number else text
    field = (complaint.field or "").partition("[")[0]
    return f"{field}: {text}" if field and number_of(field) is None else text


def _pattern(number: str) -> re.Pattern[str]:
    national = number[1:] if len(number) == 11 and number[0] == "1" else number
    prefix = rf"(?:\+?{_BETWEEN}1{_BETWEEN})?\(?" if national != number else r"\+?"
    return re.compile(rf"(?<!\d){prefix}{_BETWEEN.join(national)}(?!\d)")
