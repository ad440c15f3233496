"""What a limit is for. A scope is its text: one spelling in JSON, Redis, the CLI and Lua (`lib/scopes.lua`).

| scope | its limits hold |
|---|---|
| `account` | everything |
| `sender` | each number that has none of its own |
| `sender:NUMBER` | what goes from this number |
| `campaign:ID` | what goes of this campaign |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

Limit = TypeVar("Limit")

#: The forms a scope is written in, with what is to be said beside one.
SCOPE_FORMS = {"account": "", "sender": "each one's default", "sender:NUMBER": "", "campaign:ID": ""}
SCOPE_EXAMPLES = ("account", "sender:12125550100", "campaign:spring-sale-7f3akq")
SCOPE_HINT = "write account, sender, sender:15162065575 or campaign:ID"


class ScopeKind(StrEnum):
    """The word before the colon."""

    ACCOUNT = "account"
    SENDER = "sender"
    CAMPAIGN = "campaign"


class LimitScope(str):
    """A scope of limits. What is read from the ledger may be of a kind that only a later version knows."""

    __slots__ = ()

    @classmethod
    def sender(cls, number: str) -> LimitScope:
        """What goes from one number."""
        return cls(f"sender:{number}")

    @classmethod
    def campaign(cls, campaign_id: str) -> LimitScope:
        """What goes of one campaign."""
        return cls(f"campaign:{campaign_id}")

    @classmethod
    def parse(cls, text: str) -> LimitScope:
        """A scope as somebody wrote it.

        Raises:
            ValueError: it is none.
        """
        kind, colon, key = text.strip().partition(":")
        keyed = {ScopeKind.SENDER, ScopeKind.CAMPAIGN} if colon else {ScopeKind.ACCOUNT, ScopeKind.SENDER}
        if kind not in keyed or bool(colon) != bool(key):
            raise ValueError(f"{text!r} is not a scope of limits")
        return cls(f"{kind}{colon}{key}")

    @property
    def kind(self) -> str:
        """The word before the colon: a `ScopeKind`, or one of a later version."""
        return self.partition(":")[0]

    @property
    def key(self) -> str:
        """Whose: a number or a campaign's id; empty where the scope is nobody's own."""
        return self.partition(":")[2]

    @property
    def number(self) -> str:
        """The sending number, if it is one number's."""
        return self.key if self.kind == ScopeKind.SENDER else ""

    @property
    def campaign_id(self) -> str:
        """The campaign, if it is one's."""
        return self.key if self.kind == ScopeKind.CAMPAIGN else ""

    def is_of(self, number: str) -> bool:
        """Its limits hold what goes from this number, and not what goes from all others."""
        return self == LimitScope.sender(number)

    @property
    def whose(self) -> str:
        """In words, without a number: `the account`, `one sender`, `the sender` (each one's default)."""
        return f"one {self.kind}" if self.number else f"the {self.kind}"

    @property
    def rank(self) -> tuple[bool, str]:
        """To show scopes by: those of single campaigns last."""
        return self.kind == ScopeKind.CAMPAIGN, self

    def own_or_default(self, known: Mapping[LimitScope, Limit]) -> Limit | None:
        """The limit of these that holds here: its own, or the default of its kind."""
        own = known.get(self)
        return known.get(EACH_SENDER) if own is None and self.number else own


ACCOUNT = LimitScope(ScopeKind.ACCOUNT)
EACH_SENDER = LimitScope(ScopeKind.SENDER)


def scopes_over(campaign_id: str, senders: Iterable[str]) -> list[LimitScope]:
    """Every scope whose limits hold a campaign's messages from these numbers; the senders' come last."""
    return [ACCOUNT, LimitScope.campaign(campaign_id), *map(LimitScope.sender, senders)]


def scope_forms(mark: str = "") -> str:
    """The forms in words, each between these marks: `account, sender (each one's default), … or campaign:ID`."""
    *first, last = (f"{mark}{form}{mark}{said and f' ({said})'}" for form, said in SCOPE_FORMS.items())
    return f"{', '.join(first)} or {last}"
