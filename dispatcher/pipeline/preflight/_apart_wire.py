"""What the process that checks is told, and what it says, as values that msgpack packs.

First it is told its `Work`. Then it says, each a mapping: `ask` (media addresses, answered with their facts), `invalid`
(a piece of what is written of them, and where it belongs), and at last `result`, `error` or `failed`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple, TextIO

from pydantic import SecretStr

from dispatcher.errors import Choice, ConfigError, FileRefused, InputError, MmsError, Question
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import AskMedia, MediaFacts
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.settings import Settings

#: Addresses that may carry a password; a check needs neither.
_NOT_TOLD = frozenset({"redis_url", "broker_url", "https_proxy"})
_ERRORS: dict[str, type[MmsError]] = {kind.__name__: kind for kind in (InputError, ConfigError)}


#: Files of a request that get invalid rows, by the names that they have there.
TOLD_ROWS = ("errors_to", "mendable_to")


class Work(NamedTuple):
    """A request without what belongs to the process that asks: whether it has files and media to ask for, not which."""

    filename: str
    settings: str
    fixed: list[str]
    every: str | None
    now: str
    opted_out: list[str] | None
    wants: list[str]
    can_ask: bool
    chosen_before: dict[str, str]
    config: dict[str, Any]

    @classmethod
    def of(cls, request: CheckRequest, config: Settings, opted_out: frozenset[str] | None) -> Work:
        """As it is told."""
        return cls(
            request.filename,
            request.settings.model_dump_json(by_alias=True),
            sorted(request.fixed),
            request.every,
            request.now.isoformat(),
            None if opted_out is None else list(opted_out),
            [name for name in TOLD_ROWS if getattr(request, name) is not None],
            request.ask_media is not None,
            dict(request.chosen_before),
            _told(config),
        )

    def request(self, ask: AskMedia, told: Mapping[str, TextIO]) -> CheckRequest:
        """As it is asked of the check."""
        return CheckRequest(
            filename=self.filename,
            settings=CampaignSettings.model_validate_json(self.settings),
            fixed=frozenset(self.fixed),
            every=self.every,
            now=dt.datetime.fromisoformat(self.now),
            opted_out=None if self.opted_out is None else frozenset(self.opted_out).__contains__,
            errors_to=told.get("errors_to"),
            mendable_to=told.get("mendable_to"),
            ask_media=ask if self.can_ask else None,
            chosen_before=self.chosen_before,
        )


def _told(config: Settings) -> dict[str, Any]:
    """All settings but secrets, and addresses that may hold some."""
    secret = {name for name in Settings.model_fields if isinstance(getattr(config, name), SecretStr)}
    return config.model_dump(mode="json", exclude=secret | _NOT_TOLD)


def packed_facts(facts: Mapping[str, MediaFacts]) -> dict[str, list[Any]]:
    """Facts of media as they are told."""
    return {url: list(fact) for url, fact in facts.items()}


def facts_of(packed: Mapping[str, list[Any]]) -> dict[str, MediaFacts]:
    """The inverse of `packed_facts`."""
    return {url: MediaFacts(*fact) for url, fact in packed.items()}


def packed_result(result: CheckResult) -> dict[str, Any]:
    """The last word: what came of it."""
    return {"result": result.model_dump_json(), "media": packed_facts(result.media)}


def packed_error(error: InputError) -> dict[str, Any]:
    """The last word: the file or a setting cannot be used."""
    said: dict[str, Any] = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    if isinstance(error, FileRefused):
        said |= {"code": error.code, "line": error.line, "column": error.column, "question": error.question}
    return said


def result_of(frame: Mapping[str, Any]) -> CheckResult:
    """What the last word says.

    Raises:
        FileRefused, InputError: as the check did.
        RuntimeError: the check has a defect; it says where.
    """
    if "failed" in frame:
        raise RuntimeError(f"the check failed: {frame['failed']}")
    if "error" in frame:
        raise _error_of(frame)
    result = CheckResult.model_validate_json(frame["result"])
    return result.model_copy(update={"media": facts_of(frame["media"])})


def _error_of(frame: Mapping[str, Any]) -> MmsError:
    message, hint = frame["message"], frame["hint"]
    if "code" in frame:
        question = frame["question"] and _question_of(*frame["question"])
        return FileRefused(
            frame["code"],
            message,
            line=frame["line"],
            column=frame["column"],
            hint=hint,
            question=question,
        )
    return _ERRORS.get(frame["error"], InputError)(message, hint=hint)


def _question_of(setting: str, choices: list[list[Any]]) -> Question:
    return Question(setting, tuple(Choice(value, label, tuple(samples)) for value, label, samples in choices))
