"""How many claims and requests a process may have under way."""

from __future__ import annotations

from dispatcher.pipeline.sending._room import AHEAD_SECONDS, Room


def test_half_as_many_claims_again_are_asked_for_ahead_while_answers_are_quick() -> None:
    room = Room(8)
    assert room.left == 8
    for seconds, left in ((0.1, 12), (AHEAD_SECONDS, 12), (AHEAD_SECONDS + 0.1, 8), (0.1, 12), (None, 8)):
        assert room.acquire_slot()
        room.release_slot(seconds)
        assert room.left == left
    room.claimed = 20
    assert room.left == 0


def test_no_more_requests_are_in_flight_than_may_be() -> None:
    room = Room(2)
    assert [room.acquire_slot() for _ in range(3)] == [True, True, False]
    room.release_slot(0.1)
    assert room.acquire_slot()
