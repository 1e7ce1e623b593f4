"""Searches in processes of their own, which read one index: as many at once as there are."""

import os
import signal
import threading
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, Final, Self

from pydantic_core import to_json

from everyword_events import TransientFailure
from everyword_local.settings import SettingsFile
from everyword_local.sparing import keep_what_is_loaded, share_heaps
from search.domain.pages import out_of_time
from search.engines import open_engine
from search.service import SearchService

_TRIES: Final = 2


class SearchProcesses:
    """`count` processes, started when searches come; who waits is served in the order they came."""

    def __init__(self, count: int, index: Path, settings: SettingsFile) -> None:
        self._start = partial(
            ProcessPoolExecutor,
            max_workers=count,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(index, settings.path),
        )
        self._settings = settings
        self._lock = threading.Lock()
        self._pool = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def search(self, **asked: Any) -> bytes:
        """Return the reply of `SearchService.search` as JSON.

        Raises:
            InvalidInput: as `SearchService.search` does.
            TransientFailure: it does, or a process died twice (code `search_interrupted`).
        """
        for _ in range(_TRIES):
            pool = self._pool
            try:
                return self._patiently(pool.submit(_search, asked))
            except BrokenExecutor:
                self._renew(pool)
        raise TransientFailure("the search was interrupted", code="search_interrupted")

    def _patiently(self, future: Future[bytes]) -> bytes:
        """Wait for one's turn, and for the search, each as long as a search may take."""
        try:
            return future.result(2 * self._settings.of_show("").search.time_budget_s)
        except TimeoutError as error:
            future.cancel()
            raise out_of_time() from error

    def _renew(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = self._start()
        broken.shutdown(wait=False)


_services: list[SearchService] = []
"""A process's own: the pool's tasks have nothing else to find it in."""


def _begin(index: Path, settings_path: Path | None) -> None:
    """Open the index in a new process, which ends with the one that started it."""
    share_heaps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    settings = SettingsFile(settings_path)
    engine = open_engine(settings.of_show("").search, index)
    blobs: Any = None  # only indexing reads transcripts
    service = SearchService(
        engine.index,
        engine.vocabulary,
        blobs,
        lambda show: settings.of_show(show).search,
        engine.phonetics,
    )
    _services[:] = [service]
    keep_what_is_loaded()


def _search(asked: Mapping[str, Any]) -> bytes:
    (service,) = _services
    return to_json(service.search(**asked))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
