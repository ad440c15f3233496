"""What somebody said themselves: without what they quote of ours, and in plain words."""

from __future__ import annotations

import re
import unicodedata

#: Nobody's opt-out stands in the middle of a longer text; its two ends are read.
_HEAD, _TAIL = 1600, 400

_OPENING = re.compile(r"[\"“„«❝]")
_CLOSING = '"”“»❞'
_EN = (
    r"(?:really )?(?:liked|loved|hearted|disliked|laughed at|emphasi[sz]ed|questioned|exclaimed(?:"
    r" at)?|replied to"
    r"|reacted(?: with)?(?: to)?|removed (?:an? |the )?(?:\w+ ){0,3}from)"
)
_ES = (
    r"(?:no )?(?:le|me|les) (?:gusto|gusta|encanto|encanta)|se (?:rio|ha reido)(?: de| con)?"
    r"|(?:enfatizo|destaco|exclamo"
    r"|cuestiono|pregunto)(?: por| sobre)?|reacciono(?: con)?(?: a)?|ha reaccionado(?: con)?(?: a)?"
    r"|(?:quito|elimino) (?:\w+ ){0,4}de"
)
_FR = (
    r"(?:n ?)?a (?:pas )?(?:aime|adore|deteste|souligne|accentue|questionne|interroge|ri)(?: de| a)?"
    r"|j ?(?:aime|adore)"
    r"|a mis (?:\w+ ){1,4}sur|a reagi(?: avec)?(?: a)?|a (?:supprime|retire) (?:\w+ ){0,4}de"
)
#: How a telephone says that somebody put a sign to our own text; a sign alone leaves nothing, or `to`, of the words.
_REACTION = re.compile(rf"(?:\w+ ){{0,2}}(?:{_EN}|{_ES}|{_FR})|to|a|")

_KEYWORD = (
    r"(?:stop(?:all)?|end|quit|cancel|unsubscribe|arr[eê]ter?|help|info|ayuda|aide|baja|alto"
    r"|pare|cancelar|fin|salir)"
)
_VERB = (
    r"(?:reply|text|txt|send|respond|answer|type|msg|respon\w{1,3}|contest\w{1,3}|env[ií]\w{1,4}"
    r"|text[eé]\w{0,2}|manda"
    r"|r[eé]pond\w{1,3}|envoy\w{1,3})"
)
_PURPOSE = (
    r"(?:opt[ -]?out|end|quit|cancel|stop|unsub\w*|salir|cancelar|terminar|parar|darse de baja|no"
    r" recibir|vous \w+|se \w+"
    r"|d[eé]s\w+|arr[eê]ter|annuler|mettre fin|finir|ne plus \w+)(?:\s+(?:texts?|messages?|msgs?"
    r"|alerts?|mensajes|out|all))?"
)
#: The instruction that ends a text of ours: `Reply STOP to opt out`, `STOP=end`, `Répondez ARRET pour arrêter`.
_INSTRUCTION = re.compile(
    rf"(?:\b{_VERB}\s+(?:with |back |con |avec |the word |la palabra |le mot )?)?['\"“]?\b{_KEYWORD}['\"”]?"
    rf"\s*(?:2|4|=|to|for|para|pour|p/|a|al)\s*{_PURPOSE}\b|\b(?:msg|message)\s*(?:&|and)\s*data"
    rf" rates\b[^.]{{0,30}}",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?;,:\n…—–()]+")
_APOSTROPHES = re.compile(r"['’`´‘ʼ]")
#: `take this # off your list`
_NUMBER_SIGN = re.compile(r"\b(my|this|wrong|the) ?#(?!\d)")
_SHORT_FOR = {"ur": "your", "dnt": "dont", "wanna": "want to", "plz": "please", "pls": "please"}
_NO_WORD = re.compile(r"[^\w]+|_+")


def bounded(text: str) -> str:
    """The text, or its two ends, without characters that nobody sees."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]}\n{text[-_TAIL:]}"
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def plain(text: str) -> str:
    """Lower case, without accents, apostrophes and punctuation, one space between words."""
    decomposed = unicodedata.normalize("NFKD", text[: _HEAD + _TAIL + 1]).casefold()[: 2 * (_HEAD + _TAIL)]
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = _NO_WORD.sub(" ", _APOSTROPHES.sub("", _NUMBER_SIGN.sub(r"\1 number ", kept))).split()
    return " ".join(_SHORT_FOR.get(word, word) for word in words)


def own_words(text: str) -> str:
    """What is left of a text without a reaction's quotation, long quotations, and our own instruction."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(">")]
    text = _unquoted("\n".join(lines) or text)
    return _INSTRUCTION.sub(" . ", text)


def clauses(text: str) -> list[str]:
    """The parts between punctuation, as written."""
    return [part for part in _ENDS.split(text) if part.strip()]


def _unquoted(text: str) -> str:
    opening = _OPENING.search(text)
    if opening is None:
        return text
    before = text[: opening.start()]
    end = max(text.rfind(char, opening.end()) for char in _CLOSING)
    after = text[end + 1 :] if end > 0 else ""
    quoted = text[opening.end() : end if end > 0 else len(text)]
    if _is_reaction(before):
        return after
    if len(quoted.split()) < 4 or not (plain(before) or plain(after)):
        return text
    return f"{before} . {after}"


def _is_reaction(before: str) -> bool:
    """Whether what stands before a quotation is a telephone's: its words for a sign, or a sign."""
    words = plain(before)
    if len(before) > 60 or not _REACTION.fullmatch(words):
        return False
    return words not in ("", "to", "a") or any(unicodedata.category(char) == "So" for char in before)
