"""Examples and descriptions for the OpenAPI page. Numbers in them are fictional ones (555-01xx)."""

from __future__ import annotations

from typing import Any

from dispatcher.web.http.problems import MEDIA_TYPE

WHEN = {
    400: "The form cannot be read.",
    401: "The token is missing or wrong.",
    403: "A viewer's token may look, not act.",
    404: "There is no such campaign, or no such thing in it.",
    409: "Its state does not allow this, or the first call with this Idempotency-Key is at work.",
    413: "The file is larger than `MMS_MAX_FILE_MB`, or what comes beside or without one than 1 MB.",
    415: "Send a form (multipart/form-data).",
    422: "The file or a setting cannot be used; nothing was done. Code, line, column and a hint say why.",
    429: "Too many wrong tokens came from this address.",
    503: "The store does not answer. Try again in a moment.",
}

_CAMPAIGN: dict[str, Any] = {
    "id": "spring-sale-7f3akq",
    "name": "Spring sale",
    "state": "checking",
    "reason": None,
    "rows": None,
    "rows_read": 0,
    "counts": {
        "pending": 0,
        "sending": 0,
        "unconfirmed": 0,
        "queued": 0,
        "sent": 0,
        "failed": 0,
        "delivered": 0,
        "rejected": 0,
        "skipped": 0,
        "invalid": 0,
        "cancelled": 0,
        "expired": 0,
    },
    "mended": 0,
    "messages": 0,
    "rate": "20/s",
    "finish_at": None,
    "cost": None,
    "created_at": "2026-03-01T14:00:00.000Z",
    "start_at": None,
    "started_at": None,
    "finished_at": None,
    "settled_at": None,
    "erased_at": None,
    "settings": {
        "name": "Spring sale",
        "from": ["12125550100"],
        "message": "Hi {{first_name|there}}, the sale starts today.",
        "media_urls": ["https://www.example.com/sale.jpg"],
        "rate": "20/s",
    },
}

_CHECKED = {"rows": 11, "sendable": 3, "invalid": 7, "duplicates": 1, "opted_out": 0, "no_consent": 0}
_READINGS = [{"setting": "to", "value": "Phone", "why": "its heading", "samples": [], "choices": []}]

IDEMPOTENCY_KEY = (
    "Makes a repeated call safe: for 24 hours the same key with the same body gets the first answer, "
    "with another body a 422, and while the first call is at work, or if nobody knows what it did, a 409."
)

CREATED: dict[str, Any] = {
    "description": "The campaign is in the ledger.",
    "headers": {"Location": {"description": "Where to look at it.", "schema": {"type": "string"}}},
    "content": {"application/json": {"example": {**_CAMPAIGN, "checked": _CHECKED, "readings": _READINGS}}},
}


def _csv(description: str, example: str) -> dict[str, Any]:
    """An answer that is a CSV file."""
    return {
        "description": description,
        "content": {"text/csv": {"schema": {"type": "string"}, "example": example}},
    }


REPORT = _csv(
    "The report.", "row,line,number,state,reason,message_sid,…\n1,2,12125550101,delivered,,097b49df-…\n"
)
ERRORS = _csv("The rows that cannot be sent.", "phone,first_name,error_line,…\n123,Ann,2,…\n")
OPT_OUTS = _csv(
    "The list.", "number,state,source,at\n12125550101,out,by telephone,2026-03-01T14:00:00.000Z\n"
)

LIST: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "A CSV with numbers."}
                },
            }
        }
    },
}


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


_SETTINGS = {
    "file": _text(
        "The campaign file: a CSV with a header, or a workbook (.xlsx, .xls, .ods), also in .gz or .zip.",
        format="binary",
    ),
    "list": _text(
        "Instead of a file: its text, or numbers, one on each line or between commas.",
        examples=["12125550101\n12125550102"],
    ),
    "name": _text("What people call it.", examples=["Spring sale"]),
    "from": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Our number, or a pool of them.",
        "examples": [["12125550100"]],
    },
    "message": _text("The text, with merge fields.", examples=["Hi {{first_name|there}}!"]),
    "media_urls": {
        "type": "array",
        "items": {"type": "string", "format": "uri"},
        "description": "Pictures: at most 10.",
        "examples": [["https://www.example.com/sale.jpg"]],
    },
    "media": {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "description": "Pictures of your own, served from `MMS_PUBLIC_URL`; repeatable.",
    },
    "group_size": {"type": "integer", "minimum": 2, "maximum": 9, "description": "Groups of so many rows."},
    "group_by": _text("Or: rows with the same value in this column are a group."),
    "rate": _text("At most so fast.", examples=["20/s"]),
    "at": _text("When it starts, with a zone.", examples=["2026-03-02T09:00:00-05:00"]),
    "expires_after": _text("What is not sent so long after the start is not sent.", examples=["6h"]),
    "quiet_hours": _text("Hours in which nobody is written to.", enum=["off", "federal", "us-strict"]),
    "max_cost": _text("Stop before it costs more dollars.", examples=["250"]),
    "priority": _text("Urgent ones go first.", enum=["normal", "urgent"]),
    "on_unconfirmed": _text(
        "Look for messages of unknown outcome, or hold them for a person.", enum=["lookup", "hold"]
    ),
    "media_check": {"type": "boolean", "description": "Look at the pictures first.", "default": True},
    "strict": {"type": "boolean", "description": "Any invalid row refuses the file.", "default": False},
    "allow_same_file": {"type": "boolean", "description": "Send a file again.", "default": False},
    "to": _text(
        "The column of the recipients; not given: found out, or asked for.", examples=["Mobile Phone"]
    ),
    "consent": _text("The column that says who wants texts, commas between several; not given: found out."),
    "on_no_consent": _text("What becomes of a row that says no there.", enum=["skip", "send"]),
    "sheet": _text("The sheet of a workbook; not given: the visible one with recipients."),
    "hidden_rows": {"type": "boolean", "description": "Send to hidden rows of a workbook.", "default": False},
    "encoding": _text("The encoding of a text file; not given: found out.", examples=["windows-1250"]),
    "smart_encoding": {
        "type": "boolean",
        "description": "Write typographic quotes, dashes and spaces plainly, so that texts stay short.",
        "default": False,
    },
    "unknown_area_codes": _text("Area codes that nobody knows yet.", enum=["refuse", "send"]),
}


def _form(required: list[str], beside: dict[str, Any]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": required,
        "anyOf": [{"required": ["file"]}, {"required": ["list"]}],
        "properties": {**_SETTINGS, **beside},
    }
    encoding = {name: {"explode": True} for name in ("from", "media_urls", "media")}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}


FORM = _form(
    [],
    {
        "draft": {
            "type": "boolean",
            "default": False,
            "description": "Keep it; `start` sends it. Not with `every`.",
        },
        "every": _text("Again and again: then it recurs.", examples=["mon 09:00 America/New_York"]),
        "run_late_within": _text("With `every`: start so late at most.", examples=["1h"]),
    },
)

TEST_FORM = _form(
    ["row", "to"],
    {
        "row": {"type": "integer", "minimum": 1, "description": "The row, from 1, without the heading."},
        "to": _text("A number of your own.", examples=["12125550101"]),
        "column": _text("The column of the recipients, which is `to` elsewhere.", examples=["Mobile Phone"]),
    },
)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The declaration of these problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": WHEN[status], "content": content} for status in statuses}
