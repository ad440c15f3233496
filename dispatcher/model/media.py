"""What is known of a medium: how large it is, of which type, or why it cannot be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

#: CarrierX: all media of one message together, in bytes.
MEDIA_BYTES_MAX = 3 * 1024 * 1024
#: What every carrier takes without making it smaller, in bytes.
MEDIA_BYTES_SAFE = 600 * 1024
#: Different media addresses that are asked for one campaign.
MEDIA_ASKED_MAX = 1000

MediaInvalidCode = Literal["media_unreachable", "media_type", "media_too_large", "media_private"]


class MediaFacts(NamedTuple):
    """What an address answered: bytes and content type, or the invalid code of what is wrong with it."""

    size: int = 0
    kind: str = ""
    invalid_code: MediaInvalidCode | None = None


#: Asks for addresses; one that is missing in the answer was not asked.
AskMedia = Callable[[Sequence[str]], Mapping[str, MediaFacts]]
