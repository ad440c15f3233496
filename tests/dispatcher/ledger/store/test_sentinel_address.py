"""An address of Sentinels says who is asked, and is the servers' address for everything else."""

from __future__ import annotations

from typing import Any

import pytest
from redis.connection import SSLConnection, parse_url

from dispatcher.ledger.store.address import address
from dispatcher.ledger.store.sentinel_address import names_sentinels, sentinel_address
from tests.documents.shown import TOP, blocks

THREE = (("a.example", 26379), ("b.example", 26380), ("c.example", 26379))
ODD = "+p@ss/%wörd:;,"
WRITTEN = "%2Bp%40ss%2F%25w%C3%B6rd%3A%3B%2C"


def told(url: str) -> dict[str, Any]:
    """What the client understands."""
    parse: Any = parse_url
    understood: dict[str, Any] = parse(address(url))
    return understood


@pytest.mark.parametrize(
    "url",
    [
        "sentinel://a.example,b.example:26380,c.example:26379/2?master_name=main",
        "sentinel://a.example:26379/2;sentinel://b.example:26380;sentinel://c.example/2?master_name=main",
        "sentinel://a.example;sentinel://b.example:26380;sentinel://c.example?master_name=main&db=2",
        "sentinel://A.example, b.example:26380, c.example?db=2&master_name=main",
    ],
)
def test_hosts_stand_with_commas_or_as_kombu_writes_them(url: str) -> None:
    said = sentinel_address(url)
    assert (said.sentinels, said.master_name) == (THREE, "main")
    assert told(said.of_server(("10.0.0.1", 6379)))["db"] == 2
    assert str(said) == "a.example:26379, b.example:26380, c.example:26379"


def test_the_primary_has_the_name_that_sentinels_begin_with() -> None:
    said = sentinel_address("sentinel://a.example")
    assert (said.sentinels, said.master_name) == (THREE[:1], "mymaster")
    assert told(said.of_server(("10.0.0.1", 6379)))["db"] == 0


@pytest.mark.parametrize(
    "url",
    [
        f"sentinel://a%2Fuser:{WRITTEN}@h:1/0?sentinel_username=b/user&sentinel_password={WRITTEN}",
        f"sentinel://h:1/0?username=a/user&password={WRITTEN}&sentinel_username=b%2Fuser&sentinel_password={WRITTEN}",
        f"sentinel://a%2Fuser:{WRITTEN}@h:1;sentinel://h:2?sentinel_username=b/user&sentinel_password={WRITTEN}",
    ],
)
def test_servers_and_sentinels_have_logins_of_their_own(url: str) -> None:
    said = sentinel_address(url)
    for server, user in ((said.of_server(("h", 1)), "a/user"), (said.of_sentinel(("h", 1)), "b/user")):
        understood = told(server)
        assert (understood["username"], understood["password"]) == (user, ODD)
    assert "ss" not in repr(said).replace("SentinelAddress", "").replace("master_name", "")
    assert WRITTEN not in repr(said)


def test_sentinels_without_a_password_are_told_none() -> None:
    said = sentinel_address("sentinel://user:secret@h:1/3?sentinel_username=mine")
    assert told(said.of_sentinel(("h", 1))) == {"host": "h", "port": 1}


def test_a_password_without_a_user_is_the_sentinels_own() -> None:
    understood = told(sentinel_address("sentinel://h:1?sentinel_password=x").of_sentinel(("h", 1)))
    assert "username" not in understood
    assert understood["password"] == "x"


def test_tls_is_the_same_for_both_and_verified() -> None:
    said = sentinel_address("sentinels://h/0?ssl_ca_certs=/etc/ca.pem&master_name=main&socket_timeout=7")
    for url in (said.of_server(("10.0.0.1", 1)), said.of_sentinel(("10.0.0.1", 1))):
        understood = told(url)
        assert understood["connection_class"] is SSLConnection
        assert (understood["ssl_ca_certs"], understood["ssl_cert_reqs"]) == ("/etc/ca.pem", "required")
        assert understood["ssl_check_hostname"] is True
    assert told(said.of_server(("h", 1)))["socket_timeout"] == 7


def test_an_address_of_six_numbers_stands_in_brackets() -> None:
    said = sentinel_address("sentinel://:p@[::1]:5,[2001:db8::7]/0")
    assert said.sentinels == (("::1", 5), ("2001:db8::7", 26379))
    understood = told(said.of_server(("2001:db8::9", 7)))
    assert (understood["host"], understood["port"]) == ("2001:db8::9", 7)
    assert str(said) == "[::1]:5, [2001:db8::7]:26379"


def test_the_address_of_the_page_is_read_as_the_page_says() -> None:
    [shown] = [block for block in blocks(TOP / "docs" / "redis.md") if block.language == "text"]
    said = sentinel_address(shown.lines[0])
    assert said.sentinels == (("host1", 26379), ("host2", 26379), ("host3", 26379))
    assert said.master_name == "mymaster"
    assert told(said.of_server(("h", 1))) == {
        "host": "h",
        "port": 1,
        "username": "USER",
        "password": "PASSWORD",
        "db": 0,
    }
    assert told(said.of_sentinel(("h", 1))) == {
        "host": "h",
        "port": 1,
        "username": "NAME",
        "password": "PASSWORD",
    }


@pytest.mark.parametrize(
    "url",
    [
        "sentinel://",
        "sentinel:///0",
        "sentinel://a,,b",
        "sentinel://a:port",
        "sentinel://a:99999",
        "sentinel://[::1",
        "sentinel://a..b",
        "sentinel://a;sentinels://b",
        "sentinel://u:p@a,u:p@b",
        "redis://a",
    ],
)
def test_what_names_no_sentinels_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        sentinel_address(url)


def test_only_these_schemes_name_sentinels() -> None:
    assert [
        names_sentinels(f"{scheme}://h") for scheme in ("sentinel", "sentinels", "redis", "sentinelx")
    ] == [
        True,
        True,
        False,
        False,
    ]
