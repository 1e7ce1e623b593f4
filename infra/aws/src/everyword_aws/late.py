"""What is loaded by its first use: a function that rarely fetches does not pay for it."""

from collections.abc import Callable

from ingest.ports import Fetched, Fetcher, FetchRequest


class LateFetcher:
    """A Fetcher that is made when something is fetched."""

    def __init__(self, make: Callable[[], Fetcher]) -> None:
        self._make = make
        self._made: Fetcher | None = None

    def fetch(self, request: FetchRequest) -> Fetched:
        """Fetch to a file; raises as the port says."""
        return self._fetcher().fetch(request)

    def peek(self, url: str, *, total_s: float) -> bytes:
        """Return a file's first bytes; raises as `fetch` does."""
        return self._fetcher().peek(url, total_s=total_s)

    def _fetcher(self) -> Fetcher:
        if self._made is None:
            self._made = self._make()
        return self._made
