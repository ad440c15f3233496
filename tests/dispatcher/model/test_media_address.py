"""A media address has one writing, and says itself when it ends."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.media._fetch import _host_header, _target
from dispatcher.model.media_address import canonical, ends_at


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTPS://Example.COM:443", "https://example.com/"),
        ("https://example.com./a.jpg#top", "https://example.com/a.jpg"),
        ("http://example.com:8080?x=1", "http://example.com:8080/?x=1"),
        ("https://bücher.example/ä%20b.jpg?n=ü", "https://xn--bcher-kva.example/%C3%A4%20b.jpg?n=%C3%BC"),
        ("https://straße.example/x", "https://xn--strae-oqa.example/x"),
        ("https://example.com/100%.jpg", "https://example.com/100%25.jpg"),
        ("https://example.com/a/../b/./c.jpg", "https://example.com/b/c.jpg"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
        (
            "https://example.com/w_200,h_100/a|b.jpg?sig=a%2Fb%3d",
            "https://example.com/w_200,h_100/a%7Cb.jpg?sig=a%2Fb%3d",
        ),
        ("https://example.com/a?", "https://example.com/a?"),
    ],
)
def test_an_address_has_one_writing(written: str, meant: str) -> None:
    assert canonical(written) == canonical(meant) == meant


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/y",
        "https:///x",
        "https://u@x/y",
        "https://u:p@x/",
        "x.jpg",
        "https://ü..b/",
        "http://x:99999/",
    ],
)
def test_what_is_no_web_address_has_none(url: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        canonical(url)


@given(st.text("abc/.%2Fä?&=#|[]~'!$+,;:@ 😀", max_size=30))
def test_what_is_asked_is_what_is_sent_to_the_letter(rest: str) -> None:
    url = canonical(f"https://bücher.example:8443/{rest}")
    parts = urlsplit(url)
    assert canonical(url) == url
    asked = f"https://{_host_header(parts)}{_target(parts)}"
    assert url in (asked, f"{asked}?")


END = dt.datetime(2026, 12, 1, 13, 0, tzinfo=dt.UTC)
EPOCH = int(END.timestamp())


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Date=20261201T120000Z&X-Amz-Expires=3600&X-Amz-Signature=abc",
        "x-goog-date=20261201T120000Z&X-Goog-Expires=3600",
        "x-oss-date=20261201T120000Z&x-oss-expires=3600",
        f"AWSAccessKeyId=AKIA&Expires={EPOCH}&Signature=x%2By",
        f"Expires={EPOCH}&Signature=a&Key-Pair-Id=K",
        f"token=a&exp={EPOCH}000",
        f"q-sign-time={EPOCH - 60};{EPOCH}",
        f"hdnts=st={EPOCH - 9}~exp={EPOCH}~acl=/*~hmac=ab",
        "sv=2024&se=2026-12-01T13%3A00%3A00Z&sig=x",
        f"oh=00_x&oe={EPOCH:X}",
        f"ex={EPOCH:x}&is=1&hm=2",
    ],
)
def test_a_signed_address_says_when_it_ends(query: str) -> None:
    assert ends_at(f"https://example.com/a.jpg?{query}") == END


@pytest.mark.parametrize(
    "query",
    ["", "v=1767225600", "exp=7", "e=12", "X-Amz-Expires=3600", "X-Amz-Date=20269901T120000Z&X-Amz-Expires=9"],
)  # fmt: skip
def test_others_say_nothing(query: str) -> None:
    assert ends_at(f"https://example.com/a.jpg?{query}") is None
