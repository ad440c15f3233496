"""What a cell of a column of consent says, by itself and under its heading."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from dispatcher.roster._consent_headings import ConsentHeading
from dispatcher.roster._consent_phrases import Phrase, read_phrase

#: `in` and `out` are said whatever the heading (`Opted in`); `gone` likewise, where other statuses have the same words
#: (`inactive`, `pending`). `yes`, `no` and `date` mean what the heading says.
Said = Literal["in", "out", "gone", "yes", "no", "date", "empty", "unclear"]
#: `no` and what is `silent` where a yes is asked for is not sent; `unclear` is neither yes nor no, and is not sent
#: either.
Verdict = Literal["yes", "no", "silent", "unclear", "free"]

_LONGEST = 200
_WORDS: dict[Said, str] = {
    "out": "stop stopall arret alto",
    "empty": "none null nil na nan unknown unset undefined unspecified tbd notset notasked notspecified notapplicable "
    "noresponse noanswer desconocido inconnu",
    "yes": "yes y true t si oui x on checked ticked 1 vrai verdadero all both everything todos tous ✓ ✔ ☑ ✅",
    "no": "no n false f non off unchecked unticked 0 faux falso never nunca jamais neither nothing ✗ ✘ ☐ ❌",
}
_SAID: dict[str, Said] = {word: said for said, words in _WORDS.items() for word in words.split()}
_STATES: dict[Said, str] = {
    "in": "active activo activa actif confirmed confirmado confirme approved joined clear clean explicit express",
    "gone": "inactive inactivo inactiva inactif pending pendiente attente awaiting unconfirmed invited cleaned bounced "
    "bounce archived redacted deleted deceased complaint spam abuse invalid expired cancelled canceled cancelado "
    "cancelada undeliverable unreachable ineligible disabled",
}
_IN, _GONE = (frozenset(words.split()) for words in _STATES.values())
_CHANNELS = frozenset(("text", "mail", "app", "site", "call", "phone"))
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:\D.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:\D.*)?|1\d{9}(?:\d{3})?"
    r"|(?:[a-z]{3,9},? )?(?:[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?|\d{1,2} [a-z]{3,9}),? \d{4}(?:\D.*)?",
    re.IGNORECASE,
)
_NO_DATE = re.compile(r"0000-00-00.*|1970-01-01.*|0?0/0?0/0{2,4}.*|-+|[.?*]+")
_NUMBER = re.compile(r"([01])\.0+")

_AGREEING: dict[Said, Verdict] = {
    "in": "yes",
    "yes": "yes",
    "date": "yes",
    "out": "no",
    "gone": "no",
    "no": "no",
    "empty": "silent",
}
_VERDICTS: dict[str, dict[Said, Verdict]] = {
    "agrees": _AGREEING,
    "refuses": _AGREEING | {"yes": "no", "date": "no", "no": "free", "empty": "free"},
    "either": {"in": "yes", "out": "no", "gone": "no", "empty": "silent"},
}


def verdict(cell: str, heading: ConsentHeading) -> Verdict:
    """What a cell says under its heading. `free`: nothing that keeps a row from being sent."""
    said = said_in(cell)
    if heading.sense == "status":
        refusals = ("out", "gone", "no") if heading.about == "texts" else ("out",)
        return "no" if said in refusals else "free"
    if said == "empty" and heading.about == "anything" and heading.is_time:
        return "free"  # that nobody noted when says little
    found = _VERDICTS[heading.sense].get(said, "unclear")
    if heading.about == "calls" and found != "no":
        return "free"  # a yes to calls is none to texts
    return found


def said_in(cell: str) -> Said:
    """What a cell says by itself. A long text is no word of consent."""
    text = cell.strip().strip("'\"").strip()
    return "unclear" if len(text) > _LONGEST else _said_in(text)


@lru_cache(maxsize=4096)
def _said_in(text: str) -> Said:
    if not text or _NO_DATE.fullmatch(text):
        return "empty"
    if _DATE.fullmatch(text):
        return "date"
    if number := _NUMBER.fullmatch(text):
        return _SAID[number[1]]
    return _SAID.get(text) or _in_words(read_phrase(text))


def _in_words(phrase: Phrase) -> Said:
    tags = phrase.tags
    if (said := _SAID.get("".join(phrase.words))) or not phrase.words:
        return said or "empty"
    if tags & _CHANNELS and tags <= {*_CHANNELS, "filler"} and not _SAID.keys() & phrase.words:
        return "yes" if "text" in tags else "no"
    if tags & {"mail", "app"} and not tags & {"text", "phone", "call"}:
        return "unclear"  # it speaks of e-mail
    return _of_states(phrase)


def _of_states(phrase: Phrase) -> Said:
    words = set(phrase.words)
    turned = "not" in phrase.tags and not (phrase.agrees or phrase.refuses)
    if words & _GONE:
        return "unclear" if turned else "out" if phrase.refuses and phrase.strongly else "gone"
    if phrase.agrees != phrase.refuses:
        return "in" if phrase.agrees else "out" if phrase.strongly else "gone"
    if phrase.agrees:
        return "unclear"
    if words & _IN:
        return "gone" if turned else "in"
    first = phrase.words[0]  # `Yes, by the form`, but no `1 Main St`
    return _SAID.get(first, "unclear") if first.isalpha() and len(first) > 1 else "unclear"
