"""Faults planted on purpose: a promise taken out of the ledger's scripts, to prove that the checker sees it.

Each replaces text of a script as a process of the kit loads it. Nothing in the dispatcher knows of this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.chaos.plan import Deed, Plan

#: Script, a pattern of what stands there, what stands there instead.
Replacement = tuple[str, str, str]

PLANTS: dict[str, tuple[Replacement, ...]] = {
    # What a dead sender had claimed is due again as if it had never been claimed.
    "claim": (
        ("lib/members", r"if is_under_way\(all\) then return nil, { 'done' } end", ""),
        ("lib/rows", r"move\(row, 'u'\)", "move(row, 'p')"),
    ),
    # Two senders may have the same batch, and one whose lease is over may claim.
    "fence": (
        ("batches/claim", r"if meta\.token ~= token .* then return { 'taken' } end", ""),
        ("lib/taking", r"if meta\.lease > now then return { 'taken' } end", ""),
        ("lib/taking", r"if meta\.due > now then return { 'later', meta\.due - now } end", ""),
    ),
    # The last word heard wins, whatever it is.
    "forward": (
        (
            "lib/receipt",
            r"local better = \(RANK\[row\.state\] or 0\) < RANK\[word\]",
            "local better = row.state ~= word",
        ),
    ),
}

#: The same for the trial of a backlog: what is unconfirmed waits until no poll for delivery is due.
BACKLOG_PLANTS: dict[str, tuple[Replacement, ...]] = {
    "starve": (
        (
            "batches/pick_look",
            r"local all = 'mms:' \.\. which",
            "local all = 'mms:' .. which\nif which == 'search' and redis.call('ZCOUNT', 'mms:care', '-inf', now) > 0"
            " then return {} end",
        ),
    )
}


def planted(name: str, text_of: Callable[[str], str]) -> Callable[[str], str]:
    """The function that gives a script's text, with this fault in it.

    Raises:
        LookupError: what is to be replaced is not in the script any more; the table above has to follow.
    """
    replacements = {**PLANTS, **BACKLOG_PLANTS}[name]
    for script, pattern, _ in replacements:
        if not re.search(pattern, text_of(script)):
            raise LookupError(f"plant {name}: {script}.lua has changed")

    def spoilt(script: str) -> str:
        text = text_of(script)
        for of, pattern, new in replacements:
            if of == script:
                text = re.sub(pattern, new, text)
        return text

    return spoilt


def provoked(name: str, plan: Plan) -> Plan:
    """The plan with what brings this fault out, and without a pause or a cancel that could hide it."""
    deeds = [deed for deed in plan.deeds if deed.what not in {"pause", "resume", "cancel"}]
    faults = dict(plan.faults)
    match name:
        case "claim":
            deeds += [Deed(at, "kill send", 0.3, 0.0) for at in (1.0, 3.0)]
            faults |= {
                "latency_ms": 400,
                "callback_ms": 8_000,
            }  # a callback would tell what the ledger forgot
        case "acknowledge":
            # Far enough apart that every worker is connected again, and nothing after the last that would heal it.
            deeds = [Deed(at, "broker flickers", 0.0, 0.0) for at in (1.0, 8.0)]
        case "fence":
            # Nothing else is done: a kill or a store that is away would let the moments for it go by.
            deeds = [Deed(0.3 * n, "repeat hints", 0.0, 0.0) for n in range(1, 13)]
        case "receiver":
            deeds = [Deed(1.0, "receiver without valkey", 0.0, 0.0)]
        case "orphaned spool":
            deeds = [Deed(1.0, "receiver dies with a spool", 0.0, 0.0)]
        case _:
            faults |= {"shuffle_share": 0.5, "repeat_share": 0.5}
    return replace(plan, deeds=tuple(sorted(deeds, key=lambda deed: deed.at)), faults=faults, expires=0)
