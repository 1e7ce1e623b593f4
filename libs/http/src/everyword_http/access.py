"""Who may do what: a key in `Authorization: Bearer`, and the scope that a route needs."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Annotated, Any, Final, Literal, Protocol

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from everyword_events import EverywordError

Scope = Literal["search", "upload", "edit", "admin"]
SESSION: Final = "session."
"""What a browser's session begins with, where a key may stand."""
SESSION_COOKIE: Final = "everyword_session"


without_key: ContextVar[bool] = ContextVar("without_key", default=False)
"""Whether the request in hand brings no key and reads what is public only."""


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

    def check_public(self, *, episode_id: str | None, show: str | None) -> None:
        """Return if whoever has no key may read this episode or show.

        Raises:
            AccessDenied: it is not public.
        """
        ...


class OpenAccess:
    """Everybody may do everything: a server that only this machine can reach."""

    def check(self, key: str, scope: Scope, *, public: bool) -> None:
        """Let anything pass."""

    def check_public(self, *, episode_id: str | None, show: str | None) -> None:
        """Let anything pass."""


async def check_read(access: Access, key: str, named: Mapping[str, Any]) -> None:
    """Return if a request may read what its path names: `episode_id` or `show`.

    Raises:
        AccessDenied: it may not.
    """
    access.check(key, "search", public=True)
    episode_id, show = named.get("episode_id"), named.get("show")
    if without_key.get() and (episode_id or show):
        asked = partial(access.check_public, episode_id=episode_id, show=show)
        await run_in_threadpool(asked)


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
        key = sent.credentials if sent else _session(request)
        if public:
            await check_read(access, key, request.path_params)
        else:
            access.check(key, scope, public=False)

    return authorize


def key_of(request: Request) -> str:
    """Return the key a request brings, where no dependency reads it."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else _session(request)


def _session(request: Request) -> str:
    """Return the session in a browser's cookie; pages of other origins cannot send it."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    return cookie if cookie.startswith(SESSION) else ""
