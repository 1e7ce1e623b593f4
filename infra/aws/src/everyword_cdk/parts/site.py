"""The website's static files: widget, archive page, and the one OpenAPI document."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import everyword_local.web
from everyword_cdk.parts.routes import all_routers
from everyword_http import create_application
from everyword_http.reference import reference_page
from search.widget_files import widget_path

_PAGE_FILES = ("*.js", "*.css")
_STATUS_LINK = '<a class="button" href="/status">Status</a>'
PAGES: Mapping[str, str] = {"/docs": "/docs.html"}
"""Addresses of pages, and their files: by a file's ending S3 is told what it is."""


def write_site() -> Path:
    """Write the files to a new folder, under the paths that pages and clients know."""
    site = Path(tempfile.mkdtemp(prefix="everyword-site-"))
    shutil.copytree(widget_path(), site / "widget", ignore=shutil.ignore_patterns("*.md"))
    pages = Path(everyword_local.web.__file__).parent
    shutil.copy(pages / "episode.html", site / "episode.html")
    (site / "index.html").write_text(_without_status(pages / "index.html"), "utf-8")
    (site / "static").mkdir()
    for pattern in _PAGE_FILES:
        for file in pages.glob(pattern):
            shutil.copy(file, site / "static" / file.name)
    document = api_document()
    (site / "v1").mkdir()
    (site / "v1" / "openapi.json").write_text(json.dumps(document, sort_keys=True), "utf-8")
    (site / PAGES["/docs"].lstrip("/")).write_text(reference_page(document), "utf-8")
    return site


def _without_status(page: Path) -> str:
    """Return the archive's page without the way to a page that needs a key: nobody signs in here.

    Raises:
        ValueError: the page has no such link any more.
    """
    before, link, after = page.read_text("utf-8").partition(_STATUS_LINK)
    if not link:
        raise ValueError(f"{page.name} has no link to the status page")
    return before + after


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document of all functions together."""
    routers = [router for routers in all_routers().values() for router in routers]
    return create_application("Everyword", version("everyword-aws"), routers).openapi()
