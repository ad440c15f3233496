"""What somebody who answers means: to stop, to start again, help, or something that a person should look at.

The FCC's rule of April 2025 makes seven words a revocation by themselves and lets any other reasonable wording count
too. What is clear is taken at its word; what is not waits for a person. None of this is legal advice.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """What an inbound text asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    DOUBTFUL = "doubtful"
    NONE = "none"


#: The FCC's own words, then others in use.
_STOP = frozenset(
    ("stop", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe")
) | frozenset(
    ("stopall", "stop all", "remove", "remove me", "arret", "stop it", "unsub", "no more", "leave me alone")
)
#: Clear even as one sentence among others.
_STOP_SENTENCES = frozenset(("stop", "stop all", "stopall", "unsubscribe", "opt out", "optout", "arret"))
_START = frozenset(("start", "unstop", "yes"))
_HELP = frozenset(("help", "info"))

_MESSAGES = r"(?:text|txt|message|messag|msg|sms|mms|spam|mail|alert|notification|offer|ad|promo)\w*"
_WORDINGS = re.compile(
    "|".join(
        (
            rf"\b(?:stop|quit|end|cease) (?:\w+ ){{0,3}}?(?:{_MESSAGES}|sending|contacting|calling|bothering)\b",
            r"\b(?:do not|dont|never) (?:ever )?(?:text|txt|message|msg|contact|call|bother|send)\b",
            rf"\b(?:do not|dont|no longer) (?:want|wish|need|like)\b.*\b{_MESSAGES}",
            r"\b(?:take|get|remove|delete|drop) (?:me|us|my (?:phone )?number|this number)"
            r" (?:\w+ )?(?:off|out|from)\b",
            r"^(?:remove|delete) (?:me|us|my (?:phone )?number|this number)$",
            r"\bunsubscri(?:be|bed|ption)\b",
            r"\bopt(?:ing|ed)? (?:me |us )?out\b|\boptout\b",
            rf"\bno more (?:\w+ )?{_MESSAGES}",
            r"\bleave (?:me|us) alone\b",
            r"\blose (?:my|this) number\b",
            rf"\bcancel (?:my |this |the |all )?(?:subscription|{_MESSAGES})",
            r"\brevoke (?:my |any |all )?(?:consent|permission)\b",
        )
    )
)
_NEGATED = re.compile(
    r"\b(?:do not|dont|never|cant|cannot|not) (?:ever )?(?:stop|quit|end|cancel|remove|unsubscribe|opt)\b"
)
_DOUBTFUL = re.compile(
    r"\b(?:stop\w*|quit|cancel\w*|revok\w*|remov\w*|unsub\w*|optout|arret\w*|spam\w*|harass\w*|lawyer|sue"
    r"|opt out|opting out|wrong number|leave (?:me|us)|alto|parar|basta|go away)\b"
)
#: A word of every other sentence: it only looks like a keyword in a text of three words at most.
_DOUBTFUL_WHEN_SHORT = re.compile(r"\bend\b")

_FILLERS = frozenset(
    ("please", "pls", "plz", "now", "immediately", "thanks", "thank", "you", "thx", "ty", "ok", "okay")
) | frozenset(("hi", "hello", "hey", "but", "and", "just"))
#: How a telephone says that somebody put a heart to our own text, which may well name these words.
_REACTION = re.compile(
    r"^\W*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? \w+ from|reacted \S+ to)\s*[\"“«„]",
    re.IGNORECASE,
)


def meaning_of(text: str | None) -> Meaning:
    """What this inbound text asks for, in any case, with any spaces and punctuation around."""
    if not text or _REACTION.match(text):
        return Meaning.NONE
    plain = _plain(text)
    asked = _joined(_without_fillers(plain))
    for words, meaning in ((_STOP, Meaning.STOP), (_START, Meaning.START), (_HELP, Meaning.HELP)):
        if asked in words or plain in words:
            return meaning
    if _NEGATED.search(plain):
        return Meaning.DOUBTFUL
    if _WORDINGS.search(plain) or _says_it_in_a_sentence(text):
        return Meaning.STOP
    return Meaning.DOUBTFUL if _is_doubtful(plain) else Meaning.NONE


def _plain(text: str) -> str:
    """Lower case, without accents, apostrophes and punctuation, one space between words."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w]+|_+", " ", re.sub(r"['’`´‘]", "", kept)).split())


def _without_fillers(plain: str) -> list[str]:
    """The words that matter, each once where it is repeated."""
    words = [word for word in plain.split() if word not in _FILLERS]
    return [word for index, word in enumerate(words) if index == 0 or word != words[index - 1]]


def _joined(words: list[str]) -> str:
    """One text; letters that stand alone (`s t o p`) are one word."""
    alone = len(words) > 2 and all(len(word) == 1 for word in words)
    return ("" if alone else " ").join(words)


def _says_it_in_a_sentence(text: str) -> bool:
    sentences = [part for part in re.split(r"[.!?;,:\n]+", text) if part.strip()]
    ends = (sentences[0], sentences[-1]) if sentences else ()
    return any(" ".join(_without_fillers(_plain(part))) in _STOP_SENTENCES for part in ends)


def _is_doubtful(plain: str) -> bool:
    short = len(plain.split()) <= 3
    return bool(_DOUBTFUL.search(plain) or (short and _DOUBTFUL_WHEN_SHORT.search(plain)))
