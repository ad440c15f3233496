"""Local media as CarrierX fetches them, and the media gate and the memory of files behind the API."""

from __future__ import annotations

import hashlib

import httpx
import pytest
import redis as redis_py

from dispatcher.ledger.campaigns.media import CHUNK_BYTES
from dispatcher.ledger.ledger import Ledger
from tests.dispatcher.web.conftest import CSV

CONTENT = b"GIF89a" + bytes(range(256)) * (CHUNK_BYTES // 128)
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def picture(address: str, redis: redis_py.Redis) -> str:
    """The address of a stored picture of more than two chunks."""
    Ledger(redis).media.store(HASH, "image/gif", CONTENT)
    return f"{address}/media/{HASH}"


def get(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask as anybody would."""
    with httpx.Client(trust_env=False, verify=False) as client:
        return client.request(method, url, headers=headers)


def test_a_medium_is_served_whole_with_its_type_and_may_be_kept_for_ever(picture: str) -> None:
    answer = get(picture)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_head_tells_the_same_without_the_content(picture: str) -> None:
    answer = get(picture, "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        (f"bytes={CHUNK_BYTES - 3}-{CHUNK_BYTES + 3}", CHUNK_BYTES - 3, CHUNK_BYTES + 4),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        (f"bytes={len(CONTENT) - 1}-99999999", len(CONTENT) - 1, len(CONTENT)),
    ],
)
def test_a_part_is_served_alone(picture: str, asked: str, start: int, stop: int) -> None:
    answer = get(picture, Range=asked)
    assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("asked", ["bytes=5-3", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=x"])
def test_a_range_that_is_none_means_everything(picture: str, asked: str) -> None:
    assert get(picture, Range=asked).status_code == 200


@pytest.mark.parametrize("asked", [f"bytes={len(CONTENT)}-", "bytes=-0"])
def test_a_part_beyond_the_end_is_not_there(picture: str, asked: str) -> None:
    answer = get(picture, Range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_who_has_it_is_told_so(picture: str) -> None:
    etag = get(picture).headers["etag"]
    assert get(picture, **{"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ["0" * 64, "x", "%2e%2e%2fetc", HASH.upper()])
def test_what_is_not_stored_is_not_found(address: str, name: str) -> None:
    assert get(f"{address}/media/{name}").status_code == 404


def send(api: httpx.Client, **fields: str) -> httpx.Response:
    """Send a campaign of three rows."""
    data = {"from": "15162065575", "message": "Hi {{first_name}}", **fields}
    return api.post("/campaigns", data=data, files={"file": ("spring.csv", CSV)})


def test_the_same_file_again_is_a_conflict_that_names_the_campaign(api: httpx.Client) -> None:
    earlier = send(api).json()["id"]
    answer = send(api)
    assert (answer.status_code, answer.json()["code"]) == (409, "same_file")
    assert earlier in answer.json()["detail"]
    assert send(api, allow_same_file="true").status_code == 201


def test_media_in_a_private_network_refuse_the_file(api: httpx.Client) -> None:
    answer = send(api, media_urls="http://127.0.0.1:1/picture.png")
    assert (answer.status_code, answer.json()["code"]) == (422, "media_private")
    assert send(api, media_urls="http://127.0.0.1:1/picture.png", media_check="false").status_code == 201
