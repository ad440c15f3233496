"""A check in a process of its own says what a check here says, and costs who asks for it nothing when it goes wrong."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO, cast

import msgpack
import psutil
import pytest

from dispatcher.errors import FileRefused, InputError
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.pipeline.preflight import check_apart as checker
from dispatcher.pipeline.preflight._apart_wire import Work
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.check_apart import check_apart
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.roster.mends import Mend, packed_mends
from dispatcher.settings import Settings
from tests.dispatcher.roster.workbooks import HEAD, packed, parts, row_with

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 11, 27, 15, 0, tzinfo=dt.UTC)
OUT = frozenset({"13105550103"})
SHOP = "Northwind: hi {{name|there}}. Reply STOP to opt out."
ROWS = "to,name\n12125550101,Ann\n12125550101,Ann\n555,=1+1\n13105550103,\n14165550102,Zoë 💜\n"
MEDIA = "to,media_urls\n12125550101,https://a.example/1.png\n14165550102,https://a.example/2.exe\n"
MEND = Mend(line=4, column="to", before="555", after="12125550109")
CONFIG = Settings(simulate=True, price_sms=0.0085, price_mms=0.02, hours_margin=600)


@contextmanager
def on_disk(content: bytes) -> Iterator[BinaryIO]:
    """A file as an upload lies there."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield cast(BinaryIO, file)


def asked(errors_to: io.StringIO | None = None, **settings: Any) -> CheckRequest:
    """What is asked of a check."""
    every = settings.pop("every", None)
    given = {"senders": ("15165550199",), "message": SHOP, **settings}
    return CheckRequest(
        filename="campaign.csv",
        settings=CampaignSettings.model_validate(given),
        now=NOW,
        fixed=frozenset({"senders"}),
        every=every,
        errors_to=errors_to,
        ask_media=facts,
    )


def facts(urls: Sequence[str]) -> dict[str, MediaFacts]:
    """One medium that is good, all others are not."""
    return {
        url: MediaFacts(700_000, "image/png")
        if url.endswith("png")
        else MediaFacts(invalid_code="media_type")
        for url in urls
    }


@pytest.fixture
def always_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest file is worth a process."""
    monkeypatch.setattr(checker, "SMALL_BYTES", 0)


def run_instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The process runs this."""
    monkeypatch.setattr(checker, "_RUN", ("-c", code))


def children() -> set[int]:
    """The processes of this one."""
    return {child.pid for child in psutil.Process().children()}


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (ROWS.encode(), {}),
        (ROWS.encode("utf-16"), {"at": "2026-12-01T09:00 America/New_York", "quiet_hours": "us-strict"}),
        (ROWS.encode(), {"every": "mon,wed 10:00 America/New_York"}),
        (ROWS.encode(), {"message": "Hi", "group_by": "name", "rate": "5/s"}),
        (gzip.compress(ROWS.encode()), {"group_size": 3}),
        (packed_mends([MEND]) + ROWS.encode(), {}),
        (MEDIA.encode(), {"message": None}),
        (MEDIA.encode(), {"message": None, "media_check": False}),
        (packed(parts(HEAD + '<row><c r="A2"><v>12125550101</v></c></row>')), {"message": "Hi"}),
    ],
    ids=["csv", "utf-16", "recurring", "groups", "gzip", "mended", "media", "media not asked", "workbook"],
)
def test_it_says_what_a_check_here_says(always_apart: None, content: bytes, settings: dict[str, Any]) -> None:
    here, there, to_mend = (io.StringIO(newline="") for _ in range(3))
    request = replace(asked(here, **settings), mendable_to=to_mend)
    expected = check(io.BytesIO(content), replace(request, opted_out=OUT.__contains__), CONFIG)
    with on_disk(content) as file:
        mendable = io.StringIO(newline="")
        told = replace(request, errors_to=there, mendable_to=mendable)
        result = check_apart(file, told, CONFIG, opted_out=OUT)
        assert file.read() == content, "whoever has the file finds its place unmoved"
    assert result == expected
    assert result.media == expected.media
    assert there.getvalue() == here.getvalue() != ""
    assert mendable.getvalue() == to_mend.getvalue()
    assert len(mendable.getvalue().splitlines()) == result.errors_total


def test_opt_outs_that_are_not_known_stay_unknown(always_apart: None) -> None:
    with on_disk(ROWS.encode()) as file:
        assert check_apart(file, asked(), CONFIG).opted_out is None


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (b"", {}),
        (b"to,to\n1,2\n", {}),
        (gzip.compress(ROWS.encode())[:-9], {}),
        (ROWS.encode(), {"message": "{{nobody}}"}),
        (ROWS.encode(), {"at": "2020-01-01T00:00Z"}),
        (packed(parts(row_with('<c r="A2" t="s"><v>9</v></c>'))), {}),
    ],
    ids=["empty", "two alike", "damaged", "field", "past", "workbook"],
)
def test_it_refuses_what_a_check_here_refuses(
    always_apart: None, content: bytes, settings: dict[str, Any]
) -> None:
    with pytest.raises(InputError) as here:
        check(io.BytesIO(content), asked(**settings), CONFIG)
    with on_disk(content) as file, pytest.raises(InputError) as there:
        check_apart(file, asked(**settings), CONFIG)
    assert type(there.value) is type(here.value)
    assert vars(there.value) == vars(here.value)


def test_a_small_file_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "raise SystemExit(1)")
    with on_disk(ROWS.encode()) as file:
        assert check_apart(file, asked(), CONFIG, opted_out=OUT).sendable == 2


def test_a_large_file_does_and_so_does_a_packed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "raise SystemExit(1)")
    rows = ROWS + "".join(f"1212555{last:04},Ann\n" for last in range(70_000))
    for content in (rows.encode(), gzip.compress(rows.encode())):
        with on_disk(content) as file, pytest.raises(FileRefused) as refusal:
            check_apart(file, asked(), CONFIG)
        assert refusal.value.code == "too_much_work"


def test_a_large_file_in_memory_alone_is_checked_here(always_apart: None) -> None:
    assert check_apart(cast(BinaryIO, io.BytesIO(ROWS.encode())), asked(), CONFIG).sendable == 3


_PATCHED = """
import dispatcher.pipeline.preflight._apart_process as process
process.CHECK_CPU_SECONDS = 2
def check(*_):
    {}
process.check = check
process.main()
"""


@pytest.mark.parametrize(
    "instead",
    ["bytes(2 << 30)", "check()", "\n    while True: pass", "import os; os.kill(os.getpid(), 9)"],
    ids=["memory", "depth", "time", "killed"],
)
def test_a_check_at_its_bounds_is_a_sentence(
    always_apart: None, monkeypatch: pytest.MonkeyPatch, instead: str
) -> None:
    run_instead(monkeypatch, _PATCHED.format(instead))
    with on_disk(ROWS.encode()) as file, pytest.raises(FileRefused) as refusal:
        check_apart(file, asked(), CONFIG)
    assert refusal.value.code == "too_much_work"


def test_a_defect_says_where_it_is_and_nothing_of_the_file(
    always_apart: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(monkeypatch, _PATCHED.format("raise ValueError('12125550101')"))
    with on_disk(ROWS.encode()) as file, pytest.raises(RuntimeError, match=r"ValueError at .*:5") as failure:
        check_apart(file, asked(), CONFIG)
    assert "12125550101" not in str(failure.value)


class _NobodyWaitsError(Exception):
    pass


def test_it_ends_when_nobody_waits_any_more(always_apart: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run_instead(monkeypatch, "import time; time.sleep(60)")
    before, gone = children(), threading.Event()

    def pulse() -> None:
        if gone.is_set():
            raise _NobodyWaitsError
        gone.set()

    with on_disk(ROWS.encode()) as file, pytest.raises(_NobodyWaitsError):
        check_apart(file, replace(asked(), pulse=pulse), CONFIG)
    assert children() <= before


def test_it_is_told_no_secret() -> None:
    secret = "s3cret-of-the-test"
    config = Settings(
        secret=secret,
        admin_token=secret,
        carrierx_token=secret,
        callback_key=secret,
        redis_url=f"redis://:{secret}@127.0.0.1/0",
        broker_url=f"redis://:{secret}@127.0.0.1/1",
        https_proxy=f"http://me:{secret}@127.0.0.1:1",
        account_rate="7/s",
    )
    told = Work.of(asked(), config, OUT)
    assert secret.encode() not in msgpack.packb(told)
    assert json.loads(json.dumps(told.config))["account_rate"] == "7/s"
