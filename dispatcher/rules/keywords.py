"""What somebody who answers means: to stop, to start again, help, or something that a person should look at.

The FCC's rule of April 2025 makes seven words a revocation by themselves and lets any other reasonable wording count
too; Canada adds ARRET, and Spanish wordings are as usual. What is clear is taken at its word; what is not waits for a
person. None of this is legal advice.

First what is quoted of ours is left out, then the whole text is looked up in `data/optout_wordings.tsv`, then for a
keyword with a slip of the finger or words run together, then clause by clause for wordings with an object.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from pathlib import Path

from dispatcher.rules._optout_idioms import without_idioms
from dispatcher.rules._optout_phrases import (
    DOUBTFUL,
    DOUBTFUL_WHEN_SHORT,
    LAUGHS,
    REVOKES,
    STAYS,
    SUPPOSED,
    WANTS,
    WRITE_TO_ME,
    about_else,
)
from dispatcher.rules._optout_text import bounded, clauses, own_words, plain
from dispatcher.rules._optout_typos import slip_of


class Meaning(StrEnum):
    """What an inbound text asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    NEEDS_REVIEW = "doubtful"
    NONE = "none"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLERS = _words(
    "please pls plz now immediately thanks thank you thx ty ok okay hi hello hey but and just asap"
    " today kindly sir maam"
    " por favor gracias svp sil vous te plait merci hola bonjour"
)
#: Clear even as one clause among others; other single words of the table then wait for a person.
_CLEAR_CLAUSES = _words(
    "stop stopall unsubscribe unsub optout quit arret arretez desabonner desinscrire pare paren stopper stoppez"
    " parenle parele parale detengase detenganse detente"
)
#: Beside a clear keyword, or several, these change nothing.
_AROUND = _words(
    "it this these yes yeah yea already again all everything me us guys ca cela donc tout todo ya omg ugh sorry right"
)
#: Beside a keyword with a slip these change nothing.
_BESIDE = _words("me us all this from my number texts messages list")
_UNCLEAR_CLAUSES = frozenset(
    ("stop it", "stop this", "quit it", "no more", "no mas", "ya no", "off list", "no texts", "no messages")
)
_SHOUTED = re.compile(r"\b(?:STOP|UNSUBSCRIBE|ARR[EÊ]T|PARE)\b(?! (?:by|in|over|at|sign|for|and)\b)")
_SIGNS = frozenset("🛑✋🚫⛔")


def meaning_of(text: str | None) -> Meaning:
    """What this inbound text asks for, in any case, with any spaces and punctuation around."""
    if not text:
        return Meaning.NONE
    written = bounded(text)
    said = own_words(written)
    words = plain(said)
    if not words:
        return _of_no_words(written)
    known = _known(words)
    if known is not None:
        return known
    slip = _slip(words)
    if slip is not None:
        return slip
    if _only_keywords(words):
        return Meaning.STOP
    parts = clauses(said)
    found = {_of_clause(part) for part in parts} | {_of_words(words)}
    if Meaning.STOP in found:
        by_itself = any(_matter(plain(part)) in _CLEAR_CLAUSES for part in parts)
        willing = WANTS.search(words) or any(WRITE_TO_ME.search(plain(part)) for part in parts)
        unsure = LAUGHS.search(words) or (willing and not by_itself)
        return Meaning.NEEDS_REVIEW if unsure else Meaning.STOP
    return Meaning.NEEDS_REVIEW if Meaning.NEEDS_REVIEW in found else Meaning.NONE


@cache
def wordings() -> tuple[tuple[Meaning, str, str], ...]:
    """The table: meaning, language, wording."""
    lines = (Path(__file__).with_name("data") / "optout_wordings.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return tuple((Meaning(meaning), language, wording) for meaning, language, wording in rows)


@cache
def _table() -> dict[str, Meaning]:
    table: dict[str, Meaning] = {}
    for meaning, _, wording in wordings():
        words = plain(wording)
        table.setdefault(words, meaning)
        if meaning is not Meaning.NEEDS_REVIEW:  # `no` is not `no thanks`
            table.setdefault(_matter(words), meaning)
    table.pop("", None)
    return table


def _known(words: str) -> Meaning | None:
    return _table().get(words) or _table().get(_matter(words))


def _matter(words: str) -> str:
    """The words that matter, each once where it is repeated; letters that stand alone (`s t o p`)"
    " are one word."""
    kept = [word for word in words.split() if word not in _FILLERS and not word.isdigit()]
    kept = [word for index, word in enumerate(kept) if index == 0 or word != kept[index - 1]]
    alone = len(kept) > 2 and all(len(word) == 1 for word in kept)
    return ("" if alone else " ").join(kept)


@cache
def _joined() -> frozenset[str]:
    """Wordings of several words, written as one: `stoptexting`, `optmeout`."""
    return frozenset(
        wording.replace(" ", "")
        for wording, meaning in _table().items()
        if meaning is Meaning.STOP and " " in wording
    )


def _only_keywords(words: str) -> bool:
    """Several keywords, one many times over, or one among words that change nothing."""
    left = [word for word in _matter(words).split() if word not in _AROUND]
    if len(left) == 1:
        once = re.sub(r"^(stop|quit|pare|arret)\1{1,20}$", r"\1", left[0])
        return once in _CLEAR_CLAUSES or once in _joined()
    keywords = [word for word in left if _table().get(word) is Meaning.STOP]
    return 1 < len(left) == len(keywords) and not _CLEAR_CLAUSES.isdisjoint(left)


def _slip(words: str) -> Meaning | None:
    """A keyword with a slip of the finger, in a text of hardly more than that."""
    left = [word for word in _matter(words).split() if word not in _BESIDE]
    if len(left) != 1 or len(words.split()) > 4:
        return None
    sure = slip_of(left[0])
    return None if sure is None else Meaning.STOP if sure else Meaning.NEEDS_REVIEW


def _of_no_words(written: str) -> Meaning:
    """A telephone's reaction, signs alone, or nothing but our own instruction, copied by hand."""
    words = plain(written)
    if not words:
        return Meaning.NEEDS_REVIEW if _SIGNS & set(written) else Meaning.NONE
    if len(words.split()) > 6 or own_words(written).strip(" .") == own_words(written).strip():
        return Meaning.NONE
    return Meaning.STOP if words.startswith(("stop", "arret")) else Meaning.NEEDS_REVIEW


def _of_clause(part: str) -> Meaning:
    said = plain(part)
    words = without_idioms(said)
    if STAYS.search(words):
        return Meaning.NEEDS_REVIEW
    asked = _matter(words)
    if _table().get(asked) is Meaning.STOP and asked not in _UNCLEAR_CLAUSES:
        clear = " " in asked or asked in _CLEAR_CLAUSES or REVOKES.search(words)
        return Meaning.STOP if clear else Meaning.NEEDS_REVIEW
    shouted = words == said and _SHOUTED.search(part)
    if shouted and not part.isupper() and len(words.split()) <= 6 and not SUPPOSED.search(words):
        return Meaning.STOP
    return _of_wording(words)


def _of_words(words: str) -> Meaning:
    """All of it, without its punctuation: what a comma parts may still be one wording."""
    words = without_idioms(words)
    if STAYS.search(words):
        return Meaning.NEEDS_REVIEW
    short = len(words.split()) <= 3
    return (
        Meaning.NEEDS_REVIEW
        if DOUBTFUL.search(words) or (short and DOUBTFUL_WHEN_SHORT.search(words))
        else Meaning.NONE
    )


def _of_wording(words: str) -> Meaning:
    match = REVOKES.search(words)
    if match is None:
        return Meaning.NONE
    if SUPPOSED.search(words[: match.start()]) or about_else(words[match.end() :]):
        return Meaning.NEEDS_REVIEW
    return Meaning.STOP
