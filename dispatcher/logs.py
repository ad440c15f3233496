"""Logging: one line an event, ids only. Numbers are masked at this one place, should one ever slip in."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

from dispatcher.control_characters import escape_control_characters, one_line, strip_control_characters

_NUMBER = re.compile(r"(?<![\w.-])\+?1?[2-9]\d{9}(?![\w.-])")
_CALLBACK_KEY = re.compile(r"(/callbacks/carrierx/)[^\s\"'?]+")


def mask(text: str) -> str:
    """The text without phone numbers and callback keys."""
    return _CALLBACK_KEY.sub(r"\1***", _NUMBER.sub("***", text))


class _Console(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return mask(strip_control_characters(super().format(record)))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return mask(escape_control_characters(json.dumps(fields)))


def _not_a_tick(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Task tick[") or record.levelno > logging.INFO


def configure_logging(level: str, form: Literal["console", "json"]) -> None:
    """Send this process's log to standard error, masked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Json() if form == "json" else _Console("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    handler.addFilter(_not_a_tick)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # One line a second from beat, and each task announced before it is reported, tell nobody anything.
    for noisy in ("urllib3", "httpx", "kombu", "celery.beat", "celery.worker.strategy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
