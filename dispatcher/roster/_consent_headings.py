"""Which headings say who consents to texts, and in which sense: `Accepts SMS Marketing`, `SMS_BLACKLISTED`."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from dispatcher.roster._consent_phrases import Phrase, read_phrase
from dispatcher.roster._consent_words import tag_of

#: `texts` by name or by the telephone, `calls` (who wants no calls wants no texts), or `anything`.
About = Literal["texts", "calls", "anything"]
#: What a yes in the column means: consent, its lack, or nothing by itself (`Opt In/Out`). Of a `status` only words that
#: can mean nothing else count.
Sense = Literal["agrees", "refuses", "either", "status"]

_ASKS = re.compile(
    r"\?|\(?\b(?:y\s*/\s*n|yes\s*/\s*no|true\s*/\s*false|t\s*/\s*f|si\s*/\s*no|s\s*/\s*n|oui\s*/\s*non|o\s*/\s*n)\b\)?",
    re.IGNORECASE,
)
_ELSEWHERE = frozenset(("mail", "app", "site"))
_STATUS = frozenset(("status", "statut", "estatus"))
_PREFERENCE = frozenset(("preference", "preferences", "preferencia", "preferencias"))


class ConsentHeading(NamedTuple):
    """What a heading is about. `is_time`: the cells are when it was said. Not `is_clear`: it may be another consent
    altogether, such as to photographs."""

    about: About
    sense: Sense
    is_time: bool = False
    is_clear: bool = True


def consent_heading(heading: str, recipient: str = "") -> ConsentHeading | None:
    """What a heading says of consent to texts; None if it is about something else, such as e-mail.

    `recipient` is the heading of the recipients' numbers: `Home Phone Opt In` counts where it is `Home Phone`.
    """
    asks = _ASKS.search(heading) is not None
    phrase = read_phrase(_ASKS.sub(" ", heading))
    about = _about(phrase, recipient)
    if about is None:
        return None
    if phrase.agrees or phrase.refuses:
        return _of_consent(phrase, about)
    return _of_state(phrase, about, asks=asks)


def named_heading(heading: str) -> ConsentHeading:
    """The same of a column that a person named: it is one of consent, whatever else it seems to be."""
    phrase = read_phrase(_ASKS.sub(" ", heading))
    return ConsentHeading(
        "texts", _sense(phrase) if phrase.agrees or phrase.refuses else "agrees", _is_time(phrase)
    )


def _about(phrase: Phrase, recipient: str) -> About | None:
    tags = phrase.tags
    if "text" in tags:
        return "texts"
    if "land" in tags:
        lines = {word for word in phrase.words if tag_of(word) == "land"}
        if not lines <= set(read_phrase(recipient).words):
            return None
    if "call" in tags:
        return "calls"
    if "phone" in tags and not tags & {"app", "site"}:
        return "texts"
    return None if tags & _ELSEWHERE else "anything"


def _of_consent(phrase: Phrase, about: About) -> ConsentHeading | None:
    tags, is_time = phrase.tags, _is_time(phrase)
    only_verbs = not tags - {"verb", "phone", "time", "filler", "text", "any", ""}
    if (
        "meta" in tags
        or (phrase.words[-1] in ("message", "by") and "not" not in tags)
        or (is_time and only_verbs)
    ):
        return None
    if about == "calls":
        return ConsentHeading(about, _sense(phrase), is_time) if phrase.strongly else None
    by_phone = about == "texts" and "text" not in tags
    if by_phone and only_verbs:
        return None
    if (by_phone or about == "anything") and not phrase.strongly and "member" in tags:
        status = bool(_STATUS & set(phrase.words))
        return ConsentHeading("anything", "status") if status else _unclear(phrase)
    if about == "texts":
        return ConsentHeading(about, _sense(phrase), is_time)
    unknown, general = "" in tags, "any" in tags
    if phrase.strongly and (general or not unknown):
        return ConsentHeading(about, _sense(phrase), is_time)
    if phrase.strongly or not (unknown or only_verbs or general):
        return _unclear(phrase)
    return None if unknown or only_verbs else ConsentHeading(about, _sense(phrase), is_time)


def _of_state(phrase: Phrase, about: About, *, asks: bool) -> ConsentHeading | None:
    """Headings without a word of consent: `Text (Y/N)`, `SMS preference`, `Status`, `Preferred contact method`."""
    words, tags = set(phrase.words), phrase.tags
    asked = asks and not tags - {"text", "any", "filler", "phone"}
    if "text" in tags and "meta" not in tags and (_PREFERENCE & words or asked):
        return ConsentHeading("texts", "agrees")
    if "any" in tags and ("preferred" in tags or _PREFERENCE & words):
        return ConsentHeading("anything", "status")
    if "meta" in tags or about == "calls":
        return None
    status = bool(_STATUS & words) and not tags & {*_ELSEWHERE, ""}
    if {"text", "any"} <= tags or ("text" in tags and ("estado" in words or status)):
        return ConsentHeading("texts", "status")
    return ConsentHeading("anything", "status") if status else None


def _unclear(phrase: Phrase) -> ConsentHeading:
    return ConsentHeading("anything", _sense(phrase), _is_time(phrase), is_clear=False)


def _sense(phrase: Phrase) -> Sense:
    if phrase.agrees and phrase.refuses:
        return "either"
    return "agrees" if phrase.agrees else "refuses"


def _is_time(phrase: Phrase) -> bool:
    return "time" in phrase.tags or phrase.words[-1:] == ("on",)
