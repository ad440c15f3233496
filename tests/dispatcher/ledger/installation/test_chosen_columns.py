"""Columns that people chose, for the next file with the same headings."""

from __future__ import annotations

from dispatcher.ledger.installation.chosen_columns import LIFE_SECONDS, MOST
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys


def test_the_latest_choice_for_the_same_headings_counts(ledger: Ledger) -> None:
    ledger.chosen_columns.remember("a", "Mobile")
    ledger.chosen_columns.remember("b", "Tél. : cellulaire")
    ledger.chosen_columns.remember("a", "Home Phone")
    assert ledger.chosen_columns.all() == {"a": "Home Phone", "b": "Tél. : cellulaire"}


def test_they_end_by_themselves_and_the_oldest_of_too_many_at_once(ledger: Ledger) -> None:
    ledger.redis.hset(keys.COLUMNS, mapping={f"h{place}": f"{place + 1}:Mobile" for place in range(MOST)})
    ledger.chosen_columns.remember("new", "Phone")
    known = ledger.chosen_columns.all()
    assert (len(known), "h0" in known, "h1" in known, known["new"]) == (MOST, False, True, "Phone")
    assert 0 < ledger.redis.ttl(keys.COLUMNS) <= LIFE_SECONDS
