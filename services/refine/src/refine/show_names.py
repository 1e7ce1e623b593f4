"""Speakers renamed in a whole show: what also holds in episodes that come later.

The edits in the event log are the truth. Beside them lies a numbered list for each show that says
in which episodes they were made, so that no log has to be read through for every new transcript.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from everyword_events import Event, TranscriptEdited
from everyword_storage import BlobStore
from refine.domain.edits import Edit, in_force
from refine.ports import EpisodeHistory

_JSON: Final = "application/json"


class ShowNames:
    """The renames of speakers that hold in a whole show."""

    def __init__(self, blobs: BlobStore, history: EpisodeHistory) -> None:
        self._blobs = blobs
        self._history = history

    def remember(self, show: str, event: Event) -> None:
        """Note that an edit renames a speaker in every episode of a show."""
        made = {"episode_id": event.meta.episode_id, "event_id": event.meta.event_id}
        body = json.dumps(made).encode()
        digest = hashlib.sha256(body).hexdigest()
        number = 0
        while self._blobs.put(_key(show, number), body, media_type=_JSON).sha256 != digest:
            number += 1

    def of(self, show: str, own: Sequence[Edit]) -> list[tuple[str, str]]:
        """Return who is called what in a show, in the order people said so.

        Left out is what the episode's `own` edits say, even where it was undone there.
        """
        said = {edit.data.was for edit in own if edit.data.for_show == show}
        found = []
        number = 0
        while show and (ref := self._blobs.stat(_key(show, number))) is not None:
            made = json.loads(self._blobs.get(ref))
            data = self._edit(made["episode_id"], made["event_id"])
            if data is not None and data.speaker and data.was not in said:
                found.append((data.was, data.speaker))
            number += 1
        return found

    def _edit(self, episode_id: str, event_id: str) -> TranscriptEdited | None:
        """Return an edit, if it still holds and its episode was not removed."""
        edits = [
            Edit(event.meta.event_id, event.data)
            for event in self._history.edits(episode_id)
            if isinstance(event.data, TranscriptEdited)
        ]
        return next((each.data for each in in_force(edits) if each.event_id == event_id), None)


def _key(show: str, number: int) -> str:
    return f"shows/{hashlib.sha256(show.encode()).hexdigest()}/renames/{number:06}.json"
