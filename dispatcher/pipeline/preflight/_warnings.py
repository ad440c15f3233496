"""What a careful colleague would say about a campaign before it goes: warnings with a code and a sentence."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from dispatcher.model.invisible_characters import named
from dispatcher.model.media import MEDIA_ASKED_MAX, MEDIA_BYTES_SAFE, MediaFacts
from dispatcher.model.media_address import ends_at
from dispatcher.model.message import ComposedMessage
from dispatcher.model.segments import encoding_of, segments
from dispatcher.model.smart_encoding import stands_for

_OPT_OUT = re.compile(r"\b(?:stop|opt[\s-]?out|unsubscribe|arr[eê]t|quit|end|cancel)\b", re.IGNORECASE)
_SHORTENERS = re.compile(
    r"\b(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|shorturl\.at|tiny\.cc"
    r"|rb\.gy|s\.id|bl\.ink|lnkd\.in|t\.ly|v\.gd|adf\.ly)/",
    re.IGNORECASE,
)
_MERGE_FIELD = re.compile(r"\{\{.*?\}\}")
_PREFIX = re.compile(r"\s*[^\s:.!?][^:.!?]{0,40}:\s")
_DOMAIN = re.compile(r"\b[\w-]+\.(?:com|org|net|ca|us|io|co|store|shop)\b", re.IGNORECASE)
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9,;'’&] )[A-Z][\w'’&-]+")
_NO_BRANDS = (
    "Stop STOP Reply Text Help HELP Yes YES No NO Quit End Cancel Unsubscribe Start START Msg "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
_ORDINARY = frozenset(_NO_BRANDS.split())
#: Texts looked at closely; the others are only searched for links.
_SAMPLE = 1000
#: Characters that a warning names.
_ODD_NAMED = 3


class Notice(BaseModel):
    """A warning: a stable code and a sentence for a person."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str


def names_a_brand(message: str) -> bool:
    """Whether a message seems to say who is writing: `Name: …`, a name within a sentence, or a domain."""
    text = _MERGE_FIELD.sub("x", message)
    if _PREFIX.match(text) or _DOMAIN.search(text):
        return True
    return any(word not in _ORDINARY for word in _INNER_CAPITAL.findall(text))


class TextNotices:
    """Looks at the messages as they pass and keeps count of what deserves a warning."""

    def __init__(self) -> None:
        self._looked_at = 0
        self._without_opt_out = 0
        self._with_short_link = 0
        self._longer_by_unicode = 0
        self._odd: dict[str, None] = {}
        self._first_text: str | None = None

    def look_at(self, message: ComposedMessage, units: int) -> None:
        """Take one message into account; `units` are its segments or legs."""
        text = message.text
        if text is None:
            return
        if self._looked_at < _SAMPLE:
            self._look_closer(text)
        if "/" in text and _SHORTENERS.search(text):
            self._with_short_link += 1
        if units > 1 and not text.isascii() and not message.media and len(message.members) == 1:
            self._count_unicode(text, units)

    @property
    def is_sampling(self) -> bool:
        """Whether texts are still looked at closely."""
        return self._looked_at < _SAMPLE

    def look_at_block(
        self, texts: Sequence[str | None], media: Sequence[object], units: Sequence[int]
    ) -> None:
        """The same for many messages of one recipient each, when the sample is complete."""
        written = [text for text in texts if text]
        joined = "\n".join(written)
        if "/" in joined and _SHORTENERS.search(joined):
            self._with_short_link += sum("/" in text and bool(_SHORTENERS.search(text)) for text in written)
        if joined.isascii():
            return
        for text, has_media, count in zip(texts, media, units, strict=True):
            if text and count > 1 and not text.isascii() and not has_media:
                self._count_unicode(text, count)

    def _count_unicode(self, text: str, units: int) -> None:
        if _is_longer_by_unicode(text, units):
            self._longer_by_unicode += 1
            if len(self._odd) < _ODD_NAMED:
                self._odd |= dict.fromkeys(char for char in text if encoding_of(char) != "gsm-7")

    def _look_closer(self, text: str) -> None:
        self._looked_at += 1
        self._first_text = self._first_text or text
        self._without_opt_out += not _OPT_OUT.search(text)

    def _odd_named(self) -> str:
        chars = list(self._odd)
        more = ", …" if len(chars) > _ODD_NAMED else ""
        advice = (
            "; smart encoding writes them plainly"
            if all(stands_for(char) is not None for char in chars[:_ODD_NAMED])
            else ""
        )
        return f"{', '.join(map(named, chars[:_ODD_NAMED]))}{more}{advice}"

    def notices(self, message: str | None) -> Iterator[Notice]:
        """The warnings, when the campaign's own message is this."""
        if self._without_opt_out:
            yield Notice(
                code="no_opt_out_text",
                message="Messages do not say how to opt out; add a sentence such as: Reply STOP to opt out.",
            )
        if self._first_text is not None and not names_a_brand(message or self._first_text):
            yield Notice(
                code="no_brand",
                message="Messages do not seem to say who is writing; carriers ask for the sender's name.",
            )
        if self._with_short_link:
            have = "message has" if self._with_short_link == 1 else "messages have"
            yield Notice(
                code="public_link_shortener",
                message=f"{self._with_short_link} {have} a public shortener's link; carriers block it.",
            )
        if self._longer_by_unicode:
            take = "text takes" if self._longer_by_unicode == 1 else "texts take"
            yield Notice(
                code="unicode_doubles_segments",
                message=f"{self._longer_by_unicode} {take} more segments because of characters outside GSM-7: "
                f"{self._odd_named()}.",
            )


#: Signed addresses that are looked at, and how long after its message a carrier may still fetch a medium.
_ENDS_LOOKED_AT = 10_000
_FETCH_MARGIN = dt.timedelta(hours=1)


class MediaNotices:
    """Looks at the messages with media as they pass. `complete`: all addresses were asked."""

    def __init__(self, facts: Mapping[str, MediaFacts], *, complete: bool) -> None:
        self.facts = facts
        self._complete = complete
        self._large = 0
        self._ends: dict[str, dt.datetime] = {}
        self._looked_at: set[str] = set()

    def look_at(self, media: tuple[str, ...], messages: int = 1) -> None:
        """Take messages into account that have these media."""
        known = (self.facts.get(url) for url in media)
        self._large += messages * (sum(fact.size for fact in known if fact) > MEDIA_BYTES_SAFE)
        for url in media:
            if "?" in url and url not in self._looked_at and len(self._looked_at) < _ENDS_LOOKED_AT:
                self._looked_at.add(url)
                if (end := ends_at(url)) is not None:
                    self._ends[url] = end

    def notices(self, finish: dt.datetime | None) -> Iterator[Notice]:
        """The warnings, when the campaign will be done by then."""
        early = [end for end in self._ends.values() if finish and end < finish + _FETCH_MARGIN]
        if early:
            yield Notice(
                code="media_expires",
                message=f"{len(early)} media addresses stop working before the campaign is done, the first at "
                f"{min(early):%Y-%m-%d %H:%M} UTC; sign them for longer, or use addresses that stay.",
            )
        if self._large:
            yield Notice(
                code="media_over_600_kb",
                message=f"{self._large} messages have more than 600 KB of media; some carriers refuse them.",
            )
        if not self._complete:
            yield Notice(
                code="media_not_all_checked",
                message=f"Not all media addresses were asked: there are more than {MEDIA_ASKED_MAX:,}, or their "
                "servers are too slow.",
            )


def _is_longer_by_unicode(text: str, units: int) -> bool:
    plain = "".join(char if encoding_of(char) == "gsm-7" else "?" for char in text)
    return segments(plain) < units
