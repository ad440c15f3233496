"""Who may come in: bearer tokens for programs, sessions for people, and forms that come from our own pages."""

from __future__ import annotations

import hmac
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from dispatcher.ledger.installation.api_tokens import TokenHolder
from dispatcher.web.site.sessions import Session
from dispatcher.web.site.site import Site, site_of

_bearer = HTTPBearer(
    auto_error=False, description="The admin token that `mms up` prints, or one made by `mms token create`."
)


def holder_of(site: Site, token: str) -> TokenHolder | None:
    """Who a token belongs to; the admin token of the settings is compared in constant time.

    Raises:
        StoreUnavailable: Redis does not answer, or the ledger was not seen since our start.
    """
    site.installation  # noqa: B018 - raises while the ledger was not seen
    configured = site.settings.admin_token
    if configured is not None and hmac.compare_digest(
        token.encode(errors="replace"), configured.get_secret_value().encode()
    ):
        return TokenHolder("", "admin", "admin")
    return site.api_tokens.find(token)


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


def bearer(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> TokenHolder:
    """Who calls. Only calls with a token pass, and those always.

    Raises:
        HTTPException: 401 without a token that we know.
        TooManyTriesError: too many wrong ones came from this address.
    """
    site = site_of(request)
    holder = holder_of(site, credentials.credentials) if credentials is not None else None
    if holder is not None:
        return holder
    if credentials is not None:
        site.throttle.wrong(address_of(request), also_all=False)
    raise HTTPException(401, "Send a token as a bearer token.", {"WWW-Authenticate": "Bearer"})


Caller = Annotated[TokenHolder, Depends(bearer)]


def acting(holder: Caller) -> TokenHolder:
    """Who calls, if they may act.

    Raises:
        HTTPException: 403, a viewer.
    """
    if holder.role != "admin":
        raise HTTPException(403, "This token may look, not act.")
    return holder


Actor = Annotated[TokenHolder, Depends(acting)]


def cookie_name(site: Site) -> str:
    """A browser sends a host's cookies to all of its ports, and two containers both listen on 8080: the name is the
    ledger's, so that a login at one installation ends none at another.

    Raises:
        StoreUnavailable: the ledger was not seen since our start.
    """
    return f"mms_session_{site.arrival.ledger}"


class NotLoggedInError(Exception):
    """The page needs a login; `path` is where to go after it."""

    def __init__(self, path: str) -> None:
        super().__init__("not logged in")
        self.login = f"/login?next={quote(path, safe='')}"


def person(request: Request) -> Session:
    """The session of the one who looks.

    Raises:
        NotLoggedInError: there is none.
    """
    site = site_of(request)
    session = site.sessions.find(request.cookies.get(cookie_name(site)))
    if session is None:
        raise NotLoggedInError(request.url.path if request.method == "GET" else "/")
    return session


Person = Annotated[Session, Depends(person)]


def operator(session: Person) -> Session:
    """The session of one who may act.

    Raises:
        HTTPException: 403, a viewer.
    """
    if not session.may_act:
        raise HTTPException(403, "Your login may look, not act.")
    return session


Operator = Annotated[Session, Depends(operator)]


def same_origin(request: Request) -> None:
    """Refuse what another site's page makes a browser send.

    Raises:
        HTTPException: 403, it comes from elsewhere.
    """
    if request.method in ("GET", "HEAD"):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = {request.headers.get("host"), urlsplit(site_of(request).settings.public_url or "").netloc} - {""}
    if site not in (None, "same-origin", "none") or (origin and urlsplit(origin).netloc not in ours):
        raise HTTPException(403, "The form does not come from this console.")


def check_csrf(session: Session, token: object) -> None:
    """Let only forms of this session pass.

    Raises:
        HTTPException: 403, the form's token is missing or of another session.
    """
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), session.csrf.encode()):
        raise HTTPException(403, "The form is of another login. Go back, load the page again, and try again.")
