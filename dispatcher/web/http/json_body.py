"""A call's JSON body: capped, checked against its model, and declared for the API's description."""

from __future__ import annotations

from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from dispatcher.errors import InputError
from dispatcher.web.http.body import read_body

Model = TypeVar("Model", bound=BaseModel)
_MOST_BYTES = 1024 * 1024


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as this model.

    Raises:
        BodyTooLargeError: it is larger than 1 MB.
        InputError: it is no such object. The text names the field, never its value.
    """
    body = await read_body(request.receive, _MOST_BYTES)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "the body"
        raise InputError(f"{name}: {first['msg']}", hint="send JSON as the API's description shows") from None


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """The declaration of such a body."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": model.model_json_schema()}},
        }
    }
