"""Faults of Lua scripts, made token by token: what is in comments and strings stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.mutants.mutant import Fault

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<string>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<number>\d+(?:\.\d+)?(?:e\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>\.\.\.|\.\.|[<>=~]=|[-+*/%<>=\#(){}\[\];:,.])""",
    re.VERBOSE,
)
_SWAPPED = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "~=", "~=": "==", "and": "or", "or": "and",
    "+": "-", "-": "+", "*": "/", "true": "false", "false": "true",
}  # fmt: skip
_OTHER_CALL = {"min": "max", "max": "min", "ceil": "floor", "floor": "ceil"}
_KEYWORDS = {
    "and",
    "break",
    "do",
    "else",
    "elseif",
    "end",
    "for",
    "function",
    "if",
    "in",
    "local",
    "nil",
    "not",
    "or",
}
_KEYWORDS |= {"repeat", "return", "then", "until", "while"}
#: Behind these a statement may begin on the same line; a bracket: `f(a) g(b)`.
_BEFORE_A_STATEMENT = {"then", "do", "else", ";", ")"}
_OPENS, _CLOSES = "({[", ")}]"


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    function: str
    begins: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def lua_faults(text: str) -> Iterator[Fault]:
    """All faults of one script."""
    tokens = list(_tokens(text))
    for at, token in enumerate(tokens):
        for new in _instead(tokens, at):
            yield Fault(token.start, token.end, new, token.function)
        if token.text in {"if", "elseif"}:
            then = next(each for each in tokens[at:] if each.text == "then")
            yield Fault(
                token.end, then.start, f" not ({text[token.end : then.start].strip()}) ", token.function
            )
        end = _end_of_statement(tokens, at)
        if end is not None:
            yield Fault(token.start, end, "", token.function)


def _tokens(text: str) -> Iterator[_Token]:
    at, function, begins, before = 0, "", True, ""
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"no token of Lua: {text[at : at + 20]!r}")
        kind, piece = str(found.lastgroup), found.group()
        if kind == "space":
            begins = begins or "\n" in piece
        else:
            if at == 0 or text[at - 1] == "\n":
                head = re.match(r"local function (\w+)", text[at:])
                function = head.group(1) if head else function
            yield _Token(kind, piece, at, function, begins or before in _BEFORE_A_STATEMENT)
            if piece == "end" and (at == 0 or text[at - 1] == "\n"):
                function = ""
            begins, before = False, piece
        at = found.end()


def _instead(tokens: Sequence[_Token], at: int) -> Iterator[str]:
    """What may stand in the place of one token."""
    token, before = tokens[at], tokens[at - 1] if at else None
    if token.kind == "number":
        yield from _numbers(token.text)
    elif token.kind == "string" and before is not None and before.text == "return":
        following = tokens[at + 1 : at + 2]
        if all(each.begins or each.text == "end" for each in following):
            yield "'another answer'"
    elif token.text == "not" or (token.text == "-" and _is_a_sign(before)):
        yield ""
    elif before is not None and before.text == "." and token.text in _OTHER_CALL:
        yield _OTHER_CALL[token.text]
    elif token.text in _SWAPPED:
        yield _SWAPPED[token.text]


def _is_a_sign(before: _Token | None) -> bool:
    """Whether a minus that comes after this belongs to a number alone."""
    if before is None or before.kind == "word":
        return before is None or before.text in _KEYWORDS
    return before.kind == "sign" and before.text not in _CLOSES


def _numbers(text: str) -> Iterator[str]:
    value = float(text)
    if value < 100 and "." not in text:
        yield str(int(value) + 1)
    else:
        yield f"({text} * 2)"
        yield f"({text} / 2)"


def _end_of_statement(tokens: Sequence[_Token], at: int) -> int | None:
    """Where a call or an assignment ends that begins here; None if none does."""
    token = tokens[at]
    if token.kind != "word" or token.text in _KEYWORDS or not token.begins:
        return None
    depth = 0
    for here, following in zip(tokens[at:], [*tokens[at + 1 :], None], strict=False):
        depth += (here.text in _OPENS and here.kind == "sign") - (
            here.text in _CLOSES and here.kind == "sign"
        )
        if depth < 0 or (depth == 0 and here.text == "function"):
            return None
        if depth == 0 and _is_over(here, following):
            return here.end
    return None


def _is_over(here: _Token, following: _Token | None) -> bool:
    if following is None or following.text in {";", "end", "else", "elseif"}:
        return True
    if not following.begins or following.kind == "sign" or following.text in {"and", "or"}:
        # `redis.call(…) redis.call(…)` on one line: two statements
        return here.text == ")" and following.kind == "word" and following.text not in {"and", "or"}
    return here.text not in {"=", ",", "and", "or", "not", "..", "+", "-", "*", "/"}
