"""`Idempotency-Key` on calls that make something: the first answer again, however often the call is repeated."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from dispatcher.errors import InputError, StoreUnavailable
from dispatcher.ledger.installation.idempotency_keys import StoredAnswer
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def digest_of(upload: Upload, options: dict[str, Any]) -> str:
    """The same for the same file and settings. Leaves the file at its beginning."""
    upload.source.seek(0)
    digest = hashlib.sha256()
    while chunk := upload.source.read(1 << 20):
        digest.update(chunk)
    upload.source.seek(0)
    digest.update(json.dumps([upload.filename, options], sort_keys=True).encode())
    return digest.hexdigest()


def answer_once(
    site: Site, who: str, key: str | None, digest: Callable[[], str], work: Callable[[], StoredAnswer]
) -> StoredAnswer:
    """Do `work` if this is the first call with this key, else answer what the first one was answered.

    A call that fails did nothing and is not remembered; unless Redis did not answer, or this process dies: then nobody
    knows what it did, and it is not done again with its key.

    Raises:
        InputError: the key cannot be used, or stands for another body.
        Conflict: the first call is at work, or was never answered.
    """
    if key is None:
        return work()
    if not _KEY.fullmatch(key):
        raise InputError(
            "an Idempotency-Key has 1 to 255 visible ASCII characters", hint="a UUID is a good one"
        )
    body_digest = digest()
    earlier = site.idempotency_keys.begin(who, key, body_digest)
    if earlier is not None:
        return earlier
    try:
        answer = work()
    except StoreUnavailable:
        raise
    except BaseException:
        site.idempotency_keys.forget(who, key)
        raise
    site.idempotency_keys.answered(who, key, body_digest, answer)
    return answer
