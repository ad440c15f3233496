"""What a claim waits for, in the words of the claim's script: a limit, the daily cap of one, or something else."""

from __future__ import annotations

from dispatcher.model.scope import LimitScope

#: What waits for a daily cap are counted under.
DAY = "day"
_DAY = f"{DAY}:"
#: Waits that the rows keep themselves: their batch is due again when the first is over.
KEPT_BY_ROWS = frozenset({"retry", "hours"})
#: Waits of one batch, which rest no campaign.
_OF_ONE_BATCH = frozenset({"closing", "receivers", "forbidden"})
FIRST_PRICE = "price"
_IN_WORDS = {
    "closing": "allowed hours",
    "receivers": "callbacks from before a restart of Redis",
    "forbidden": "the answer to one message, after a 403",
    "carrierx": "CarrierX, which does not answer",
    FIRST_PRICE: "the first confirmed price",
}


class ClaimWait(str):
    """A scope, `day:SCOPE` for its daily cap, or a word of those above. It is its text, as a scope is."""

    __slots__ = ()

    @classmethod
    def day(cls, scope: LimitScope) -> ClaimWait:
        """For the daily cap of this scope."""
        return cls(f"{_DAY}{scope}")

    @property
    def rests_campaign(self) -> bool:
        """It holds all of the campaign, not this batch only."""
        return self not in _OF_ONE_BATCH

    @property
    def scope(self) -> LimitScope:
        """The scope whose limit or daily cap it is."""
        return LimitScope(self.removeprefix(_DAY))

    @property
    def label(self) -> str:
        """What it is counted under: the scope's kind, or `day`."""
        return DAY if self.startswith(_DAY) else self.scope.kind

    def in_words(self, article: str = "") -> str:
        """Without a number: `the limit of account`, with an article `the daily cap of the campaign`."""
        limit = "daily cap" if self.startswith(_DAY) else "limit"
        return _IN_WORDS.get(self) or f"the {limit} of {article}{self.scope.kind}"
