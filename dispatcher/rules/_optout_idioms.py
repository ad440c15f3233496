"""Turns of phrase that hold a keyword and speak of something else: `bus stop`, `fin de semana`, `I'll stop in`.

They are left out before clauses are judged; whatever else a text says still counts.
"""

from __future__ import annotations

import re

_GOES = r"(?:stop|stopping|stopped) (?:in|by|over|at)\b"
_SUBJECT = (
    r"(?:i|ill|we|well|im|were|id|he|she|hell|shell|they|theyll)"
    r"(?: (?:will|can|could|may|might|would|should|gonna|wanna|am|are|going|want|need|have|try|plan|to"
    r"|also|just"
    r"|probably|definitely|def|maybe)){0,4}"
)
_PLANNED = (
    r"(?:game|event|show|concert|flight|class|classes|meeting|trip|sale|party|delivery|school|practice|match"
    r"|tour|fair|market|session|appointment)"
)
_ENGLISH = (
    rf"\b{_SUBJECT} {_GOES}",
    r"\b(?:bus|truck|train|pit|rest|first|last|next|full|one|non|short|tram|subway|gas|tour"
    r"|food) stops?(?: shop\w*)?\b",
    r"\bstop ?(?:signs?|lights?|watch|motion|loss|gap)\b|\bnonstop\b|\bwhere (?:do|does"
    r"|did) (?:\w+ ){1,3}stop\b",
    r"\b(?:cant|cannot|can not|couldnt) stop (?:laughing|thinking|crying|eating|smiling|dancing|watching"
    r"|listening"
    r"|buying|wearing|staring|using|singing|ordering|shopping)\b",
    r"\b(?:car|truck|bus|train|driver|baby|dog|alarm|machine|it|rain) (?:didnt|did not|doesnt|wont"
    r"|will not|never)"
    r" stop(?! (?:text|messag|send|buzz|ring))\b",
    r"\bquit (?:smoking|drinking|vaping|my job|work)\b|\bquitting time\b|\bstops? (?:raining|snowing)\b",
    r"\bblock party\b|\bblocks? (?:from|away|of|down|over|north|south|east|west)\b|\b(?:\d+|two|three|few"
    r"|my) blocks?\b",
    rf"\b{_PLANNED} (?:is |was |got |been |be |gets |has ){{0,2}}cancel\w*|\bcancel\w* (?:the |your "
    rf"|this ){_PLANNED}\b"
    r"|\bcancel if it\b",
    r"\bno more (?:than|parking|tickets?|room|seats?|left|stock)\b|\b(?:deep|rear|front|back|dead|week"
    r"|year|south|north|east|west) end\b",
    r"\bend (?:of (?:the )?|date|times?|tables?|zone)\b",
)
_SPANISH = (
    r"\bfin de (?:semana|mes|ano|curso)\b|\b(?:planta|talla|temporada|calle|parte) baja\b"
    r"|\bmas (?:baja|alto)\b|\bbaja temporada\b",
    r"\b(?:no )?(?:puedo|podia|podemos) parar de \w+r\b|\b(?:en|por|al) fin\b|\bel (?:mas )?alto\b"
    r"|\balto de\b",
)
_FRENCH = (
    r"\barrets? (?:de |d ?)?(?:l ?)?(?:auto)?bus\b|\barrets? (?:de |du )?(?:metro|tram\w*)\b"
    r"|\bsans arret\b|\barret maladie\b",
    r"\b(?:bonne )?fin de (?:semaine|mois|journee|soiree|annee|saison)\b"
    r"|\barret\w{1,2} de (?:fumer|boire|travailler)\b|\b(?:vais|va|peux|passer) (?:m ?)?arreter (?:au|chez"
    r"|a|demain|en)\b",
)
_IDIOM = re.compile("|".join((*_ENGLISH, *_SPANISH, *_FRENCH)))


def without_idioms(words: str) -> str:
    """Plain words without those that only sound like a keyword."""
    return " ".join(_IDIOM.sub(" ", words).split())
