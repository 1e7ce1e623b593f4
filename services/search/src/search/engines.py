"""Opens the engine that the settings name, or writes its index anew."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from everyword_events import InvalidInput, Misconfigured
from search.adapters.pronunciations import pronouncer
from search.config import SearchSettings
from search.domain.phonetics import Pronouncer
from search.fifo_gate import FifoGate
from search.phonetic_search import PhoneticSearch
from search.ports import PhoneticIndex, Vocabulary, WordIndex

if TYPE_CHECKING:
    from search.adapters.sqlite.index import SqliteWordIndex

_AT_ONCE: Final = 2
"""One long search must not hold up all others; more would but share the interpreter."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SearchEngine:
    """An index, its vocabulary, its phonetic search if any; `close` gives back what they hold.

    `unfilled` is an embedded index that must be made again from the event log. `gate` is what
    searches pass one after the other, where they share this process's time.
    """

    index: WordIndex
    vocabulary: Vocabulary
    close: Callable[[], None]
    phonetics: PhoneticSearch | None = None
    unfilled: "SqliteWordIndex | None" = None
    gate: FifoGate | None = None


def open_engine(settings: SearchSettings, file: Path, *, credentials: Any = None) -> SearchEngine:
    """Open the index: the file `file` with SQLite, or OpenSearch at `settings.url`.

    `credentials` are botocore's and sign the requests where `settings.aws_region` is given.

    Raises:
        Misconfigured: the index is of another version or cannot be opened, or the OpenSearch
            client is not installed.
        TransientFailure: OpenSearch does not answer.
    """
    if settings.engine == "sqlite":
        embedded = _embedded(settings, file)
        phonetics = _phonetic_search(settings, embedded.phonetics)
        unfilled = None if embedded.is_complete else embedded
        return SearchEngine(
            embedded, embedded.vocabulary, embedded.close, phonetics, unfilled, FifoGate(_AT_ONCE)
        )
    driver = _driver(settings, credentials)
    from search.adapters.opensearch.client import OpenSearchClient  # noqa: PLC0415
    from search.adapters.opensearch.index import OpenSearchWordIndex  # noqa: PLC0415

    index = OpenSearchWordIndex(
        OpenSearchClient(driver), prefix=settings.index, pronouncer=_pronouncer(settings)
    )
    phonetics = _phonetic_search(settings, index.phonetics)
    return SearchEngine(index, index.vocabulary, driver.close, phonetics)


def reindex(
    settings: SearchSettings,
    *,
    credentials: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write OpenSearch's index anew while searches go on; return how many episodes were copied.

    Brings an index of an older format up to date, and goes on where an interrupted run stopped.
    `progress` is told how many episodes are done, and of how many.

    Raises:
        InvalidInput: the settings name the embedded engine.
        Misconfigured: there is no index, or the OpenSearch client is not installed.
        TransientFailure: OpenSearch is away or busy; run it again to go on.
    """
    if settings.engine == "sqlite":
        raise InvalidInput(
            "only an OpenSearch index is written anew in place",
            hint="delete words.sqlite while no server runs, then `everyword replay --all "
            "--from TranscriptRefined --only search --wait`",
            code="config_engine",
        )
    driver = _driver(settings, credentials)
    from search.adapters.opensearch import reindex as reindexing  # noqa: PLC0415
    from search.adapters.opensearch.client import OpenSearchClient  # noqa: PLC0415

    try:
        return reindexing.reindex(
            OpenSearchClient(driver),
            prefix=settings.index,
            grace_s=settings.time_budget_s,
            progress=progress,
            pronouncer=_pronouncer(settings),
        )
    finally:
        driver.close()


def _embedded(settings: SearchSettings, file: Path) -> "SqliteWordIndex":
    """Open the embedded index; one that is damaged is deleted: the event log tells it all."""
    from everyword_events.sqlite.opener import delete_file  # noqa: PLC0415
    from search.adapters.sqlite.index import SqliteWordIndex  # noqa: PLC0415 - OpenSearch needs none

    for is_last in (False, True):
        try:
            embedded = SqliteWordIndex(file, pronouncer=_pronouncer(settings))
            try:
                embedded.check()
            except Misconfigured:
                embedded.close()
                raise
        except Misconfigured as error:
            if is_last or error.code != "data_unreadable":
                raise
            _log.warning("the search index is damaged and is made again")
            delete_file(file)
        else:
            return embedded
    raise AssertionError


def _driver(settings: SearchSettings, credentials: Any) -> Any:
    """Return the driver of the OpenSearch client, which is an extra."""
    try:
        from search.adapters.opensearch.client import driver_for  # noqa: PLC0415
    except ImportError as error:
        raise Misconfigured(
            "the OpenSearch client is not installed",
            hint='pip install "everyword-search[opensearch]"',
            code="opensearch_missing",
        ) from error
    return driver_for(settings.url, aws_region=settings.aws_region, credentials=credentials)


def _pronouncer(settings: SearchSettings) -> Callable[[], Pronouncer] | None:
    return pronouncer if settings.by_sound else None


def _phonetic_search(settings: SearchSettings, index: PhoneticIndex) -> PhoneticSearch | None:
    return PhoneticSearch(index, pronouncer, settings.likely) if settings.by_sound else None
