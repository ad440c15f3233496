"""Errors as answers: one table from our error tree to HTTP, and problem details (RFC 9457) for machines."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatcher import errors
from dispatcher.ledger.installation.idempotency_keys import AtWorkError, OtherBodyError, UnfinishedError
from dispatcher.pipeline.preflight.result import Alternative
from dispatcher.web.http.body import BodyTooLargeError
from dispatcher.web.http.reading_turns import CallerGoneError, ServerStopsError, UploadsBusyError
from dispatcher.web.site.throttle import TooManyTriesError

MEDIA_TYPE = "application/problem+json"


class _Answer(NamedTuple):
    status: int
    code: str
    title: str


#: The most special first.
_ANSWERS: dict[type[errors.MmsError], _Answer] = {
    TooManyTriesError: _Answer(429, "too_many_tries", "Too many tries"),
    BodyTooLargeError: _Answer(413, "too_large", "The upload is too large"),
    OtherBodyError: _Answer(422, "idempotency_key_reused", "The key stands for another call"),
    AtWorkError: _Answer(409, "at_work", "The first call is at work"),
    UnfinishedError: _Answer(409, "unfinished", "What the first call did is not known"),
    UploadsBusyError: _Answer(503, "uploads_busy", "Other files are being read"),
    ServerStopsError: _Answer(503, "stopping", "The server is being stopped"),
    CallerGoneError: _Answer(499, "caller_gone", "The caller went away"),
    errors.FileRefused: _Answer(422, "file_refused", "The campaign file cannot be used"),
    errors.SubmittedBefore: _Answer(409, "same_file", "The same was sent already"),
    errors.NotFound: _Answer(404, "not_found", "There is no such thing"),
    errors.ConfigError: _Answer(422, "settings", "A setting cannot be used"),
    errors.InputError: _Answer(422, "input", "What was given cannot be used"),
    errors.Conflict: _Answer(409, "conflict", "Its state does not allow this"),
    errors.StoreUnavailable: _Answer(503, "store_unavailable", "The store does not answer"),
    errors.StoreUnsafe: _Answer(503, "store_unsafe", "The store cannot keep our promises"),
    errors.ApiError: _Answer(502, "carrierx", "CarrierX did not do it"),
}

_TITLES = {
    400: "The request cannot be read",
    401: "A login is needed",
    403: "This is not allowed",
    404: "There is no such page",
    405: "This is not done this way",
    413: "The upload is too large",
    429: "Too many tries",
}


class Problem(BaseModel):
    """What went wrong, where in the file, and what to do about it. `line` is the file's own, 1 based. Where only a
    person can say how the file is meant, `setting` is what to give next time, and `choices` what it may be."""

    type: str = Field(examples=["urn:mms-dispatcher:problem:no_recipient_column"])
    title: str = Field(examples=["The campaign file cannot be used"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["No column holds phone numbers."])
    code: str = Field(examples=["no_recipient_column"])
    line: int | None = Field(default=None, examples=[1])
    column: str | None = Field(default=None, examples=["Phone No."])
    hint: str | None = Field(default=None, examples=["name one column `to` or `phone`"])
    setting: str | None = Field(default=None, examples=["to"])
    choices: list[Alternative] | None = None

    @property
    def retry_after(self) -> str | None:
        """Seconds after which to come again, where that makes sense."""
        return {503: "5", 429: "60"}.get(self.status)


def make_problem(status: int, code: str, detail: str, *, title: str | None = None, hint: str = "") -> Problem:
    """A problem of our own making."""
    title = title or _TITLES.get(status, "It did not work")
    return Problem(
        type=f"urn:mms-dispatcher:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        hint=hint or None,
    )


def problem_of(error: errors.MmsError) -> Problem:
    """The problem that an error of ours is to the one who called."""
    answer = next(
        (answer for kind, answer in _ANSWERS.items() if isinstance(error, kind)),
        _Answer(500, "internal", "It did not work"),
    )
    code = error.code if isinstance(error, errors.FileRefused) else answer.code
    problem = make_problem(answer.status, code, error.message, title=answer.title, hint=error.hint)
    if isinstance(error, errors.FileRefused):
        problem = problem.model_copy(update={"line": error.line, "column": error.column, **_asked(error)})
    return problem


def _asked(error: errors.FileRefused) -> dict[str, object]:
    if error.question is None:
        return {}
    setting, choices = error.question
    return {"setting": setting, "choices": [Alternative(**choice._asdict()) for choice in choices]}


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as `application/problem+json`; members that are not known are left out."""
    headers = dict(headers or {})
    if problem.retry_after:
        headers.setdefault("Retry-After", problem.retry_after)
    return Response(
        problem.model_dump_json(exclude_none=True), problem.status, headers, media_type=MEDIA_TYPE
    )
