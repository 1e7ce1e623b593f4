"""A download that may be interrupted: what is on disk, and of which state of the file it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.adapters.fetching.addresses import shown


@dataclass(frozen=True)
class Partial:
    """The first bytes of a download beside its target, with what makes them worth keeping."""

    target: Path
    url: str

    @property
    def path(self) -> Path:
        """The bytes so far."""
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def _about(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part.json")

    def resume(self) -> tuple[int, str]:
        """Return how many bytes are there and the validator they belong to; 0 to start anew."""
        try:
            about = json.loads(self._about.read_text())
            size = self.path.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        if about.get("url") != shown(self.url) or not about.get("validator"):
            return 0, ""
        return size, str(about["validator"])

    def begin(self, validator: str) -> None:
        """Start anew with a file in this state."""
        self.path.write_bytes(b"")
        self._about.write_text(json.dumps({"url": shown(self.url), "validator": validator}))

    def finish(self) -> None:
        """Put the whole file where it belongs."""
        self.path.replace(self.target)
        self._about.unlink(missing_ok=True)

    def discard(self) -> None:
        """Forget what is there."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)


def validator_of(headers: Mapping[str, str]) -> str:
    """Return what tells one state of a file from another: a strong ETag, else its date.

    A weak ETag does not promise equal bytes (RFC 9110, section 13.1.5).
    """
    etag = headers.get("etag", "")
    return etag if etag and not etag.startswith("W/") else headers.get("last-modified", "")
