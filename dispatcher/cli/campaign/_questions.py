"""What a campaign file leaves open is asked on a terminal; elsewhere the refusal names the option that says it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from dispatcher.cli.shell.chosen import Chosen
from dispatcher.cli.shell.output import say
from dispatcher.errors import FileRefused, Question

T = TypeVar("T")


def with_answers(look: Callable[[Chosen], T], chosen: Chosen) -> tuple[T, Chosen]:
    """What `look` says of a file, and the settings with what a person answered meanwhile.

    Raises:
        FileRefused: it cannot be used, or there is a question and nobody at a terminal.
    """
    while True:
        try:
            return look(chosen), chosen
        except FileRefused as refusal:
            if refusal.question is None or not _somebody_is_there():
                raise
            say(refusal.message)
            chosen = _answered(chosen, refusal.question)


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answered(chosen: Chosen, question: Question) -> Chosen:
    """The settings with the answer in them; no answer is no campaign."""
    for number, choice in enumerate(question.choices, 1):
        samples = f": {' | '.join(choice.samples)}" if choice.samples else ""
        say(f"  {number}. {choice.label}{samples}")
    value = question.choices[_number(len(question.choices)) - 1].value
    settings = chosen.settings.model_copy(update={question.setting: value})
    return chosen._replace(settings=settings, fixed=chosen.fixed | {question.setting})


def _number(most: int) -> int:
    while True:
        answer: int = typer.prompt("Which one? Its number", type=int, err=True)
        if 1 <= answer <= most:
            return answer
