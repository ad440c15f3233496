"""Keywords with a slip of the finger: `stpo`, `unsubscibe`, `desabonnner`."""

from __future__ import annotations

#: How many slips a keyword bears before it is another word. Short ones are looked at by `_near_stop`.
_KEYWORDS = {
    **dict.fromkeys(("unsubscribe", "unsuscribe", "unsubscribed", "discontinue", "desabonnement"), 2),
    **dict.fromkeys(("desabonner", "desinscrire", "desinscription", "desuscribir", "desinscribir"), 2),
    **dict.fromkeys(("cancel", "cancelar", "remove", "revoke", "delete", "optout", "stopall"), 1),
    **dict.fromkeys(("arreter", "arretez", "eliminar", "detener", "annuler", "desabonnez"), 1),
}
#: Words of their own, one letter from a keyword.
_OTHERS = [
    "cancer",
    "cancels",
    "canceled",
    "cancelled",
    "removed",
    "remover",
    "removes",
    "remote",
    "deleted",
    "deletes",
    "revokes",
    "revoked",
    "removal",
    "cancela",
    "eliminan",
    "eliminara",
    "detenerse",
    "cancelara",
    "cancelado",
    "cancelada",
    "annule",
    "annulee",
    "arretee",
    "deplete",
    "relete",
    "novel",
]
_NEAR_STOP = frozenset(
    [
        "shop",
        "step",
        "top",
        "slop",
        "atop",
        "stow",
        "stops",
        "strop",
        "chop",
        "drop",
        "stomp",
        "stock",
        "sto",
        "stoup",
        "stopt",
    ]
)
_LONGEST = 20


def slip_of(word: str) -> bool | None:
    """True: it is surely a keyword with a slip; False: it may be one; None: it is not."""
    if len(word) > _LONGEST or word in _OTHERS:
        return None
    if word.translate(_DIGITS_AS_LETTERS) in (*_KEYWORDS, "stop"):
        return True
    if any(word[0] == keyword[0] and _distance(word, keyword) <= most for keyword, most in _KEYWORDS.items()):
        return True
    return _near_stop(word)


_DIGITS_AS_LETTERS = str.maketrans("0153", "oise")


def _near_stop(word: str) -> bool | None:
    if word in _NEAR_STOP or _distance(word, "stop") > 1 or word == "stop":
        return None
    doubled = "".join(letter for index, letter in enumerate(word) if index == 0 or letter != word[index - 1])
    return doubled == "stop" or sorted(word) == sorted("stop")


def _distance(one: str, other: str) -> int:
    """Letters left out, put in, changed or swapped with their neighbour; more than two counts as three."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        last, before, row = before, row, [place]
        for at, wanted in enumerate(other, 1):
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != wanted))
            if place > 1 and at > 1 and letter == other[at - 2] and one[place - 2] == wanted:
                cost = min(cost, last[at - 2] + 1)
            row.append(cost)
    return min(row[-1], 3)
