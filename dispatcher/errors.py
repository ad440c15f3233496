"""Every error of the dispatcher, named by what the caller can do about it.

    MmsError
    ├── InputError            the call, the file or a setting is wrong; nothing was done     (exit status 2)
    │   ├── FileRefused       the campaign file cannot be used; says the line and what to do
    │   ├── SubmittedBefore   the same file with the same settings is a campaign already
    │   ├── ConfigError       a setting is missing, wrong or contradicts the ledger
    │   │   └── LedgerNewer   the ledger lets in newer programs only: end, and start one of those
    │   └── NotFound          no such campaign, message or number
    ├── Conflict              the thing is in a state that does not allow this               (exit status 1)
    ├── StoreUnavailable      Redis does not answer; try again when it does
    │   └── ClaimsHeld        it answers, and no claim may be granted on it now; says why
    ├── StoreUnsafe           Redis answers, but cannot keep our promises
    ├── ServiceFailed         a service of `mms up` cannot live; its last words say why
    ├── StoreRefused          Redis refuses a call of ours for good: another program's key, or a defect
    └── ApiError              an answer of CarrierX, or none
        ├── NotSent           the request never left us: safe to try again
        ├── Throttled         CarrierX said "later" (429, 409): safe to try again after `retry_after`
        ├── Refusal           CarrierX said no, with its own words
        │   └── Refused       ... to this message: never again unchanged
        ├── Unauthorized      the token is refused: stop everything that uses it
        │   └── Forbidden     a Refusal too: or only this message is; another message tells
        └── OutcomeUnknown    it may have arrived: never send again before it was looked for

Texts of these errors carry no phone number, message body, token or password: they end in logs and in Flower.
"""

from __future__ import annotations

from typing import NamedTuple


class MmsError(Exception):
    """The root. `str()` is a sentence for a person; `hint` says what to do about it."""

    exit_status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(MmsError):
    """The call was wrong; nothing was done."""

    exit_status = 2


class Choice(NamedTuple):
    """One answer to a question: the setting's value, what it is called, up to three cells or lines that help to choose.
    The samples are the file's own, for nobody but the person who brought it."""

    value: str
    label: str
    samples: tuple[str, ...] = ()


class Question(NamedTuple):
    """What a file leaves open, and a person knows: the setting that would say it, and the likeliest answers."""

    setting: str
    choices: tuple[Choice, ...]


class FileRefused(InputError):
    """The campaign file as a whole cannot be used.

    `code` is stable and machine readable, `line` the file's own line (1 based) or None, `column` the heading. With a
    `question` it can be used as soon as that is answered.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        line: int | None = None,
        column: str | None = None,
        hint: str = "",
        question: Question | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.line = line
        self.column = column
        self.question = question


class SubmittedBefore(InputError):
    """The same content with the same settings was submitted within 24 hours; `campaign_id` says as which campaign."""

    def __init__(self, campaign_id: str) -> None:
        super().__init__(
            f"the same file with the same settings was submitted in the last 24 hours: campaign {campaign_id}",
            hint="say --allow-same-file (allow_same_file in the API) to send it again",
        )
        self.campaign_id = campaign_id


class ConfigError(InputError):
    """A setting is missing or wrong."""


class LedgerNewer(ConfigError):
    """The ledger was brought to a schema that this program may not work with."""


class NotFound(InputError):
    """There is no such thing in the ledger."""


class Conflict(MmsError):
    """The campaign's state does not allow this."""


class StoreUnavailable(MmsError):
    """Redis does not answer."""


class ClaimsHeld(StoreUnavailable):
    """Redis answers, and what it says of claims may not be acted on now: wait, and ask again."""


class StoreUnsafe(MmsError):
    """Redis answers, but with settings under which a promise cannot be kept."""


class ServiceFailed(MmsError):
    """A supervised process ended at once, whenever it was started."""


class StoreRefused(MmsError):
    """Redis refuses a call of ours, and will again."""


class ApiError(MmsError):
    """What CarrierX answered, or that it did not. `status` is the HTTP status, None without an answer."""

    def __init__(self, message: str, *, status: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class NotSent(ApiError):
    """The request never left: name resolution, refused connection, TLS, connect time-out."""


class Throttled(ApiError):
    """CarrierX asks for patience: 429, or 409 and its like, which may work later. `retry_after` in seconds, if it said
    so; `field` is what it is about, if it named one (`from`: this number, `to`: this message, not the account)."""

    def __init__(
        self, message: str, *, status: int, retry_after: float | None = None, field: str | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after
        self.field = field


class Complaint(NamedTuple):
    """One entry of CarrierX's error body, as it stands there. It may hold phone numbers: for nobody but the report."""

    field: str | None
    text: str | None
    reference: str | None


class Refusal(ApiError):
    """CarrierX said no; `field` and `text` are its own words, for the report, `complaints` all of them one by one."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        field: str | None = None,
        text: str = "",
        complaints: tuple[Complaint, ...] = (),
    ) -> None:
        super().__init__(message, status=status)
        self.field = field
        self.text = text
        self.complaints = complaints


class Refused(Refusal):
    """CarrierX refuses this message."""


class Unauthorized(ApiError):
    """401: the token does not work; nothing that uses it may go on."""


class Forbidden(Refusal, Unauthorized):
    """403, 402, or a refusal that speaks of funds: about this message, or about all that uses the token. Only another
    message can tell."""


class OutcomeUnknown(ApiError):
    """Read time-out, reset after the body, 5xx, 408, an answer that is not the object: it may have been taken."""
