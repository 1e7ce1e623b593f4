"""Speakers renamed in a whole show: what also holds in episodes that come later.

The edits in the event log are the truth; a list says in which episodes they were made.
"""

from collections.abc import Sequence

from everyword_events import Event, TranscriptEdited
from everyword_storage import BlobStore
from refine.domain.edits import Edit, in_force
from refine.ports import EpisodeHistory
from refine.show_edits import ShowEdits


class ShowNames:
    """The renames of speakers that hold in a whole show."""

    def __init__(self, blobs: BlobStore, history: EpisodeHistory) -> None:
        self._renames = ShowEdits(blobs, "renames")
        self._history = history

    def remember(self, show: str, event: Event) -> None:
        """Note that an edit renames a speaker in every episode of a show."""
        self._renames.add(show, event)

    def of(self, show: str, own: Sequence[Edit]) -> list[tuple[str, str]]:
        """Return who is called what in a show, in the order people said so.

        Left out is what the episode's `own` edits say, even where it was undone there.
        """
        said = {edit.data.was for edit in own if edit.data.for_show == show}
        found = []
        for listed in self._renames.of(show) if show else ():
            data = self._edit(listed.episode_id, listed.event_id)
            if data is not None and data.speaker and data.was not in said:
                found.append((data.was, data.speaker))
        return found

    def _edit(self, episode_id: str, event_id: str) -> TranscriptEdited | None:
        """Return an edit, if it still holds and its episode was not removed."""
        edits = [
            Edit(event.meta.event_id, event.data)
            for event in self._history.edits(episode_id)
            if isinstance(event.data, TranscriptEdited)
        ]
        return next((each.data for each in in_force(edits) if each.event_id == event_id), None)
