"""No traceback reaches a user: whatever goes wrong becomes a problem for machines or a page for people.

Logs get the kind of an unexpected error and its place in the code, never its text: that may hold a number.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import redis
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.web.http.pages import page
from dispatcher.web.http.problems import Problem, make_problem, problem_of, problem_response
from dispatcher.web.site.access import NotLoggedInError
from dispatcher.web.site.throttle import TooManyTriesError

#: So soon a page that could not be shown for want of the store loads itself again.
AGAIN_SECONDS = "5"
_OURS = f"{Path(__file__).parent.parent}/"
logger = logging.getLogger(__name__)

_INTERNAL = make_problem(
    500,
    "internal",
    "Something in the dispatcher failed.",
    title="It did not work",
    hint="try again; the log names the place",
)


#: What Redis says when it cannot serve now; anything else it says is a failure of ours.
_STORE_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
)


def install(app: FastAPI) -> None:
    """Make every failure inside `app` a readable answer."""
    app.add_exception_handler(MmsError, _on_ours)
    app.add_exception_handler(NotLoggedInError, _on_no_login)
    for kind in _STORE_AWAY:
        app.add_exception_handler(kind, _on_redis)
    app.add_exception_handler(UnicodeEncodeError, _on_no_text)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_parameters)


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A page if a person looks, else problem+json."""
    machine = request.url.path.startswith("/api/")
    if machine or "text/html" not in request.headers.get("accept", ""):
        return problem_response(problem, headers)
    if problem.status == 503 and request.method == "GET":  # nobody has to sit there and press a key
        headers = {**(headers or {}), "Refresh": AGAIN_SECONDS, "Retry-After": AGAIN_SECONDS}
    return page(request, "error.html", status=problem.status, headers=headers, problem=problem)


def _on_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, MmsError)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyTriesError) else None
    return answer(request, problem_of(error), headers)


def _on_no_login(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotLoggedInError)
    return RedirectResponse(error.login, 303)


def _on_redis(request: Request, error: Exception) -> Response:
    logger.error("Redis: %s", where(error))
    return answer(
        request, problem_of(StoreUnavailable("Redis does not answer", hint="try again in a moment"))
    )


def _on_no_text(request: Request, _: Exception) -> Response:
    """A text out of JSON or of a form that UTF-8 cannot write: half of a surrogate pair."""
    return answer(
        request, make_problem(422, "text", "A text holds characters that do not exist.", hint="write it anew")
    )


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = error.detail.lower().replace(" ", "_") if error.status_code in (404, 405) else "request"
    problem = make_problem(error.status_code, code, error.detail)
    return answer(request, problem, dict(error.headers or {}))


def _on_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return answer(request, make_problem(422, "parameter", f"{name}: {first['msg']}"))


def where(error: BaseException) -> str:
    """The kind of an error and its innermost place in our own code, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_OURS)] or frames
    place = (
        f"{ours[-1].filename.removeprefix(_OURS)}:{ours[-1].lineno} in {ours[-1].name}" if ours else "nowhere"
    )
    return f"{type(error).__name__} at {place}"


class ErrorGuard:
    """ASGI middleware that turns an unexpected exception into an answer and a log line without its text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on. If it fails half-way through an answer, the connection is cut so that it shows."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            logger.error("unexpected %s", where(error))  # noqa: TRY400 - its text may hold a number
            if scope["type"] == "http" and not started:
                await answer(Request(scope), _INTERNAL)(scope, receive, send)
