"""The frame around every page, and the policy it is sent under."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from search.pages.text import attribute, shown

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "media-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""Sent with every page. Audio or an API on another origin needs that origin added."""


@dataclass(frozen=True)
class Site:
    """Where things are: `root` is the path everything lies under, `origin` the public address.

    Without an `origin` (`https://example.org`) a page has no canonical link.
    """

    name: str = "Everyword"
    root: str = "/"
    origin: str = ""

    def path(self, *parts: str, **query: str) -> str:
        """Return a path on this site, with its parts quoted."""
        path = self.root + "/".join(quote(part, safe="") for part in parts)
        return f"{path}?{urlencode(query)}" if query else path


def search_form(site: Site, query: str = "") -> str:
    """Return a search box that works without scripts."""
    return f"""<form class="find" role="search" action="{attribute(site.path("search"))}">
<input type="search" name="q" value="{attribute(query)}" dir="auto" maxlength="300"
 aria-label="Search every spoken word" placeholder="Find any word">
<button>Search</button>
</form>"""


def page(
    site: Site,
    *,
    title: str,
    main: str,
    head: str,
    scripts: Iterable[str],
    extra_scripts: Iterable[str] = (),
    header: str = "",
) -> str:
    """Return a whole document around `main`.

    `scripts` are modules of the widget's folder, `extra_scripts` addresses of others.
    """
    addresses = [*(site.path("widget", name) for name in scripts), *extra_scripts]
    modules = "\n".join(
        f'<script type="module" src="{attribute(address)}"></script>' for address in addresses
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{shown(title)}</title>
{head}
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{attribute(site.path("widget", "pages.css"))}">
{modules}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site">
<a class="brand" href="{attribute(site.root)}">every<mark>word</mark></a>
{header}
</header>
<main id="main">
{main}
</main>
</body>
</html>
"""


def render_message(title: str, detail: str, *, site: Site | None = None) -> str:
    """Render a page that says one thing, such as that there is no such episode."""
    site = site or Site()
    return page(
        site,
        title=f"{title} - {site.name}",
        head='<meta name="robots" content="noindex">',
        scripts=(),
        header=search_form(site),
        main=f"""<h1>{shown(title)}</h1>
<p>{shown(detail)}</p>
<p><a class="button" href="{attribute(site.root)}">All episodes</a></p>""",
    )
