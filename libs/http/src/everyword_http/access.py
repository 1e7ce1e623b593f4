"""Who may do what: a key in `Authorization: Bearer`, and the scope that a route needs."""

import hmac
from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from everyword_events import EverywordError

Scope = Literal["search", "upload", "edit", "admin"]


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


class SingleKey:
    """One key that may do everything; without it, public routes at most."""

    def __init__(self, key: str, *, public_search: bool = False) -> None:
        self._key = key.encode()
        self._public_search = public_search

    def check(self, key: str, scope: Scope, *, public: bool) -> None:  # noqa: ARG002 - it has all
        """Compare the key in constant time."""
        if public and self._public_search:
            return
        if not key:
            raise AccessDenied(
                "this needs a key", hint="send it as Authorization: Bearer KEY", code="key_missing"
            )
        if not hmac.compare_digest(key.encode(), self._key):
            raise AccessDenied("the key is not known here", code="key_unknown")


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
        access.check(sent.credentials if sent else "", scope, public=public)

    return authorize


def key_of(request: Request) -> str:
    """Return the key a request brings, where no dependency reads it."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""
