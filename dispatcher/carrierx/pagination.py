"""CarrierX's lists: one page of an envelope, read leniently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dispatcher.carrierx.schema import NotTheObjectError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Item]):
    """One page. `received` counts what CarrierX sent, `items` holds what of it could be read."""

    items: tuple[Item, ...]
    offset: int
    received: int
    has_more: bool

    @property
    def next_offset(self) -> int:
        """Where the next page begins."""
        return self.offset + self.received


def read_page(
    body: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Item], *, offset: int, limit: int
) -> ListPage[Item]:
    """A page of the envelope `{items, has_more, …}`; `total` is often null and not looked at.

    Raises:
        NotTheObjectError: there is no list of items.
    """
    items = body.get("items")
    if not isinstance(items, list):
        raise NotTheObjectError("the body is not a list's envelope")
    more = body.get("has_more")
    has_more = more if isinstance(more, bool) else len(items) >= limit
    return ListPage(tuple(_readable(items, read)), offset, len(items), has_more and bool(items))


def _readable(items: list[Any], read: Callable[[Mapping[str, Any]], Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, dict):
            try:
                yield read(item)
            except NotTheObjectError:
                continue
