from __future__ import annotations

import io
import secrets

import pytest
import redis as redis_py

from dispatcher.errors import NotFound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.web.site.staged_uploads import LIFE_SECONDS, StagedUploads

HOUR_MS = LIFE_SECONDS * 1000
FILE = b"phone\n12125550101\n"


def door(redis: redis_py.Redis, most_bytes: int = 1 << 20) -> StagedUploads:
    """What one web process has of them."""
    return StagedUploads(redis, Ledger(redis).uploads, most_bytes)


@pytest.fixture
def staged_uploads(redis: redis_py.Redis) -> StagedUploads:
    return door(redis)


def is_kept(uploads: StagedUploads, token: str) -> bool:
    try:
        with uploads.open(token) as source:
            return bool(source.read())
    except NotFound:
        return False


def test_an_upload_is_found_as_it_came_by_another_web_process(redis: redis_py.Redis) -> None:
    content = secrets.token_bytes(700_000)
    token = door(redis).hold(io.BytesIO(content), "spring.csv")
    there = door(redis)
    found = there.find(token)
    assert (found.filename, found.checked) == ("spring.csv", "")
    with there.open(token) as source:
        assert (source.read(), source.seek(0)) == (content, 0)


def test_everything_of_an_upload_ends_within_its_hour(redis: redis_py.Redis) -> None:
    uploads = door(redis)
    token = uploads.hold(io.BytesIO(FILE), "spring.csv")
    uploads.note(uploads.find(token))
    uploads.claim(token)
    uploads.became(token, "/campaigns/spring-7f3akq")
    other = uploads.hold(io.BytesIO(FILE), "other.csv")
    names = redis.keys("*staged*")
    assert keys.STAGED.encode() in names
    assert {0 < int(redis.pttl(name)) <= HOUR_MS for name in names} == {True}
    redis.delete(*names)  # as they do then
    assert not is_kept(uploads, other)
    with pytest.raises(NotFound):
        uploads.find(other)
    uploads.note(uploads.find(uploads.hold(io.BytesIO(FILE), "third.csv")))
    assert {0 < int(redis.pttl(name)) <= HOUR_MS for name in redis.keys("*staged*")} == {True}


def test_what_was_stored_half_way_is_found_by_nobody_and_lapses(redis: redis_py.Redis) -> None:
    class Torn(io.BytesIO):
        """A file whose reader ends in its second piece, as the process does."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1000:
                raise InterruptedError
            return super().read(size)

    with pytest.raises(InterruptedError):
        door(redis).hold(Torn(secrets.token_bytes(1 << 20)), "spring.csv")
    [piece] = redis.keys("*staged*")
    assert 0 < int(redis.pttl(piece)) <= HOUR_MS


def test_what_is_gone_in_part_is_gone(redis: redis_py.Redis) -> None:
    uploads = door(redis)
    token = uploads.hold(io.BytesIO(secrets.token_bytes(1 << 20)), "spring.csv")
    redis.delete(keys.upload(f"staged-{token}", 1))
    assert not is_kept(uploads, token)


def test_the_oldest_go_when_there_are_too_many_bytes_but_never_the_newest(redis: redis_py.Redis) -> None:
    uploads = door(redis, most_bytes=250_000)
    some = [uploads.hold(io.BytesIO(secrets.token_bytes(100_000)), "some.csv") for _ in range(3)]
    assert [is_kept(uploads, token) for token in some] == [False, True, True]
    large = uploads.hold(io.BytesIO(secrets.token_bytes(400_000)), "large.csv")
    assert [is_kept(uploads, token) for token in [*some, large]] == [False, False, False, True]
    assert redis.zrange(keys.STAGED, 0, -1) == [large.encode()]
    assert redis.keys("*upload*") == [keys.upload(f"staged-{large}", 0).encode()]


def test_only_the_first_may_send_an_upload_until_it_is_given_back(redis: redis_py.Redis) -> None:
    here, there = door(redis), door(redis)
    token = here.hold(io.BytesIO(FILE), "spring.csv")
    assert here.sent_as(token) is here.claim(token) is None
    other = there.claim(token)
    assert other is not None
    assert other.page == ""
    here.give_back(token)
    assert there.claim(token) is None
    there.became(token, "/campaigns/spring-7f3akq")
    for found in (here.claim(token), here.sent_as(token)):
        assert found is not None
        assert found.page == "/campaigns/spring-7f3akq"
    with pytest.raises(NotFound):
        here.find(token)
    assert not redis.keys("*upload*")


def test_a_dropped_upload_is_gone_and_what_is_no_token_is_nothing(staged_uploads: StagedUploads) -> None:
    token = staged_uploads.hold(io.BytesIO(FILE), "spring.csv")
    staged_uploads.drop(token)
    staged_uploads.drop("../x")
    for nothing in (token, "../x"):
        with pytest.raises(NotFound):
            staged_uploads.find(nothing)
