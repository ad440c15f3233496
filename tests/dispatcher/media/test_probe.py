"""What a media address is found to be."""

from __future__ import annotations

import time

import pytest

from dispatcher.media._probe import ask
from dispatcher.media.resolver import AllowList
from dispatcher.model.media import MediaFacts
from tests.dispatcher.media.server import PICTURE, MediaServer
from tests.valkey import free_port


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("picture", MediaFacts(len(PICTURE), "image/jpeg")),
        ("card", MediaFacts(100, "text/vcard")),
        ("no-head", MediaFacts(777, "image/png")),
        ("silent-head", MediaFacts(555, "image/png")),
        ("refused-head", MediaFacts(777, "image/png")),
        ("rote-head", MediaFacts(777, "image/png")),
        ("no-ranges", MediaFacts(321, "image/png")),
        ("unmeasured", MediaFacts(len(PICTURE), "image/gif")),
        ("unknown-total", MediaFacts(len(PICTURE), "image/gif")),
        ("hop/5", MediaFacts(len(PICTURE), "image/jpeg")),
    ],
)
def test_type_and_size_are_found(
    media_server: MediaServer, here: AllowList, path: str, expected: MediaFacts
) -> None:
    assert ask(f"{media_server.url}/{path}", here) == expected


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing", "media_unreachable"),
        ("empty", "media_unreachable"),
        ("hop/6", "media_unreachable"),
        ("away?ftp://127.0.0.1/x", "media_unreachable"),
        ("away?http://user:word@127.0.0.1/picture", "media_unreachable"),
        ("page", "media_type"),
        ("drawing", "media_type"),
        ("too-large", "media_too_large"),
        ("endless", "media_too_large"),
    ],
)
def test_what_is_wrong_has_a_code(media_server: MediaServer, here: AllowList, path: str, code: str) -> None:
    assert ask(f"{media_server.url}/{path}", here).invalid_code == code


def test_head_alone_is_enough_where_it_tells_all(media_server: MediaServer, here: AllowList) -> None:
    ask(f"{media_server.url}/picture", here)
    assert media_server.asked == {"HEAD /picture": 1}


@pytest.mark.slow
@pytest.mark.parametrize("path", ["hanging", "dripping"])
def test_a_server_that_takes_its_time_is_left_in_time(
    media_server: MediaServer, here: AllowList, path: str
) -> None:
    start = time.monotonic()
    assert ask(f"{media_server.url}/{path}", here, seconds=0.4).invalid_code == "media_unreachable"
    assert time.monotonic() - start < 20


@pytest.mark.slow
def test_a_server_that_never_answers_head_is_asked_with_get(
    media_server: MediaServer, here: AllowList
) -> None:
    assert ask(f"{media_server.url}/mute-head", here, seconds=2.0) == MediaFacts(777, "image/png")


def test_nobody_there_is_unreachable(here: AllowList) -> None:
    assert ask(f"http://127.0.0.1:{free_port()}/x", here).invalid_code == "media_unreachable"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[ff0e::1]",
        "[fec0::1]",
        "[64:ff9b:1::808:808]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:808:808::1]",
        "[2001::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[100::1]",
        "[::7f00:1]",
        "[::ffff:0:7f00:1]",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "240.0.0.1",
        "0.1.2.3",
    ],
)
def test_private_addresses_are_refused_unasked(media_server: MediaServer, host: str) -> None:
    assert ask(f"http://{host}:{media_server.port}/picture", AllowList()).invalid_code == "media_private"
    assert not media_server.asked


def test_a_redirect_into_a_private_network_is_refused(media_server: MediaServer, here: AllowList) -> None:
    assert ask(f"{media_server.url}/away?http://10.0.0.1/picture", here).invalid_code == "media_private"
    localhost = f"{media_server.url}/away?http://localhost:{media_server.port}/picture"
    assert ask(localhost, AllowList("127.0.0.2")).invalid_code == "media_private"


def test_the_allow_list_takes_hosts_addresses_and_networks(media_server: MediaServer) -> None:
    for allowed in ("127.0.0.1", "10.0.0.0/8, 127.0.0.0/8"):
        assert ask(f"{media_server.url}/picture", AllowList(allowed)).invalid_code is None
    assert ask(f"http://localhost:{media_server.port}/picture", AllowList("LOCALHOST")).invalid_code is None
    assert ask(f"{media_server.url}/picture", AllowList("localhost")).invalid_code == "media_private"


def test_an_address_that_is_none_is_unreachable(here: AllowList) -> None:
    for url in ("http://a..b/x", f"http://{'a' * 70}.example/x", "http://127.0.0.1:99999/", "http:///x"):
        assert ask(url, here).invalid_code == "media_unreachable"
