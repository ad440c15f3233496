"""What the claim reads of a campaign's settings: urgency, how long it lives, what it may cost."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from dispatcher.errors import InputError
from dispatcher.model.campaign import CampaignSettings
from dispatcher.rules.send_window import last_start
from dispatcher.rules.times import parse_duration
from dispatcher.settings import Settings

MICRO = Decimal(1_000_000)
#: A start that is longer ago is a slip of the pen, such as last year's date, and would send to everybody at once.
_START_PATIENCE_MS = 3_600_000


def constraints_of(settings: CampaignSettings) -> dict[str, int]:
    """The fields of the campaign's hash that the scripts obey; those that were not asked for are left out.

    Raises:
        InputError: a duration or an amount cannot be read.
    """
    constraints: dict[str, int] = {}
    if settings.priority == "urgent":
        constraints["urgent"] = 1
    if settings.expires_after is not None:
        constraints["expires_ms"] = int(parse_duration(settings.expires_after).total_seconds() * 1000)
    if settings.max_cost is not None:
        constraints["max_cost"] = micro_dollars(settings.max_cost)
    return constraints


def micro_dollars(text: str) -> int:
    """`5`, `$5` or `4.995` in millionths of a dollar, rounded down.

    Raises:
        InputError: it is not an amount above zero.
    """
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount < 10**9:
        raise InputError(f"max_cost: {text!r} is not an amount", hint="write dollars, like 250 or 49.50")
    return int((amount * MICRO).to_integral_value(ROUND_FLOOR))


def require_constraints(settings: CampaignSettings, config: Settings, now_ms: int) -> None:
    """What a submit asks of the settings, beside the file.

    Raises:
        InputError: a duration or an amount cannot be read, a price is not set, the start is over.
    """
    constraints_of(settings)
    require_prices(settings, config)
    require_start(settings.at, now_ms)


def require_start(at: str | None, now_ms: int) -> None:
    """A start must not lie in the past, but for an hour.

    Raises:
        InputError: it does, on the recipients' own clocks wherever they are; or it is no time.
    """
    if at and now_ms - last_start(at).timestamp() * 1000 > _START_PATIENCE_MS:
        raise InputError(
            f"the start {at!r} is in the past",
            hint="give a time to come, or leave the start out to send at once",
        )


def require_prices(settings: CampaignSettings, config: Settings) -> None:
    """A ceiling can only be kept when it is known what a message costs.

    Raises:
        InputError: the price of this campaign's messages is not set.
    """
    if settings.max_cost is None:
        return
    is_mms = bool(settings.media_urls or settings.group_size or settings.group_by)
    known = config.price_mms if is_mms else (config.price_sms or config.price_mms)
    if known is None:
        name = "MMS_PRICE_MMS" if is_mms else "MMS_PRICE_SMS"
        raise InputError(
            "max_cost cannot be kept: the price of a message is not known",
            hint=f"set {name} (dollars), or leave --max-cost out",
        )
