"""Opens the engine that the settings name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from everyword_events import Misconfigured
from search.adapters.pronunciations import pronouncer
from search.adapters.sqlite_index import SqliteWordIndex
from search.by_sound import FindsBySound
from search.config import SearchSettings
from search.ports import Vocabulary, WordIndex


@dataclass(frozen=True)
class Engine:
    """An index, its vocabulary, its sounds if it has any; `close` gives back what they hold."""

    index: WordIndex
    vocabulary: Vocabulary
    close: Callable[[], None]
    sounds: FindsBySound | None = None


def open_engine(settings: SearchSettings, file: Path, *, credentials: Any = None) -> Engine:
    """Open the index: the file `file` with SQLite, or OpenSearch at `settings.url`.

    `credentials` are botocore's and sign the requests where `settings.aws_region` is given.

    Raises:
        Misconfigured: the index is of another version or cannot be opened, or the OpenSearch
            client is not installed.
        TransientFailure: OpenSearch does not answer.
    """
    if settings.engine == "sqlite":
        within = settings.sounds_within
        embedded = SqliteWordIndex(file, pronouncer=pronouncer if within else None)
        sounds = FindsBySound(embedded.sounds, pronouncer, within) if within else None
        return Engine(embedded, embedded.vocabulary, embedded.close, sounds)
    try:
        from search.adapters.opensearch_client import OpenSearchClient, driver_for  # noqa: PLC0415
        from search.adapters.opensearch_index import OpenSearchWordIndex  # noqa: PLC0415
    except ImportError as error:
        raise Misconfigured(
            "the OpenSearch client is not installed",
            hint='pip install "everyword-search[opensearch]"',
            code="opensearch_missing",
        ) from error
    driver = driver_for(settings.url, aws_region=settings.aws_region, credentials=credentials)
    index = OpenSearchWordIndex(OpenSearchClient(driver), prefix=settings.index)
    return Engine(index, index.vocabulary, driver.close)
