from __future__ import annotations

import asyncio
import io
import os
import time
from pathlib import Path

import pytest

from dispatcher.errors import NotFound
from dispatcher.web.housekeeping import swept
from dispatcher.web.site.staged_uploads import LIFE_SECONDS, HeldUploads


@pytest.fixture
def held(tmp_path: Path) -> HeldUploads:
    return HeldUploads(tmp_path / "uploads")


def test_an_upload_is_kept_as_it_came_where_nobody_else_may_look(held: HeldUploads, tmp_path: Path) -> None:
    token = held.hold(io.BytesIO(b"phone\n"), "spring.csv")
    assert held.find(token).filename == "spring.csv"
    with held.open(token) as source:
        assert source.read() == b"phone\n"
    assert (tmp_path / "uploads").stat().st_mode & 0o777 == 0o700


def test_an_upload_is_gone_after_its_hour(held: HeldUploads, tmp_path: Path) -> None:
    token = held.hold(io.BytesIO(b"phone\n"), "old.csv")
    long_ago = time.time() - LIFE_SECONDS - 1
    for path in (tmp_path / "uploads").iterdir():
        os.utime(path, (long_ago, long_ago))
    held.hold(io.BytesIO(b"phone\n"), "new.csv")
    with pytest.raises(NotFound):
        held.find(token)
    with pytest.raises(NotFound), held.open(token):
        pass


def test_an_upload_is_gone_after_its_hour_though_nobody_uploads_again(
    held: HeldUploads, tmp_path: Path
) -> None:
    held.hold(io.BytesIO(b"phone\n"), "old.csv")
    long_ago = time.time() - LIFE_SECONDS - 1
    for path in (tmp_path / "uploads").iterdir():
        os.utime(path, (long_ago, long_ago))

    async def web_process() -> None:
        async with swept(held.sweep, every_seconds=0.01):
            while list((tmp_path / "uploads").iterdir()):
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(web_process(), 30))
    assert HeldUploads(tmp_path / "none").sweep() == 0


def test_only_the_first_may_send_an_upload_until_it_is_given_back(held: HeldUploads) -> None:
    token = held.hold(io.BytesIO(b"phone\n"), "spring.csv")
    assert held.claim(token) is None
    assert held.claim(token) == ""
    held.give_back(token)
    assert held.claim(token) is None
    held.became(token, "spring-7f3akq")
    assert held.claim(token) == held.sent_as(token) == "spring-7f3akq"
    with pytest.raises(NotFound):
        held.find(token)


def test_a_dropped_upload_is_gone_and_what_is_no_token_is_nothing(held: HeldUploads) -> None:
    token = held.hold(io.BytesIO(b"phone\n"), "spring.csv")
    held.drop(token)
    held.drop("../x")
    with pytest.raises(NotFound):
        held.find(token)
