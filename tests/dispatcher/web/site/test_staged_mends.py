from __future__ import annotations

import io

import pytest
import redis as redis_py

from dispatcher.errors import FileRefused
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.pipeline.preflight.row_check import RowsContext
from dispatcher.roster.mendable_rows import MendableRow
from dispatcher.roster.mends import Mend, packed_mends
from dispatcher.web.site import staged_mends
from dispatcher.web.site.staged_mends import PAGE_ROWS
from dispatcher.web.site.staged_uploads import StagedUploads

FILE = b"phone\n555\n556\n"
CONTEXT = RowsContext(("phone",), {"to": "phone"})
MENDS = tuple(
    Mend(line=line, column="phone", before=before, after=f"1212555010{line}")
    for line, before in ((2, "555"), (3, "556"))
)


@pytest.fixture
def uploads(redis: redis_py.Redis) -> StagedUploads:
    """What one web process has of them."""
    return StagedUploads(redis, Ledger(redis).uploads)


def rows(count: int) -> list[MendableRow]:
    """So many rows that cannot be sent."""
    return [
        MendableRow(line, "phone", "phone", 0, "x", "…", (str(line),), ()) for line in range(2, 2 + count)
    ]


def test_a_mended_file_is_kept_as_the_file_and_its_mends_and_opened_as_it_came(
    uploads: StagedUploads,
) -> None:
    token = uploads.hold(io.BytesIO(packed_mends(MENDS) + FILE), "spring.csv")
    assert uploads.mends.all(token) == MENDS
    with uploads.open(token) as source:
        assert source.read() == packed_mends(MENDS) + FILE
    uploads.mends.take_back(token, [3])
    with uploads.open(token) as source:
        assert source.read() == packed_mends(MENDS[:1]) + FILE


def test_rows_are_found_by_page_and_give_way_to_those_of_the_next_check(uploads: StagedUploads) -> None:
    token = uploads.hold(io.BytesIO(FILE), "spring.csv")
    assert uploads.mends.page(token, 1) is None
    uploads.keep_rows(token, rows(PAGE_ROWS + 1), CONTEXT)
    last = uploads.mends.page(token, 9)
    assert last is not None
    assert (last.number, last.pages, last.context) == (2, 2, CONTEXT)
    assert last.rows == tuple(rows(PAGE_ROWS + 1)[-1:])
    uploads.keep_rows(token, rows(1), CONTEXT)
    only = uploads.mends.page(token, 2)
    assert only is not None
    assert (only.pages, only.rows) == (1, tuple(rows(1)))
    uploads.keep_rows(token, [], CONTEXT)
    assert uploads.mends.page(token, 1) is None


def test_rows_and_mends_end_with_their_upload_however_late_they_were_written(
    uploads: StagedUploads, redis: redis_py.Redis
) -> None:
    token = uploads.hold(io.BytesIO(FILE), "spring.csv")
    redis.pexpire(keys.staged(token), 90_000)
    uploads.keep_rows(token, rows(1), CONTEXT)
    uploads.mends.put(token, MENDS)
    for name in (keys.staged_rows(token), keys.staged_mends(token)):
        assert 0 < int(redis.pttl(name)) <= 90_000
    uploads.drop(token)
    assert redis.exists(keys.staged_rows(token), keys.staged_mends(token)) == 0


def test_a_revision_tells_whether_anything_was_mended_since(
    uploads: StagedUploads, redis: redis_py.Redis
) -> None:
    token = uploads.hold(io.BytesIO(FILE), "spring.csv")
    found = [uploads.mends.revision(token)]
    assert found == [""]
    uploads.mends.put(token, MENDS)
    found.append(uploads.mends.revision(token))
    uploads.mends.take_back(token, [3])
    found.append(uploads.mends.revision(token))
    uploads.mends.take_back_all(token)
    found.append(uploads.mends.revision(token))
    assert len(set(found)) == 4
    assert uploads.mends.all(token) == ()
    assert int(redis.pttl(keys.staged_mends(token))) > 0


def test_there_is_an_end_to_mending_here_too(uploads: StagedUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_mends, "MENDS_MAX", 2)
    token = uploads.hold(io.BytesIO(packed_mends(MENDS) + FILE), "spring.csv")
    with pytest.raises(FileRefused, match=r"More than [\d,]+ cells are mended"):
        uploads.mends.put(token, MENDS[:1])
