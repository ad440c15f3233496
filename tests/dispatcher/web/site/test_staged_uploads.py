from __future__ import annotations

import asyncio
import io
import os
import time
from pathlib import Path

import pytest

from dispatcher.errors import NotFound
from dispatcher.web._housekeeping import swept
from dispatcher.web.site.staged_uploads import LIFE_SECONDS, StagedUploads


@pytest.fixture
def staged_uploads(tmp_path: Path) -> StagedUploads:
    return StagedUploads(tmp_path / "uploads")


def test_an_upload_is_kept_as_it_came_where_nobody_else_may_look(
    staged_uploads: StagedUploads, tmp_path: Path
) -> None:
    token = staged_uploads.hold(io.BytesIO(b"phone\n"), "spring.csv")
    assert staged_uploads.find(token).filename == "spring.csv"
    with staged_uploads.open(token) as source:
        assert source.read() == b"phone\n"
    assert (tmp_path / "uploads").stat().st_mode & 0o777 == 0o700


def test_an_upload_is_gone_after_its_hour(staged_uploads: StagedUploads, tmp_path: Path) -> None:
    token = staged_uploads.hold(io.BytesIO(b"phone\n"), "old.csv")
    long_ago = time.time() - LIFE_SECONDS - 1
    for path in (tmp_path / "uploads").iterdir():
        os.utime(path, (long_ago, long_ago))
    staged_uploads.hold(io.BytesIO(b"phone\n"), "new.csv")
    with pytest.raises(NotFound):
        staged_uploads.find(token)
    with pytest.raises(NotFound), staged_uploads.open(token):
        pass


def test_an_upload_is_gone_after_its_hour_though_nobody_uploads_again(
    staged_uploads: StagedUploads, tmp_path: Path
) -> None:
    staged_uploads.hold(io.BytesIO(b"phone\n"), "old.csv")
    long_ago = time.time() - LIFE_SECONDS - 1
    for path in (tmp_path / "uploads").iterdir():
        os.utime(path, (long_ago, long_ago))

    async def web_process() -> None:
        async with swept(staged_uploads.sweep, every_seconds=0.01):
            while list((tmp_path / "uploads").iterdir()):
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(web_process(), 30))
    assert StagedUploads(tmp_path / "none").sweep() == 0


def test_only_the_first_may_send_an_upload_until_it_is_given_back(staged_uploads: StagedUploads) -> None:
    token = staged_uploads.hold(io.BytesIO(b"phone\n"), "spring.csv")
    assert staged_uploads.claim(token) is None
    assert staged_uploads.claim(token) == ""
    staged_uploads.give_back(token)
    assert staged_uploads.claim(token) is None
    staged_uploads.became(token, "spring-7f3akq")
    assert staged_uploads.claim(token) == staged_uploads.sent_as(token) == "spring-7f3akq"
    with pytest.raises(NotFound):
        staged_uploads.find(token)


def test_a_dropped_upload_is_gone_and_what_is_no_token_is_nothing(staged_uploads: StagedUploads) -> None:
    token = staged_uploads.hold(io.BytesIO(b"phone\n"), "spring.csv")
    staged_uploads.drop(token)
    staged_uploads.drop("../x")
    with pytest.raises(NotFound):
        staged_uploads.find(token)
