from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from dispatcher.web._housekeeping import LIFE_SECONDS, sweep, swept


def test_what_an_earlier_version_kept_of_uploads_goes_though_nobody_comes(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    for name in ("one.csv", "one.json"):
        (folder / name).write_bytes(b"phone\n")
    long_ago = time.time() - LIFE_SECONDS - 1
    for path in folder.iterdir():
        os.utime(path, (long_ago, long_ago))

    async def web_process() -> None:
        async with swept(folder, every_seconds=0.01):
            while folder.exists():
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(web_process(), 30))


def test_a_file_of_the_last_hour_may_be_of_a_process_that_runs_still(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "one.csv").write_bytes(b"phone\n")
    assert sweep(tmp_path / "uploads") == 0
    assert (tmp_path / "uploads" / "one.csv").exists()


def test_where_nothing_was_kept_nothing_is_made(tmp_path: Path) -> None:
    async def web_process() -> None:
        async with swept(tmp_path / "uploads"):
            await asyncio.sleep(0)

    asyncio.run(web_process())
    assert not (tmp_path / "uploads").exists()
