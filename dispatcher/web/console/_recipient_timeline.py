"""A recipient's story as steps in time: what the file said, what we did, what CarrierX said, what is still to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.reports.recipient_story import Story
from dispatcher.web.http import formats

_ENDS = {
    RecipientState.DELIVERED: ("Delivered", "good", "CarrierX says that it arrived."),
    RecipientState.FAILED: ("Failed", "bad", "CarrierX could not deliver it and gave no reason."),
    RecipientState.REJECTED: ("Refused by CarrierX", "bad", "CarrierX did not take it."),
    RecipientState.CANCELLED: ("Cancelled", "off", "The campaign was cancelled before this was sent."),
    RecipientState.EXPIRED: ("Expired", "off", "Its time was over before it was sent."),
}
_NOT_SENT = {
    RecipientState.INVALID: ("Cannot be sent", "bad"),
    RecipientState.SKIPPED: ("Skipped on purpose", "off"),
}
_HALTS = {
    CampaignState.PAUSED: "The campaign is paused.",
    CampaignState.CHECKING: "The file is still being read.",
    CampaignState.SCHEDULED: "The campaign has not started.",
    CampaignState.CANCELLING: "The campaign is being cancelled.",
}


class Step(NamedTuple):
    """One step: an ISO time if it is known, a heading, a sentence, a colour."""

    at: str | None
    title: str
    text: str
    tone: str


def timeline(story: Story, campaign: Campaign) -> list[Step]:
    """The steps so far, and what is waited for."""
    return list(_timeline(story, campaign))


def _timeline(story: Story, campaign: Campaign) -> Iterator[Step]:
    yield Step(campaign.created_at, "In the file", f"Row {story.row}, line {story.line}.", "off")
    if story.state in _NOT_SENT:
        title, tone = _NOT_SENT[story.state]
        yield Step(None, title, story.reason or "", tone)
        return
    yield from _handed_over(story)
    if story.accepted_at:
        yield Step(story.accepted_at, "Accepted by CarrierX", _cost(story), "accepted")
    if story.other_word:
        yield Step(None, f"CarrierX also said “{story.other_word}”", "Kept beside the state.", "off")
    yield from _now(story, campaign)


def _handed_over(story: Story) -> Iterator[Step]:
    if story.claimed_at:
        which = (
            "Handed to CarrierX" if story.attempts == 1 else f"Handed to CarrierX, attempt {story.attempts}"
        )
        yield Step(story.claimed_at, which, "Claimed in the ledger before the request left.", "sent")


def _now(story: Story, campaign: Campaign) -> Iterator[Step]:
    if story.state is RecipientState.PENDING:
        why = (
            _HALTS.get(campaign.state)
            or story.reason
            or campaign.reason
            or "Its turn comes as the limits allow."
        )
        yield Step(story.not_before, "Waits", _sentence(why), "waiting")
    elif story.state is RecipientState.SENDING:
        yield Step(None, "On its way to CarrierX", "The answer is not here yet.", "waiting")
    elif story.state is RecipientState.UNCONFIRMED:
        why = f"{_sentence(story.reason)} " if story.reason else ""
        yield Step(None, "Unconfirmed", f"{why}It is looked for at CarrierX, never sent blindly.", "unsure")
    elif story.state is RecipientState.SENT:
        yield Step(None, "Sent", "CarrierX passed it on; many carriers never say more for MMS.", "sent")
    elif story.state in _ENDS:
        title, tone, text = _ENDS[story.state]
        yield Step(story.final_at, title, _sentence(story.reason) if story.reason else text, tone)


def _cost(story: Story) -> str:
    known = story.mcc is not None and story.mnc is not None
    carrier = f" Carrier {formats.carrier(f'{story.mcc}-{story.mnc}')}." if known else ""
    return (f"Price ${story.price}." if story.price else "CarrierX took it.") + carrier


def _sentence(text: str | None) -> str:
    text = (text or "").strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text[:1].upper()}{text[1:]}."
