"""What a server says of its replicas, and how many of them must confirm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.store.replicas import ALL, Kept, serving


def test_who_reads_a_copy_only_is_no_replica_and_a_replica_is_no_primary() -> None:
    assert serving([b"master", 9, [[b"10.0.0.1", b"6379", b"9"], [b"10.0.0.2", b"0", b"9"]]]) == 1
    assert serving([b"master", 9, []]) == 0
    with pytest.raises(ClaimsHeld):
        serving([b"slave", b"10.0.0.1", 6379, b"connected", 9])


@pytest.mark.parametrize(("replicas", "least"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_a_majority_of_all_servers_must_confirm_unless_more_are_asked_for(replicas: int, least: int) -> None:
    assert Kept(replicas).least == least
    assert Kept(replicas, confirm=1).least == max(least, min(1, replicas))
    assert Kept(replicas, confirm=ALL).least == replicas


@given(st.integers(0, 20), st.integers(0, ALL))
def test_two_sides_never_have_enough_each(replicas: int, confirm: int) -> None:
    servers, with_primary = replicas + 1, Kept(replicas, confirm=confirm).least + 1
    assert 2 * with_primary > servers


def test_the_word_of_an_operator_that_came_later_counts_and_else_the_greater_number() -> None:
    assert Kept(2, 1).with_(Kept(3, 1)) == Kept(3, 1)
    assert Kept(2, 1, ALL).with_(Kept(1, 2)) == Kept(1, 2)
    assert Kept(1, 2).with_(Kept(2, 1, ALL)) == Kept(1, 2)
