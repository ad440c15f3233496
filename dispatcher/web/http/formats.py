"""How a campaign looks to people: the same words, numbers and bars in a page and in its live updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dispatcher.model.campaign import Campaign
from dispatcher.model.state import UNFINISHED, CampaignState, RecipientState

#: The bar is this wide; a state with any row at all takes at least three of it, so that it is seen.
BAR_WIDTH = 1000
_LEAST = 3.0


class StateWords(NamedTuple):
    """A recipient's state in words. `tone` is its colour."""

    label: str
    tone: str
    meaning: str


class Sentence(NamedTuple):
    """Words, an ISO time in their midst if there is one, and the words after it."""

    before: str
    at: str | None = None
    after: str = ""


#: In the order of the page: what is good first, what never went last.
WORDS = {
    RecipientState.DELIVERED: StateWords("Delivered", "good", "CarrierX says it arrived."),
    RecipientState.SENT: StateWords("Sent", "sent", "On its way; many carriers never say more for MMS."),
    RecipientState.QUEUED: StateWords("Accepted", "accepted", "CarrierX took it."),
    RecipientState.SENDING: StateWords("Sending", "waiting", "Being handed to CarrierX now."),
    RecipientState.PENDING: StateWords("Waiting", "waiting", "Not tried yet: limits, hours or a retry."),
    RecipientState.UNCONFIRMED: StateWords(
        "Unconfirmed", "unsure", "CarrierX's answer was lost. It is being looked for, never sent blindly."
    ),
    RecipientState.FAILED: StateWords("Failed", "bad", "CarrierX took it and could not deliver it."),
    RecipientState.REJECTED: StateWords("Rejected", "bad", "CarrierX refused it."),
    RecipientState.SKIPPED: StateWords(
        "Skipped", "off", "Not sent on purpose: duplicates, opt-outs, no consent, caps."
    ),
    RecipientState.INVALID: StateWords("Invalid", "off", "The row cannot be sent."),
    RecipientState.CANCELLED: StateWords("Cancelled", "off", "Stopped before it was sent."),
    RecipientState.EXPIRED: StateWords("Expired", "off", "Its time was over before it was sent."),
}

HOURS = {
    "us-strict": "Allowed hours of each state",
    "federal": "8:00 to 21:00 at the recipient’s place",
    "off": "Any hour",
}

_CAMPAIGN_TONES = {
    CampaignState.RUNNING: "sent",
    CampaignState.SCHEDULED: "accepted",
    CampaignState.PAUSED: "unsure",
    CampaignState.CANCELLING: "unsure",
    CampaignState.COMPLETED: "good",
    CampaignState.FAILED: "bad",
}
_BAR_TONES = ("good", "sent", "accepted", "unsure", "bad", "off")


def count(number: int | None) -> str:
    """A number of things; a dash for what is not known yet."""
    return "–" if number is None else f"{number:,}"


def moment(iso: str | None) -> str:
    """A time for people without JavaScript; with it, the page shows their own zone."""
    if not iso:
        return "–"
    then = datetime.fromisoformat(iso).astimezone(UTC)
    return f"{then:%b} {then.day}, {then:%Y, %H:%M} UTC"


def share(part: int, total: int) -> str:
    """A percentage that is 0 or 100 only when it is exactly that."""
    if not total or not part:
        return "0 %"
    if part >= total:
        return "100 %"
    percent = 100 * part / total
    return "< 1 %" if percent < 1 else "> 99 %" if percent > 99 else f"{percent:.0f} %"


def live(campaign: Campaign) -> dict[str, Any]:
    """What of a campaign moves: texts by name, the bar's pieces, the state's word and tone."""
    counts = campaign.counts
    read = sum(counts.values())
    total = max(campaign.rows or 0, read)
    waiting = sum(counts[state] for state in UNFINISHED)
    texts = {f"count-{state}": count(counts[state]) for state in WORDS}
    texts |= {f"share-{state}": share(counts[state], total) for state in WORDS}
    texts |= {
        "rows": count(campaign.rows),
        "total": count(total or campaign.rows),
        "messages": count(campaign.messages),
        "done": count(read - waiting),
        "done-share": share(read - waiting, total),
        "waiting": count(total - (read - waiting)),
        "failed": count(counts[RecipientState.FAILED] + counts[RecipientState.REJECTED]),
        "state": campaign.state.value,
        "reason": campaign.reason or "",
    }
    return {
        "id": campaign.id,
        "tone": _CAMPAIGN_TONES.get(campaign.state, "waiting"),
        "texts": texts,
        "now": _now(campaign),
        "times": {
            "started": campaign.started_at,
            "finished": campaign.finished_at,
            "settled": campaign.settled_at,
        },
        "bar": _bar(counts, total),
        "percent": 100 * (read - waiting) // total if total else 0,
        "over": campaign.settled_at is not None or campaign.state in _OVER,
    }


_OVER = frozenset({CampaignState.CANCELLED, CampaignState.FAILED, CampaignState.DRAFT})


def being_sent(how: str, finish_at: str | None) -> Sentence:
    """What a campaign does that runs, and about until when."""
    if finish_at:
        return Sentence(f"It is being sent, {how}; finished about ", finish_at, ".")
    return Sentence(f"It is being sent, {how}.")


def _now(campaign: Campaign) -> Sentence:
    """One sentence on where the campaign stands."""
    if campaign.state is CampaignState.DRAFT:
        return Sentence("A draft: nothing of it is sent until you send it.")
    if campaign.state is CampaignState.CHECKING:
        return Sentence(f"The file is being read: {count(campaign.rows_read)} rows so far.")
    if campaign.state is CampaignState.SCHEDULED:
        starts = campaign.start_at
        return Sentence("It starts ", starts, ".") if starts else Sentence("It starts in a moment.")
    if campaign.state is CampaignState.RUNNING and campaign.reason:
        return Sentence(f"It waits: {campaign.reason}")
    if campaign.state is CampaignState.RUNNING:
        pace = f"at most {campaign.rate}" if campaign.rate else "as fast as the account may"
        return being_sent(pace, campaign.finish_at)
    if campaign.state is CampaignState.COMPLETED and not campaign.settled_at:
        return Sentence("Everything is handed over; late receipts may still move the counts.")
    return Sentence(campaign.reason or "")


def _bar(counts: dict[RecipientState, int], total: int) -> list[dict[str, Any]]:
    """The bar's pieces from left to right: tone, where it begins, how wide it is. The rest still waits."""
    by_tone = dict.fromkeys(_BAR_TONES, 0)
    for state, words in WORDS.items():
        if words.tone in by_tone:
            by_tone[words.tone] += counts[state]
    widths = {tone: max(_LEAST, BAR_WIDTH * n / total) if n else 0.0 for tone, n in by_tone.items()}
    scale = min(1.0, BAR_WIDTH / (sum(widths.values()) or 1))
    pieces, x = [], 0.0
    for tone, width in widths.items():
        pieces.append({"tone": tone, "x": round(x, 1), "width": round(width * scale, 1)})
        x += width * scale
    return pieces


def span(seconds: float) -> str:
    """A time that is still to go, as people say it."""
    if seconds < 1:
        return "a moment"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours / 24:.0f} days"


class Spoken(NamedTuple):
    """What CarrierX said of one sender's or carrier's messages."""

    name: str
    all: int
    delivered: int
    failed: int
    share: str


def spoken(heard: Mapping[str, Mapping[RecipientState, int]], named: Callable[[str], str]) -> list[Spoken]:
    """A line for each, the busiest first."""
    lines = []
    for name, counts in heard.items():
        total, delivered = sum(counts.values()), counts.get(RecipientState.DELIVERED, 0)
        failed = counts.get(RecipientState.FAILED, 0)
        lines.append(Spoken(named(name), total, delivered, failed, share(delivered, total)))
    return sorted(lines, key=lambda line: -line.all)


#: Carriers that most messages go to, by MCC and MNC; the others are shown by their codes.
_CARRIERS = {
    "310-260": "T-Mobile", "310-410": "AT&T", "310-012": "Verizon", "311-480": "Verizon", "310-004": "Verizon",
    "311-580": "US Cellular", "310-120": "Sprint", "302-220": "Telus", "302-610": "Bell", "302-720": "Rogers",
    "334-020": "Telcel",
}  # fmt: skip
#: Here an MNC has three digits; elsewhere two.
_LONG_MNC = frozenset(
    {302, 310, 311, 312, 313, 314, 315, 316, 334, 338, 342, 344, 346, 348, 352, 356, 358, 360, 364, 365}
)


def network(mcc: int, mnc: int) -> str:
    """A carrier's code as the standard writes it, with the zeros that a number loses."""
    return f"{mcc:03}-{mnc:03}" if mcc in _LONG_MNC or mnc > 99 else f"{mcc:03}-{mnc:02}"


def carrier(codes: str) -> str:
    """A carrier (`310-260`, perhaps without leading zeros) as people know it, with its code."""
    mcc, mnc = map(int, codes.split("-"))
    code = network(mcc, mnc)
    return f"{_CARRIERS[code]} ({code})" if code in _CARRIERS else code


def size(number: int) -> str:
    """A size in bytes, as people say it."""
    for unit in ("bytes", "KB", "MB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number //= 1024
    return f"{number} GB"


def phone(number: str | None) -> str:
    """A number as people write it; what is no US or Canadian number stays as it is."""
    if number and len(number) == 11 and number.isdigit() and number[0] == "1":
        return f"({number[1:4]}) {number[4:7]}-{number[7:]}"
    return number or "–"
