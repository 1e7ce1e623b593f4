"""API keys on one machine: a table of digests, and signing in from a browser."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response as AnyResponse
from starlette.routing import BaseRoute, Route

from everyword_events import EverywordError
from everyword_events.sqlite.database import SqliteDatabase
from everyword_events.sqlite.opener import Schema
from everyword_http import SESSION_COOKIE, Scope
from everyword_http.keys import SESSION_S, ApiKey, KeyAccess

SCHEMA: Final = Schema(
    "the API keys",
    1,
    "CREATE TABLE api_keys (key_id TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL,"
    " digest TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;",
)
_PAGE: Final = """<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width"><title>Sign in - Everyword</title>
<link rel=icon href="data:,"><link rel=stylesheet href=/widget/pages.css>
<header class=site><span class=brand>every<mark>word</mark></span></header>
<main><h1>Sign in</h1><form method=post action=/sign-in><div class=fields>
<label>Key <input type=password name=key required autofocus autocomplete=current-password></label>
</div>{said}<button class="button main">Sign in</button></form></main>"""
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SIGNED_IN_COOKIE: Final = "everyword_signed_in"
_LONGEST_FORM: Final = 2_000


class SqliteKeyStore:
    """`KeyStore` in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._database = SqliteDatabase(path, SCHEMA)

    def put(self, key: ApiKey) -> None:
        """Keep a key, in the place of one with its id."""
        row = (
            key.key_id,
            key.name,
            ",".join(key.scopes),
            key.digest,
            key.created_at.isoformat(),
        )
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO api_keys VALUES (?, ?, ?, ?, ?)", row)

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key."""
        rows = self._database.read("SELECT * FROM api_keys WHERE key_id = ?", (key_id,))
        return _key(rows[0]) if rows else None

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        return [_key(row) for row in self._database.read("SELECT * FROM api_keys ORDER BY 5")]

    def delete(self, key_id: str) -> bool:
        """Forget a key; tell whether there was one."""
        with self._database.write() as connection:
            done = connection.execute("DELETE FROM api_keys WHERE key_id = ?", (key_id,))
        return done.rowcount > 0

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def sign_in_routes(access: KeyAccess) -> list[BaseRoute]:
    """Return the page on which a person signs in with a key, and signs out."""

    async def page(_: Request) -> AnyResponse:
        return HTMLResponse(_PAGE.format(said=""), headers=_PAGE_HEADERS)

    async def sign_in(request: Request) -> AnyResponse:
        form = await request.form(max_files=0, max_fields=5)
        key = str(form.get("key", ""))[:_LONGEST_FORM].strip()
        try:
            session = access.sign_in(key)
        except EverywordError as error:
            said = f"<p class=trouble role=alert>{error.message}</p>"
            return HTMLResponse(_PAGE.format(said=said), 401, headers=_PAGE_HEADERS)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            SESSION_COOKIE,
            session,
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        # Scripts cannot see the session; by this they know to show the way out.
        answer.set_cookie(SIGNED_IN_COOKIE, "1", max_age=SESSION_S, samesite="strict")
        return answer

    async def sign_out(_: Request) -> AnyResponse:
        answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(SESSION_COOKIE)
        answer.delete_cookie(SIGNED_IN_COOKIE)
        return answer

    return [
        Route("/sign-in", page, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]


def _key(row: Sequence[str]) -> ApiKey:
    key_id, name, scopes, digest, created_at = row
    found: list[Scope] = [each for each in _SCOPES if each in scopes.split(",")]
    return ApiKey(key_id, name, tuple(found), digest, datetime.fromisoformat(created_at))


_SCOPES: Final[tuple[Scope, ...]] = ("search", "upload", "edit", "admin")
