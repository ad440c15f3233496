"""The gate asks for each address once, a few at a time, and knows what need not be asked."""

from __future__ import annotations

from dispatcher.media.gate import AT_ONCE, MediaGate
from dispatcher.media.resolver import AllowList
from dispatcher.model.media import MediaFacts
from tests.dispatcher.media.server import MediaServer


def test_each_address_is_asked_once(media_server: MediaServer, here: AllowList) -> None:
    gate, url = MediaGate(here), f"{media_server.url}/picture"
    assert gate([url, url]) == gate([url])
    assert media_server.asked == {"HEAD /picture": 1}


def test_what_was_bad_is_asked_again_since_it_may_be_mended(
    media_server: MediaServer, here: AllowList
) -> None:
    gate, url = MediaGate(here), f"{media_server.url}/page"
    gate([url])
    gate([url])
    assert media_server.asked["HEAD /page"] == 2


def test_no_more_than_a_few_are_asked_at_once(media_server: MediaServer, here: AllowList) -> None:
    found = MediaGate(here)([f"{media_server.url}/slow/{number}" for number in range(40)])
    assert len(found) == 40
    assert media_server.most_at_once <= AT_ONCE


def test_what_there_was_no_time_for_is_left_open(media_server: MediaServer, here: AllowList) -> None:
    gate = MediaGate(here, campaign_seconds=0)
    assert gate([f"{media_server.url}/picture"]) == {}
    assert not media_server.asked


def test_known_media_and_in_a_simulation_fictional_hosts_are_not_asked() -> None:
    known = {"http://10.0.0.1/a": MediaFacts(5, "image/png")}
    gate = MediaGate(AllowList(), known=known, fictional_ok=True)
    assert gate([*known, "https://img.example.com/x", "https://m.example/y"]) == {
        **known,
        "https://img.example.com/x": MediaFacts(),
        "https://m.example/y": MediaFacts(),
    }
