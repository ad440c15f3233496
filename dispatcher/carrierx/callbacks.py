"""A callback of CarrierX: a JSON POST like the SMS object, for inbound messages and status changes alike."""

from __future__ import annotations

from dispatcher.carrierx.wire import NotTheObjectError, read_object, read_status
from dispatcher.model.receipt import MessageStatus


class UnreadableCallbackError(ValueError):
    """The body of a callback is not a JSON object; the caller gets a 400."""


def read_callback(raw: bytes) -> MessageStatus | None:
    """What a callback says; look at `direction` first. None for an object that is not the SMS object.

    Nothing is believed here: CarrierX does not sign its callbacks.

    Raises:
        UnreadableCallbackError: the body is not a JSON object.
    """
    try:
        body = read_object(raw)
    except NotTheObjectError as error:
        raise UnreadableCallbackError(str(error)) from None
    try:
        return read_status(body)
    except NotTheObjectError:
        return None
