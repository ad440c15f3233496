"""What a Lua file defines for others and what it takes from them, as far as names tell."""

from __future__ import annotations

import re
from pathlib import Path

import dispatcher.ledger

#: The folder of all scripts and their preludes.
LUA = Path(dispatcher.ledger.__file__).parent / "lua"
#: Scripts by the names they are run by, and preludes by the names they are used by.
SCRIPTS = {
    f"{file.parent.name}/{file.stem}": file
    for file in sorted(LUA.glob("*/*.lua"))
    if file.parent.name != "lib"
}
PRELUDES = {file.stem: file for file in sorted(LUA.glob("lib/*.lua"))}
#: What Lua and Redis define themselves.
GIVEN = frozenset(
    re.findall(
        r"\w+",
        """and break do else elseif end false for function if in local nil not or repeat return then true until while
        ipairs pairs pcall tonumber tostring unpack math string table struct cjson cmsgpack redis ARGV""",
    )
)

_NAMES = r"[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*"


def code_of(text: str) -> str:
    """The text without comments and without what strings say."""
    return re.sub(r"--[^\n]*|'(?:\\.|[^'\\\n])*'", lambda found: "''" if found[0][0] == "'" else "", text)


def defined(text: str) -> set[str]:
    """The names that stand at the text's top level: the local variables of a script that is put together."""
    code = code_of(text)
    found = set(re.findall(r"^local function (\w+)", code, re.M))
    for names in re.findall(rf"^local (?!function )({_NAMES})", code, re.M):
        found |= set(re.split(r"\s*,\s*", names))
    return found


def taken(text: str) -> set[str]:
    """The names that the text uses and does not define anywhere itself; fields and methods are no names."""
    code = code_of(text)
    own = defined(text)
    for names in re.findall(
        rf"local (?!function )({_NAMES})|for ({_NAMES})|function\s*\w*\(({_NAMES})\)", code
    ):
        own |= set(re.split(r"\s*,\s*", "".join(names)))
    own |= set(re.findall(r"local function (\w+)", code))
    names = set(
        re.findall(
            r"(?<![\w:])(?<!(?<!\.)\.)([A-Za-z_]\w*)", re.sub(r"([{,]\s*)\w+(\s*=(?!=))", r"\1\2", code)
        )
    )
    return names - own
