"""What reading a file decided, and what it noticed: said in every check, so that nothing is guessed in silence."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.errors import Choice

#: Why a column was taken that a person had chosen for another file with the same headings.
CHOSEN_BEFORE = "as chosen before for these headings"


class Reading(NamedTuple):
    """One decision: the setting that would say it otherwise, what was chosen and why, cells that show it, and what else
    could be chosen. One that was `guessed` is written into the settings of the campaign that is made of the file, so
    that whoever reads it later decides the same."""

    setting: str
    value: str
    why: str
    samples: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    guessed: bool = True


class Remark(NamedTuple):
    """Something that a person should hear of a file that can be used: a stable code and a sentence."""

    code: str
    message: str
