"""What the columns of other systems' opt-out files say: numbers, consent in either sense, dates in every form.

It errs towards not sending: whatever names a number and does not clearly say that it is subscribed is an opt-out, and
an unreadable date takes nothing away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple

from dispatcher.errors import InputError
from dispatcher.roster.columns import heading_key, is_recipient
from dispatcher.rules.keywords import Meaning, meaning_of
from dispatcher.rules.times import parse_moment

#: `kept`: the line says that its number is subscribed; it changes nothing.
Said = Literal["out", "in", "kept"]

_NUMBERS = re.compile(
    r"phone|mobile|movil|cell|celular|telef|portable|msisdn|numero|number|^tel$|^sms$|^whatsapp$"
)
_NO_NUMBERS = re.compile(
    r"country|code|type|carrier|status|consent|optout|optin|date|twilio|sender|verified|account|order|opted|unsub"
)
_REFUSES = re.compile(
    r"optout|optedout|optedoff|unsub|block|donot|dnc|suppress|revoked|stopped|baja|desinscri|desabon"
)
_AGREES = re.compile(r"consent|subscri|optin|optedin|accept|permission|suscri|abonn|agree")
_STATES = re.compile(r"^state$|status|estado|statut|^action$|^list$|^reason$|keyword")
_DATES = re.compile(r"^at$|date|time|fecha|created|updated|optedoutat|unsubscribedat")
#: Dates of a person's record, not of an opt-out; of an old one a return that came later would win.
_OF_RECORDS = re.compile(r"creat|added|signup|registr|import|creado|cree")
_OF_PEOPLE = re.compile(r"birth|nacim|naiss|^dob")
_SOURCES = re.compile(r"^source$|^origen$|^origine$")

_YES = frozenset(["true", "t", "yes", "y", "1", "si", "oui", "x", "on", "checked"])
_NO = frozenset(["false", "f", "no", "n", "0", "non", "off", "unchecked"])
_SUBSCRIBED = frozenset(
    [
        "subscribed",
        "optin",
        "optedin",
        "active",
        "activo",
        "actif",
        "confirmed",
        "suscrito",
        "abonne",
        "inscrit",
        "allowed",
        "granted",
        "consented",
        "resubscribed",
    ]
)
_OUT_WORDS = re.compile(
    r"^(?:out|inactive|disabled|denied|refused|rejected|removed|deleted|never|neversubscribed|notsubscribed|nonsubscribed"
    r"|notconsented|noconsent|withdrawn|complaint|spam|manual|inactivo|inactif|notoptedin|optedoutkeyword)$"
)
_WORD_SHOWN = 30
_OUR_IN = frozenset(("in", "start"))
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_SLASHED = re.compile(
    r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{2,4})(?:[T ,]+(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap]m)?)?", re.IGNORECASE
)


class OptOutColumns(NamedTuple):
    """Indexes of the columns. `log` is a log of messages: from, to, direction, text."""

    numbers: tuple[int, ...]
    states: tuple[tuple[int, str], ...] = ()
    source: int | None = None
    at: int | None = None
    log: tuple[int, int, int | None, int] | None = None


def key_of(heading: str) -> str:
    """A heading or a word without case, accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", heading)
    key = heading_key("".join(char for char in plain if not unicodedata.combining(char)))
    return re.sub(r"[^\w#]", "", key)


def columns_of(headings: Sequence[str], number: int | None = None) -> OptOutColumns | None:
    """What each column is for; None: none of them holds numbers. `number`: the column that does, by its cells."""
    keys = [key_of(heading) for heading in headings]
    indexes = {key: index for index, key in reversed(list(enumerate(keys)))}
    if {"from", "to", "body"} <= indexes.keys():
        log = (indexes["from"], indexes["to"], indexes.get("direction"), indexes["body"])
        return OptOutColumns((), at=_first(keys, _DATES), log=log)
    mail = re.compile(r"mail|correo|courriel")
    ours = [(index, key) for index, key in enumerate(keys) if index != number and not mail.search(key)]
    dates = {index for index, key in ours if _DATES.search(key)}
    states = tuple(
        (index, key)
        for index, key in ours
        if index not in dates and (_REFUSES.search(key) or _AGREES.search(key) or _STATES.search(key))
    )
    taken = dates | {index for index, _ in states}
    numbers = tuple(index for index, key in ours if index not in taken and _is_number(headings[index], key))
    if number is not None:
        numbers = (number,)
    if not numbers:
        return None
    return OptOutColumns(numbers, states, _first(keys, _SOURCES), _said_when(keys, among_others=bool(states)))


def said_of(cells: Sequence[str], columns: OptOutColumns) -> Said:
    """Whether this line opts its numbers out: one column that says so is enough."""
    said = {_said(cell_at(cells, index), key) for index, key in columns.states}
    said.discard(None)
    if "out" in said or not said:
        return "out"
    return "in" if said == {"in"} else "kept"


def unknown_words(cells: Sequence[str], columns: OptOutColumns) -> Iterator[str]:
    """Words of consent that nobody knows: they count as an opt-out, and are told."""
    for index, _ in columns.states:
        cell = cell_at(cells, index)
        word = key_of(cell)
        known = word in _YES | _NO | _SUBSCRIBED | _OUR_IN or _REFUSES.search(word) or _OUT_WORDS.search(word)
        if word and not known and meaning_of(cell) is not Meaning.STOP:
            yield _shown(cell)


def _shown(cell: str) -> str:
    """A word as it may be told: short, and no number or sentence of anybody."""
    return "another text" if len(cell) > _WORD_SHOWN or re.search(r"\d{5}", key_of(cell)) else cell.casefold()


def log_entry(cells: Sequence[str], log: tuple[int, int, int | None, int]) -> tuple[str, bool]:
    """The person's number in a log of messages, and whether they asked for an end there."""
    sender, receiver, direction, body = log
    outbound = direction is not None and cell_at(cells, direction).casefold().startswith("out")
    number = cell_at(cells, receiver if outbound else sender)
    return number, not outbound and meaning_of(cell_at(cells, body)) is Meaning.STOP


def read_date(cell: str) -> int:
    """A date in any usual form, ms; a day alone is its end. 0: it cannot be read, and says nothing."""
    try:
        return max(0, int(parse_moment(cell).timestamp() * 1000))
    except InputError:
        pass
    try:
        return max(0, _local_date(cell.strip()))
    except (ValueError, OverflowError):
        return 0


def cell_at(cells: Sequence[str], index: int) -> str:
    """A cell without its margins, empty where the line is short."""
    return cells[index].strip() if index < len(cells) else ""


def _said(cell: str, key: str) -> Said | None:
    word = key_of(cell)
    if not word:
        return None
    if word in _OUR_IN:
        return "in"
    if word in _SUBSCRIBED:
        return "kept"
    if word in _NO:
        return "kept" if _REFUSES.search(key) else "out"
    if word in _YES and _AGREES.search(key) and not _REFUSES.search(key):
        return "kept"
    return "out"


def _is_number(heading: str, key: str) -> bool:
    return is_recipient(heading) or bool(_NUMBERS.search(key) and not _NO_NUMBERS.search(key))


def _first(keys: Sequence[str], pattern: re.Pattern[str]) -> int | None:
    return next((index for index, key in enumerate(keys) if pattern.search(key)), None)


def _said_when(keys: Sequence[str], *, among_others: bool) -> int | None:
    """The column of the opt-outs' times. In a list of all contacts (`among_others`) their records have times, too."""
    times = [index for index, key in enumerate(keys) if _DATES.search(key) and not _OF_PEOPLE.search(key)]
    named = [index for index in times if _REFUSES.search(keys[index])]
    others = [index for index in times if not (among_others and _OF_RECORDS.search(keys[index]))]
    return next(iter(named or others), None)


def _local_date(text: str) -> int:
    if _EPOCH.fullmatch(text):
        return int(text) * (1 if len(text) == 13 else 1000)
    slashed = _SLASHED.fullmatch(text)
    if slashed is None:
        moment = datetime.fromisoformat(text)
        return _ms(moment.replace(tzinfo=moment.tzinfo or UTC))
    one, two, three = (int(part) for part in slashed.groups()[:3])
    year, month, day = (one, two, three) if one > 31 else (three + 2000 * (three < 100), one, two)
    if month > 12:
        month, day = day, month
    if slashed[4] is None:
        return _ms(datetime.combine(date(year, month, day), time(23, 59, 59), UTC))
    hour = int(slashed[4]) % 12 + 12 * (slashed[6].lower() == "pm") if slashed[6] else int(slashed[4])
    return _ms(datetime(year, month, day, hour, int(slashed[5]), tzinfo=UTC))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
