"""`python -m benchmarks.console [ROWS]`: how long the console's pages take over a large campaign.

The baseline is a page that reads every batch of the campaign, as a table without counts by batch would have to.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import uvicorn
from redis import Redis

from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.recipient_pages import RecipientPages
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reports.failure_reasons import failure_reasons
from dispatcher.pipeline.reports.recipient_story import story
from dispatcher.pipeline.reports.recipients import page_of, search
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from tests.dispatcher.web.conftest import Published, ThreadServer
from tests.valkey import ValkeyServer

CAMPAIGN = "large-abc234"
SENDER = "15162065575"
BATCH_ROWS = 100
PAGE = 50
_BAD_EVERY = 997
_TOKEN = "a-token-of-this-benchmark"  # noqa: S105 - of a server that lives as long as this


def number_of(row: int) -> str:
    """Another number for each of eight million rows."""
    area, rest = divmod(row, 10_000)
    return f"1{201 + area % 700}{200 + area // 700}{rest:04}"


def make_batch(first_row: int, rows: int) -> Batch:
    """A batch with an invalid row now and then."""
    said: list[BatchRow | InvalidRow] = []
    messages: list[BatchMessage] = []
    for row in range(first_row, first_row + rows):
        cells = (number_of(row), f"Name {row % 500}")
        if row % _BAD_EVERY == 0:
            said.append(InvalidRow(row, row + 1, "invalid", "phone", "too_short", "Too short.", None, cells))
            continue
        messages.append(BatchMessage((len(said),), SENDER, f"Hi Name {row % 500}, see you on Friday.", ()))
        said.append(BatchRow(row, row + 1, number_of(row), None, cells))
    return Batch(tuple(said), tuple(messages))


def fill(ledger: Ledger, rows: int) -> None:
    """A campaign of so many rows."""
    settings = CampaignSettings.model_validate({"name": "large", "from": [SENDER], "message": "Hi"})
    ledger.campaigns.create(
        CAMPAIGN,
        settings,
        fixed=frozenset(),
        filename="large.csv",
        chunks=0,
        columns=("phone", "first_name"),
        start_at_ms=None,
        settle_ms=1000,
        rate=None,
    )
    ledger.file_readings.begin(CAMPAIGN, "reader", 3_600_000)
    for number in range(rows // BATCH_ROWS):
        batch = make_batch(number * BATCH_ROWS + 1, BATCH_ROWS)
        read = (number + 1) * BATCH_ROWS
        ledger.batches.add(CAMPAIGN, number, batch, rows_read=read, reader="reader", lease_ms=3_600_000)


def milliseconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of a few runs."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def main(rows: int) -> None:
    """Fill a ledger and look at it."""
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyServer(Path(folder))
        server.start()
        try:
            ledger = Ledger(Redis.from_url(server.url))
            fill(ledger, rows)
            _print(ledger, rows)
            _print_pages(server.url, Path(folder), rows)
        finally:
            server.stop()


def _print(ledger: Ledger, rows: int) -> None:
    pages = RecipientPages(ledger, CAMPAIGN)
    everything = milliseconds(lambda: [pages.open(number) for number in range(rows // BATCH_ROWS)], 1)
    print(f"{rows:,} rows; baseline, every batch read: {everything:,.0f} ms")
    invalid = frozenset({RecipientState.INVALID})
    bad_pages = rows // _BAD_EVERY // PAGE
    looks: dict[str, Callable[[], object]] = {
        "first page": lambda: page_of(ledger, CAMPAIGN, states=(), most=PAGE),
        "last page": lambda: page_of(ledger, CAMPAIGN, states=(), most=PAGE, skip=rows - PAGE),
        "filtered, first page": lambda: page_of(ledger, CAMPAIGN, states=invalid, most=PAGE),
        "filtered, last page": lambda: page_of(
            ledger, CAMPAIGN, states=invalid, most=PAGE, skip=bad_pages * PAGE
        ),
        "filtered, nobody there": lambda: page_of(
            ledger, CAMPAIGN, states=frozenset({RecipientState.EXPIRED}), most=PAGE
        ),
        "number in the last batch": lambda: search(ledger, CAMPAIGN, number_of(rows - 1)),
        "one recipient": lambda: story(ledger, CAMPAIGN, f"{rows // BATCH_ROWS - 1}.50"),
        "reasons of the campaign's page": lambda: failure_reasons(ledger, CAMPAIGN, most_rows=1000),
    }
    for name, look in looks.items():
        taken = milliseconds(look)
        print(f"{name:32} {taken:8.1f} ms  {everything / taken:10,.0f} times faster")


def _print_pages(redis_url: str, folder: Path, rows: int) -> None:
    """The same over HTTP: whole pages, rendered, and when the first and the last byte of the report come."""
    settings = Settings(redis_url=redis_url, data_dir=folder / "mms", simulate=True, admin_token=_TOKEN)
    app = create_app(settings, hints=Published().hints())
    config = uvicorn.Config(app, port=0, http="httptools", log_config=None)
    server = ThreadServer(config, app.state.site.departure)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listening.wait(10)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        with httpx.Client(base_url=address, trust_env=False, timeout=600) as browser:
            browser.post("/login", data={"token": _TOKEN})
            _print_http(browser, rows)
    finally:
        server.should_exit = True
        thread.join()


def _print_http(browser: httpx.Client, rows: int) -> None:
    here = f"/campaigns/{CAMPAIGN}"
    pages, bad = rows // PAGE, rows // _BAD_EVERY // PAGE
    for name, path in {
        "the campaign's page": here,
        "the table, first page": f"{here}/recipients",
        "the table, middle page": f"{here}/recipients?page={pages // 2}",
        "the table, last page": f"{here}/recipients?page={pages}",
        "waiting ones, last page": f"{here}/recipients?state=pending&page={pages - bad - 1}",
        "invalid ones, last page": f"{here}/recipients?state=invalid&page={bad}",
        "nobody in this state": f"{here}/recipients?state=expired",
        "a number in the last batch": f"{here}/recipients?number={number_of(rows - 1)}",
        "a number that is not there": f"{here}/recipients?number=19895550199",
        "one recipient": f"{here}/recipients/{rows // BATCH_ROWS - 1}.50",
    }.items():
        print(f"GET {name:32} {milliseconds(lambda path=path: _get(browser, path)):8.1f} ms")  # type: ignore[misc]
    started = time.perf_counter()
    with browser.stream("GET", f"{here}/report") as answer:
        chunks = answer.iter_raw()
        size = len(next(chunks))
        first = time.perf_counter() - started
        size += sum(map(len, chunks))
    whole = time.perf_counter() - started
    print(f"GET the report: first bytes after {first * 1000:.0f} ms, {size / 2**20:.0f} MB in {whole:.1f} s")


def _get(browser: httpx.Client, path: str) -> None:
    assert browser.get(path).status_code == 200, path


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
