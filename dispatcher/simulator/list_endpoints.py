"""CarrierX's lists: `filter`, `order`, `limit`, `offset`, and the envelope."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

LIMIT_DEFAULT, LIMIT_MAX = 10, 1000

_CLAUSE = re.compile(
    r"""\s*([a-z_.]+)\s+(eq|ne|like|gt|ge|lt|le)\s+("[^"]*"|'[^']*'|\S+)\s*""", re.IGNORECASE
)
_AND = re.compile(r"\band\b", re.IGNORECASE)

_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, want: have == want,
    "ne": lambda have, want: have != want,
    "gt": lambda have, want: have > want,
    "ge": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "le": lambda have, want: have <= want,
    "like": lambda have, want: _like(want).fullmatch(have) is not None,
}


class Clause(NamedTuple):
    """`attribute op value`; values compare as text, which suits ISO dates."""

    attribute: str
    op: str
    value: str

    def fits(self, item: dict[str, Any]) -> bool:
        """Whether the item has the attribute and it compares so."""
        have = item.get(self.attribute)
        return have is not None and _COMPARE[self.op](str(have), self.value)


def read_filter(text: str) -> tuple[Clause, ...]:
    """`attr op value and attr op value …`.

    Raises:
        ValueError: it cannot be read.
    """
    clauses: list[Clause] = []
    position = 0
    while position < len(text.rstrip()):
        if clauses:
            joined = _AND.match(text, position)
            if joined is None:
                raise ValueError("clauses are joined by `and`")
            position = joined.end()
        found = _CLAUSE.match(text, position)
        if found is None:
            raise ValueError("a clause is `attribute op value`")
        attribute, op, value = found.groups()
        clauses.append(Clause(attribute.lower(), op.lower(), _unquoted(value)))
        position = found.end()
    return tuple(clauses)


def envelope(
    items: Iterable[dict[str, Any]], query: dict[str, str], clauses: tuple[Clause, ...]
) -> dict[str, Any]:
    """One page of the items that fit. `after` names the `…_sid` of the item before the page; `includeFields` names what
    is wanted of each item, and then `total` counts them, as CarrierX's own client needs it.

    Raises:
        ValueError: limit, offset, order or after cannot be read.
    """
    limit, offset = int(query.get("limit", LIMIT_DEFAULT)), int(query.get("offset", 0))
    if not 1 <= limit <= LIMIT_MAX or offset < 0:
        raise ValueError("limit is 1 to 1000, offset at least 0")
    fitting = _ordered(
        [item for item in items if all(clause.fits(item) for clause in clauses)], query.get("order", "")
    )
    fields = [name.strip() for name in query.get("includeFields", "").split(",") if name.strip()]
    total = len(fitting) if fields else None
    fitting = fitting[_place_after(fitting, query.get("after", "")) :]
    page = [_only(item, fields) for item in fitting[offset : offset + limit]]
    has_more = offset + limit < len(fitting)
    return {
        "count": len(page),
        "has_more": has_more,
        "items": page,
        "limit": limit,
        "offset": offset,
        "pagination": {
            "next": f"?limit={limit}&offset={offset + limit}" if has_more else None,
            "previous": f"?limit={limit}&offset={max(0, offset - limit)}" if offset else None,
        },
        "total": total,
    }


def _place_after(items: list[dict[str, Any]], sid: str) -> int:
    """How many items come up to the one with this id, itself among them."""
    if not sid:
        return 0
    for place, item in enumerate(items, 1):
        if sid in (item.get("message_sid"), item.get("dr_sid"), item.get("did_sid")):
            return place
    raise ValueError("after names no item of this list")


def _only(item: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    return {name: item[name] for name in fields if name in item} if fields else item


def _ordered(items: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    if not order:
        return items
    attribute, _, direction = order.partition(" ")
    if direction.strip().lower() not in ("", "asc", "desc"):
        raise ValueError("order is `attribute asc` or `attribute desc`")
    return sorted(
        items, key=lambda item: str(item.get(attribute) or ""), reverse=direction.strip().lower() == "desc"
    )


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value
