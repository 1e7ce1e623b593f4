"""Which caption files stand for an episode now: newest run, newest title, in any order of news."""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

from everyword_events import BlobRef, EpisodeInfo, is_stale


@dataclass(frozen=True, slots=True)
class LatestFiles:
    """One episode's files, by format name.

    `shown_title` is the title written in them, `episode` the newest that is known; `removed` is
    for good, whatever still arrives. `version` counts what was stored of it, 0: nothing yet.
    """

    run_id: str = ""
    files: dict[str, BlobRef] = field(default_factory=dict)
    shown_title: str = ""
    episode: EpisodeInfo | None = None
    removed: bool = False
    version: int = 0

    def published(self, run_id: str, files: dict[str, BlobRef], episode: EpisodeInfo) -> Self:
        """Take in a run's files, unless a newer run's are here."""
        known = self.titled(episode)
        if self.removed or is_stale(run_id, self.run_id):
            return known
        return replace(known, run_id=run_id, files=files, shown_title=episode.title)

    def titled(self, episode: EpisodeInfo) -> Self:
        """Take in what the episode is called, unless something newer is known."""
        if self.removed or (self.episode is not None and episode.as_of < self.episode.as_of):
            return self
        return replace(self, episode=episode)

    def outdated_title(self) -> str | None:
        """Return the title the files should show, if they show another."""
        if self.episode is None or not self.files or self.episode.title == self.shown_title:
            return None
        return self.episode.title

    def without(self) -> Self:
        """Forget everything but that the episode was removed."""
        return type(self)(run_id=self.run_id, removed=True, version=self.version)


def retitled_name(file: str, title: str) -> str:
    """Return the artifact's name for a file written again under another title.

    A file that an event has announced is never changed.
    """
    stem, dot, suffix = file.rpartition(".")
    return f"{stem}.{sha256(title.encode()).hexdigest()[:12]}{dot}{suffix}"
