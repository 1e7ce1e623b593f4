"""The website's static files: widget, archive page, and the one OpenAPI document."""

import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import everyword_local.web
from everyword_cdk.parts.routes import all_routers
from everyword_http import create_application
from everyword_http.reference import reference_page
from search.widget_files import widget_path

_PAGE_FILES = ("*.js", "*.css")


def write_site() -> Path:
    """Write the files to a new folder, under the paths that pages and clients know."""
    site = Path(tempfile.mkdtemp(prefix="everyword-site-"))
    shutil.copytree(widget_path(), site / "widget", ignore=shutil.ignore_patterns("*.md"))
    pages = Path(everyword_local.web.__file__).parent
    for page in ("index.html", "episode.html"):
        shutil.copy(pages / page, site / page)
    (site / "static").mkdir()
    for pattern in _PAGE_FILES:
        for file in pages.glob(pattern):
            shutil.copy(file, site / "static" / file.name)
    document = api_document()
    (site / "v1").mkdir()
    (site / "v1" / "openapi.json").write_text(json.dumps(document, sort_keys=True), "utf-8")
    (site / "docs").write_text(reference_page(document), "utf-8")
    return site


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document of all functions together."""
    routers = [router for routers in all_routers().values() for router in routers]
    return create_application("Everyword", version("everyword-aws"), routers).openapi()
