"""The search service on AWS: its engine is OpenSearch, whatever everyword.toml says."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from everyword_aws.clients import credentials, region
from everyword_aws.graphs.shared import ServiceGraph
from everyword_aws.moments import MomentSearch
from search.config import SearchSettings
from search.engines import SearchEngine, open_engine
from search.service import ReadableShows, SearchService

_NO_FILE = Path("/tmp/unused")  # noqa: S108 - the embedded engine's, which is not used here


@cache
def graph() -> ServiceGraph:
    """Return the service's ports."""
    return ServiceGraph()


def _settings() -> dict[str, str]:
    url = graph().environment.index_url
    signed = {"aws_region": region()} if url.startswith("https://") else {}
    return {"engine": "opensearch", "url": url, **signed}


@cache
def engine() -> SearchEngine:
    """Return the index; requests to a collection are signed with the function's own credentials."""
    settings = graph().settings(SearchSettings, **_settings()).of_show("")
    return open_engine(settings, _NO_FILE, credentials=credentials())


def compose(*, readable: Callable[[], ReadableShows] = ReadableShows) -> SearchService:
    """Return the service; `readable` says what whoever asks now may read."""
    own, index = graph(), engine()
    return SearchService(
        index.index,
        index.vocabulary,
        own.blobs,
        own.settings(SearchSettings, **_settings()).for_show,
        index.phonetics,
        index.gate,
        readable=readable,
    )


@cache
def service() -> SearchService:
    """Return the service, which everything may be asked of."""
    return compose()


@cache
def moments() -> MomentSearch:
    """Return what finds a query in one episode."""
    return MomentSearch(service().search)
