from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from tests.dispatcher.media.server import MediaServer
from tests.dispatcher.web.conftest import CSV, TOKEN, Serve

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Published

SETTINGS: dict[str, Any] = {"name": "Spring sale", "from": "12125550100", "message": "Hi {{first_name}}"}


def send(api: httpx.Client, file: str | bytes = CSV, **settings: Any) -> httpx.Response:
    return api.post("/campaigns", files={"file": ("spring.csv", file)}, data={**SETTINGS, **settings})


def campaign_keys(redis: Redis) -> list[bytes]:
    return list(redis.scan_iter("mms:c:*"))


def test_a_file_becomes_a_campaign(api: httpx.Client, published: Published) -> None:
    answer = send(api)
    assert answer.status_code == 201
    campaign = answer.json()
    assert (campaign["name"], campaign["state"], campaign["rows"]) == ("Spring sale", "checking", None)
    assert answer.headers["location"].endswith(f"/api/v1/campaigns/{campaign['id']}")
    assert published.expand.get(timeout=60) == campaign["id"]


def test_the_answer_says_how_many_rows_do_not_go(api: httpx.Client) -> None:
    file = CSV + "555,Eve\n12125550101,Ann again\n"
    checked = {"rows": 5, "sendable": 3, "invalid": 1, "duplicates": 1, "opted_out": 0, "no_consent": 0}
    assert send(api, file).json()["checked"] == checked
    assert send(api, file, every="mon 09:00 America/New_York").json()["checked"] == checked


def test_the_answer_says_what_was_decided_about_the_file_and_keeps_none_of_its_cells(
    api: httpx.Client,
) -> None:
    for more in ({}, {"every": "mon 09:00 America/New_York"}):
        read = send(api, "first_name,Mobile Phone\nAnn,12125550101\n", **more).json()["readings"]
        assert [(each["setting"], each["value"]) for each in read] == [("to", "Mobile Phone")]
        assert (read[0]["samples"], read[0]["choices"]) == ([], [])


def test_a_campaign_can_be_looked_at(api: httpx.Client, read_file: Callable[[str], str]) -> None:
    campaign_id = send(api).json()["id"]
    read_file(campaign_id)
    campaign = api.get(f"/campaigns/{campaign_id}").json()
    assert campaign["rows"] == 3
    assert sum(campaign["counts"].values()) == 3
    assert campaign["counts"]["pending"] == 3


def test_campaigns_are_listed_newest_first_a_page_at_a_time(api: httpx.Client) -> None:
    ids = [send(api, name=f"campaign {number}", allow_same_file="yes").json()["id"] for number in range(3)]
    first = api.get("/campaigns", params={"limit": 2}).json()
    second = api.get("/campaigns", params={"limit": 2, "cursor": first["next"]}).json()
    assert [item["id"] for item in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next"] is None


def test_the_report_is_a_csv_with_a_line_for_every_row(
    api: httpx.Client, read_file: Callable[[str], str]
) -> None:
    campaign_id = send(api).json()["id"]
    read_file(campaign_id)
    answer = api.get(f"/campaigns/{campaign_id}/report")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{campaign_id}-report.csv"'
    assert lines[0].startswith("row,line,number,state")
    assert [line.split(",")[2] for line in lines[1:]] == ["12125550101", "12125550102", "12125550103"]


@pytest.mark.parametrize("path", ["/campaigns/none", "/campaigns/none/report", "/campaigns/A:counts"])
def test_a_campaign_that_is_not_there_is_a_404_problem(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("token", [None, "wrong", "☃"])
def test_without_the_token_nothing_opens(api: httpx.Client, redis: Redis, token: str | None) -> None:
    del api.headers["authorization"]
    headers = {} if token is None else {b"authorization": f"Bearer {token}".encode()}
    answer = api.post("/campaigns", files={"file": ("a.csv", CSV)}, data=SETTINGS, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["status"] == 401
    assert campaign_keys(redis) == []


def test_after_ten_wrong_tokens_an_address_must_wait_but_the_right_one_gets_in(api: httpx.Client) -> None:
    wrong = {"authorization": "Bearer guess"}
    statuses = [api.get("/campaigns", headers=wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert 0 < int(api.get("/campaigns", headers=wrong).headers["retry-after"]) <= 300
    assert api.get("/campaigns").status_code == 200


def test_a_file_that_cannot_be_used_says_where_and_what_to_do(api: httpx.Client, redis: Redis) -> None:
    answer = send(api, "first_name\nAnn\n")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert problem["type"] == f"urn:mms-dispatcher:problem:{problem['code']}"
    assert problem["detail"]
    assert problem["hint"]
    assert campaign_keys(redis) == []


def test_a_file_whose_end_is_broken_is_refused_with_its_line(api: httpx.Client, redis: Redis) -> None:
    answer = send(api, CSV + '12125550104,"Dan\n12125550105,Eve\n')
    assert (answer.status_code, answer.json()["line"]) == (422, 5)
    assert campaign_keys(redis) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rate": "fast"}, "rate"),
        ({"group_size": "10"}, "group_size"),
        ({"colour": "red"}, "colour"),
        ({"strict": "perhaps"}, "strict"),
        ({"at": "tomorrow"}, "time"),
        ({"from": "12"}, "from"),
        ({"media_urls": "ftp://x"}, "media"),
        ({"name": ["a", "b"]}, "name"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    api: httpx.Client, redis: Redis, given: dict[str, Any], words: str
) -> None:
    answer = send(api, **given)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert campaign_keys(redis) == []


def test_strict_refuses_a_file_with_a_bad_row(api: httpx.Client, redis: Redis) -> None:
    answer = send(api, CSV + "123,Dan\n", strict="true")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["line"]) == (422, "bad_rows", 5)
    assert campaign_keys(redis) == []
    assert send(api, CSV + "123,Dan\n", strict="false").status_code == 201


def test_a_form_without_a_file_is_refused(api: httpx.Client) -> None:
    answer = api.post("/campaigns", data=SETTINGS)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_file")


def test_a_list_may_stand_in_the_form_instead_of_a_file(
    api: httpx.Client, read_file: Callable[[str], str]
) -> None:
    made = api.post("/campaigns", data={**SETTINGS, "message": "Hi", "list": "2125550101, 2125550102"})
    assert made.json()["checked"]["sendable"] == 2
    read_file(made.json()["id"])
    assert api.get(f"/campaigns/{made.json()['id']}").json()["rows"] == 2
    both = send(api, list="2125550101")
    assert (both.status_code, "not both" in both.json()["hint"]) == (422, True)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=x", 400)],
)
def test_what_is_no_form_is_refused(api: httpx.Client, content_type: str, status: int) -> None:
    answer = api.post("/campaigns", content=b"{}", headers={"content-type": content_type})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_file_over_the_limit_is_refused_while_it_streams(api: httpx.Client, redis: Redis) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    chunks = iter([head, *[b"1,2\n" * 65536] * 24])
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = api.post("/campaigns", content=chunks, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert campaign_keys(redis) == []


def test_several_senders_and_pictures_are_taken(api: httpx.Client) -> None:
    urls = ["https://example.com/a.jpg", "https://example.com/b.jpg"]
    senders: dict[str, Any] = {"from": ["12125550100", "12125550199"]}
    answer = send(api, media_urls=urls, **senders)
    assert answer.json()["settings"]["media_urls"] == urls
    assert answer.json()["settings"]["from"] == ["12125550100", "12125550199"]


@pytest.mark.parametrize("every", ["", "mon 09:00 America/New_York"])
def test_media_are_asked_for_by_the_check_alone_and_not_once_more_by_what_follows(
    settings: Settings,
    serve: Serve,
    published: Published,
    media_server: MediaServer,
    redis: Redis,
    every: str,
) -> None:
    address = serve(
        create_app(settings.model_copy(update={"media_allow": "127.0.0.1"}), hints=published.hints())
    )
    file = f"to,media_urls\n12125550101,{media_server.url}/missing\n12125550102,{media_server.url}/picture\n"
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{address}/api/v1", trust_env=False, verify=False, headers=headers) as api:
        answer = send(api, file, message="Hi", **({"every": every} if every else {}))
    assert answer.json()["checked"]["sendable"] == 1
    assert media_server.asked["HEAD /missing"] == 1


@pytest.mark.slow
def test_the_openapi_page_describes_every_call_and_its_problems(api: httpx.Client, app: FastAPI) -> None:
    page = httpx.get(f"{api.base_url}openapi.json", trust_env=False, verify=False).json()
    of_one = "/api/v1/campaigns/{campaign_id}"
    of_campaigns = {
        path for path in page["paths"] if path.startswith(("/api/v1/campaigns", "/api/v1/limits"))
    }
    assert of_campaigns == {
        "/api/v1/campaigns",
        "/api/v1/campaigns/test",
        of_one,
        *(
            f"{of_one}/{part}"
            for part in ("pause", "resume", "cancel", "report", "errors", "recipients", "retry", "start")
        ),
        f"{of_one}/recipients/{{place}}",
        f"{of_one}/recipients/{{place}}/resolve",
        "/api/v1/limits",
        "/api/v1/limits/{what}",
    }
    create = page["paths"]["/api/v1/campaigns"]["post"]
    assert set(create["responses"]) == {"201", "400", "401", "403", "409", "413", "415", "422", "429", "503"}
    assert "Problem" in page["components"]["schemas"]
    assert create["security"] == [{"HTTPBearer": []}]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=-1", "cursor=X!", "cursor=gone-abcdef"])
def test_a_parameter_out_of_range_is_a_problem(api: httpx.Client, query: str) -> None:
    answer = api.get(f"/campaigns?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_an_unknown_path_or_method_is_a_problem(api: httpx.Client) -> None:
    assert api.get("/nothing").json()["code"] == "not_found"
    assert api.delete("/campaigns").json()["code"] == "method_not_allowed"


def test_a_file_that_leaves_its_column_open_is_answered_with_the_choices(api: httpx.Client) -> None:
    file = "mobile,cell,first_name\n12125550101,12125550102,Ann\n"
    problem = send(api, file).json()
    assert (problem["code"], problem["setting"]) == ("two_recipient_columns", "to")
    assert [choice["value"] for choice in problem["choices"]] == ["mobile", "cell"]
    assert send(api, file, to="cell").json()["settings"]["to"] == "cell"
