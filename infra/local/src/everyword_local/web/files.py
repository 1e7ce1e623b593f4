"""Scripts and styles for browsers, compressed once and kept."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from everyword_http import PUBLIC_HEADERS, etag_of, is_fresh
from everyword_http.compression import accepts_gzip

SUFFIXES: Final = frozenset({".js", ".css", ".json"})
_HEADERS: Final = {
    # Other sites embed the widget: a module script is fetched as CORS asks.
    **PUBLIC_HEADERS,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
_SMALLEST: Final = 9


@dataclass(frozen=True)
class _File:
    plain: bytes
    packed: bytes
    etag: str
    media_type: str


class BrowserFiles:
    """Serves the scripts and styles of one folder, and nothing else of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def __call__(self, request: Request) -> Response:
        """Answer one request; `path` is the route's parameter."""
        path = self._found(request.path_params["path"])
        if path is None:
            return Response(status_code=404)
        file = _read(path, path.stat().st_mtime_ns)
        takes_gzip = accepts_gzip(request.headers.get("accept-encoding", ""))
        headers = {**_HEADERS, "ETag": f"W/{file.etag}" if takes_gzip else file.etag}
        if is_fresh(request.headers.get("if-none-match"), file.etag):
            return Response(status_code=304, headers=headers)
        if takes_gzip:
            headers["Content-Encoding"] = "gzip"
        body = file.packed if takes_gzip else file.plain
        return Response(body, headers=headers, media_type=file.media_type)

    def _found(self, name: str) -> Path | None:
        try:
            path = (self._folder / name).resolve()
            is_served = path.suffix in SUFFIXES and path.is_relative_to(self._folder)
            return path if is_served and path.is_file() else None
        except (OSError, ValueError):  # too long a name, or a NUL in it
            return None


@lru_cache(maxsize=128)
def _read(path: Path, _: int) -> _File:
    """Read and compress a file; the second argument is when it was changed."""
    plain = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(plain, gzip.compress(plain, _SMALLEST), etag_of(plain), kind)
