"""`mms replicas …`: what is shown, what is said, what is refused."""

from __future__ import annotations

from tests.mms import Mms


def test_how_many_there_should_be_and_must_confirm_is_shown_and_said(mms: Mms) -> None:
    assert mms("replicas", "show").out == "0 of 0 replicas are there\n"
    assert "3 replicas are expected" in mms("replicas", "expect", "3").out
    assert mms("replicas", "show", "--json").json == {"expected": 3, "attached": 0, "confirm": 2}
    assert "on the disks of 3 replicas" in mms("replicas", "confirm", "all").out
    assert "on the disks of 2 replicas" in mms("replicas", "confirm", "majority").out
    assert "on the disks of 2 replicas" in mms("replicas", "confirm", "1").out
    assert "a claim must be on the disks of 2 at least" in mms("replicas", "show").out


def test_what_is_no_number_of_replicas_is_refused(mms: Mms) -> None:
    for said in ("most", "-1", "1000"):
        refused = mms("replicas", "confirm", "--", said)
        assert (refused.status, said in refused.err) == (2, True)
    assert mms("replicas", "show", "--json").json["confirm"] == 0
