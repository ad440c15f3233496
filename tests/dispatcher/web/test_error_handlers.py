from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI


@pytest.fixture
def broken(app: FastAPI) -> FastAPI:
    """The application with two calls that fail unexpectedly."""

    @app.get("/broken")
    def broken() -> None:
        raise ValueError("secret 12125550101")

    @app.get("/api/v1/broken")
    def broken_api() -> None:
        raise ValueError("secret 12125550101")

    return app


def test_an_unexpected_failure_is_a_page_and_a_log_line_without_its_text(
    broken: FastAPI, browser: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = browser.get("/broken")
    assert answer.status_code == 500
    assert "It did not work" in answer.text
    assert "Traceback" not in answer.text
    assert "ValueError at" in caplog.text
    assert "12125550101" not in caplog.text + answer.text


def test_an_unexpected_failure_of_the_api_is_a_problem(broken: FastAPI, api: httpx.Client) -> None:
    answer = api.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["x-content-type-options"] == "nosniff"
