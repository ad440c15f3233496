"""Of several columns of telephone numbers the likeliest, by their headings: several where a person has to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dispatcher.roster._heading_grammar import Naming, PhoneLine
from dispatcher.roster.columns import short_heading

#: Whose number it is, where it is nobody's but the row's person in another role or somebody with another claim to it.
_NEVER_ALONE = ("third", "partner")
#: So many columns are named that came after.
_NAMED = 3


class Candidate(NamedTuple):
    """A column and what its heading says."""

    place: int
    name: str
    naming: Naming

    @property
    def may_be_meant(self) -> bool:
        """Whether it may be taken without asking: no landline, and nobody's but the row's person or their parents."""
        return self.naming.line > PhoneLine.FIXED and self.naming.bond not in _NEVER_ALONE


def likeliest(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The one that is meant, several that are as likely, none if there are none.

    The row's own numbers come before those of an address or a bill. Parents are as likely as their child, and so is
    whoever paid or else has a line as good: of these nobody can tell but a person.
    """
    own = _best([each for each in candidates if not each.naming.owner])
    others = [_best(group) for group in _by_owner(candidates)]
    if not own:
        return [each for group in others for each in group]
    return own + [each for group in others for each in group if _rivals(each.naming, own[0].naming)]


def _rivals(other: Naming, own: Naming) -> bool:
    return other.bond == "parent" or (other.bond in ("buyer", "unknown") and other.line >= own.line)


def _by_owner(candidates: Iterable[Candidate]) -> list[list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for each in candidates:
        if each.naming.owner:
            groups.setdefault(each.naming.owner, []).append(each)
    return list(groups.values())


def _best(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best line of one person. Where one has no number of order, it comes before a second and a third."""
    top = max((each.naming.line for each in candidates), default=None)
    best = [each for each in candidates if each.naming.line == top]
    if any(each.naming.order == 0 for each in best):
        return [each for each in best if each.naming.order < 2]
    return best


def reason(chosen: Candidate, candidates: Sequence[Candidate]) -> str:
    """Why this one, among these."""
    naming = chosen.naming
    if naming.line >= PhoneLine.WORK_MOBILE:
        return "its heading says text messages" if naming.line is PhoneLine.SMS else "its heading says mobile"
    if naming.line is PhoneLine.PLACE:
        return f"no heading says mobile; numbers of {' and '.join(naming.places)} may be landlines"
    others = [each.name for each in candidates if each.place != chosen.place]
    if not others:
        return "the only column of telephone numbers"
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"by its heading before {', '.join(map(short_heading, others[:_NAMED]))}{more}"
