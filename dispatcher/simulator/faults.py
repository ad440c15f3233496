"""How the simulator behaves and misbehaves. All of it can be changed while it runs.

Shares are between 0 and 1. They are decided by hashing the seed with the message's `user_data` (or number)
and how often it was tried, so the same run misbehaves in the same places again.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Millis = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Faults(BaseModel):
    """Without arguments: a CarrierX that answers at once, delivers everything and calls back at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    seed: int = Field(1, description="Same seed, same messages, same faults.")

    own_numbers: tuple[str, ...] = Field(
        (), description="The account's numbers; another `from` is refused. None named: every number is."
    )

    # The POST's answer.
    latency_ms: Millis = Field(0, description="Every answer waits this long.")
    jitter_ms: Millis = Field(0, description="And up to this much more.")
    slow_share: Share = Field(0, description="POSTs whose answer waits `slow_ms` longer, after it was taken.")
    slow_ms: Millis = Field(60_000, description="How much longer the slow ones wait.")
    unauthorized: bool = Field(False, description="Every token is refused with 401.")
    throttle_share: Share = Field(0, description="POSTs answered 429.")
    throttle_above: float = Field(0, ge=0, description="POSTs a second from which on 429 is said; 0: never.")
    retry_after: str = Field("1", description="The `Retry-After` of a 429: seconds or a date; empty: none.")
    conflict_share: Share = Field(0, description="POSTs answered 409.")
    refuse_share: Share = Field(0, description="POSTs refused.")
    refuse_suffixes: tuple[str, ...] = Field((), description="Numbers that end so are refused.")
    refuse_status: int = Field(400, ge=400, le=499, description="The status of a refusal.")
    refuse_names: Literal["number", "index", "reference", "nobody"] = Field(
        "number", description="How the refusal of a group names the members that end so."
    )
    error_before_share: Share = Field(0, description="5xx, and the message was not taken.")
    error_after_share: Share = Field(0, description="5xx, though the message was taken.")
    error_status: int = Field(500, ge=100, le=599, description="The status of these two.")
    reset_before_share: Share = Field(0, description="Connection reset, the message not taken.")
    reset_after_share: Share = Field(0, description="Connection reset, though the message was taken.")
    wrong_body_share: Share = Field(0, description="200 without the object, though the message was taken.")

    # What becomes of a message, and what is told of it.
    fail_share: Share = Field(0, description="Messages, or members of a group, that end `failed`.")
    undelivered_share: Share = Field(0, description="Those whose last word is `sent`.")
    callbacks: bool = Field(True, description="Whether there are callbacks at all.")
    queued_callback: bool = Field(False, description="A callback tells of `queued`, before the others.")
    callback_ms: Millis = Field(0, description="From acceptance to the first callback, and on to the next.")
    callback_jitter_ms: Millis = Field(0, description="And up to this much more.")
    callback_retries: Count = Field(0, description="How often one that was not answered 2xx is repeated.")
    callback_retry_ms: Millis = Field(500, description="The wait before each of those.")
    repeat_share: Share = Field(0, description="Callbacks sent twice.")
    shuffle_share: Share = Field(0, description="Messages whose words come in the opposite order.")
    early_share: Share = Field(
        0, description="Messages whose first callback is over before the POST's answer."
    )
    lost_share: Share = Field(0, description="Callbacks that are never sent.")
    late_share: Share = Field(0, description="Callbacks that come `late_ms` later.")
    late_ms: Millis = Field(5_000, description="How much later the late ones come.")
    no_user_data_share: Share = Field(
        0, description='Messages whose callbacks have no `user_data`, or `"null"`.'
    )
    group_receipts: Literal["member", "message"] = Field(
        "member", description="Groups call back once for every member, or for one member only."
    )
    legacy_names: bool = Field(False, description="`from_did` and `to_did`, as old accounts see it.")
    spaced_keys: bool = Field(
        False, description="`from ` and `to ` with a space, as the guide's group sample has it."
    )

    # Lists and detail records.
    list_lag_ms: Millis = Field(0, description="Messages show in the list only after this long.")
    list_ignores_filter: bool = Field(False, description="The list gives everything, whatever was asked.")
    list_status: int = Field(200, ge=200, le=599, description="What lists are answered with, if not 200.")
    record_lag_ms: Millis = Field(0, description="Detail records show only after this long.")
    vendor_error_code: str = Field("4470", description="The code in the detail records of failed messages.")


#: What `mms simulator` and the demo run with: a lively CarrierX, mostly well.
DEMO = Faults(
    latency_ms=20,
    jitter_ms=40,
    callback_ms=200,
    callback_jitter_ms=400,
    callback_retries=5,
    queued_callback=True,
    fail_share=0.02,
    refuse_suffixes=("13",),
)
