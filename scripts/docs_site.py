"""What mkdocs needs to make a site of docs/: pages from elsewhere, and links that lead somewhere.

The pages are written to be read in the repository, where they link to code. On the site there is no
code: such a link becomes the file's name.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any, Final

from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]
ELSEWHERE: Final = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "tests/README.md": "tests.md",
    "services/search/widget/README.md": "widget.md",
}
"""Pages of the site that lie outside docs/, by their place in the repository."""

_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Put the decisions, of which there is one more now and then, into the navigation."""
    decisions = sorted(path.name for path in (ROOT / "docs/adr").glob("*.md"))
    config["nav"].append({"Decisions": [f"adr/{name}" for name in decisions]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from elsewhere."""
    for place, name in ELSEWHERE.items():
        files.append(File.generated(config, name, content=(ROOT / place).read_text()))
    return files


def on_page_markdown(text: str, page: Any, **_: Any) -> str:
    """Turn the repository's links into the site's."""
    site_name = page.file.src_uri
    places = {name: place for place, name in ELSEWHERE.items()}
    place = places.get(site_name, f"docs/{site_name}")

    def moved(link: re.Match[str]) -> str:
        picture, said, target, anchor = link.groups()
        where = _place_on_site(normpath(PurePosixPath(place).parent / target))
        if where is None:
            return said if "`" in said else f"`{said}`"
        return f"{picture}[{said}]({relpath(where, PurePosixPath(site_name).parent)}{anchor or ''})"

    return _LINK.sub(moved, text)


def _place_on_site(place: str) -> str | None:
    """Return where the site has a file of the repository, if it does."""
    if place in ELSEWHERE:
        return ELSEWHERE[place]
    if place.startswith("docs/") and (ROOT / place).is_file():
        return place.removeprefix("docs/")
    return None
