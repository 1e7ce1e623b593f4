"""Who may do what: a key in `Authorization: Bearer`, and the scope that a route needs."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, Protocol

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from everyword_events import EverywordError

Scope = Literal["search", "upload", "edit", "admin"]
SESSION: Final = "session."
"""What a browser's session begins with, where a key may stand."""
SESSION_COOKIE: Final = "everyword_session"


class AccessDenied(EverywordError):
    """The key is missing or unknown, or does not reach so far."""

    code = "key_missing"


class Access(Protocol):
    """Decides about a request by its key (empty without one)."""

    def check(self, key: str, scope: Scope, *, public: bool) -> None:
        """Return if the request may go on; `public` routes may be open to anybody.

        Raises:
            AccessDenied: it may not.
        """
        ...


class OpenAccess:
    """Everybody may do everything: a server that only this machine can reach."""

    def check(self, key: str, scope: Scope, *, public: bool) -> None:
        """Let anything pass."""


_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key; not needed on a loopback server"
)
_Sent = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


def needs(scope: Scope, *, public: bool = False) -> Any:
    """Return the dependency of a route or router that needs a scope."""
    return Depends(_check(scope, public=public))


def _check(scope: Scope, *, public: bool) -> Callable[..., Any]:
    async def authorize(request: Request, sent: _Sent) -> None:
        access: Access = request.app.state.access
        access.check(sent.credentials if sent else _session(request), scope, public=public)

    return authorize


def key_of(request: Request) -> str:
    """Return the key a request brings, where no dependency reads it."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else _session(request)


def _session(request: Request) -> str:
    """Return the session in a browser's cookie; pages of other origins cannot send it."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    return cookie if cookie.startswith(SESSION) else ""
