"""Which edits say something of a whole show: a numbered list for each show and kind.

The edits in the event log are the truth. A list names those that later episodes must know, so that
no log has to be read through for every new transcript.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from everyword_events import Event
from everyword_storage import BlobStore

_JSON: Final = "application/json"


class ListedEdit(NamedTuple):
    """An edit, and the episode that it was made in."""

    episode_id: str
    event_id: str


class ShowEdits:
    """One list for each show, in `shows/<digest of the name>/<kind>/`. Nothing is ever removed."""

    def __init__(self, blobs: BlobStore, kind: str) -> None:
        self._blobs = blobs
        self._kind = kind

    def add(self, show: str, event: Event) -> None:
        """Put an edit on a show's list; done twice, it is there once."""
        listed = ListedEdit(event.meta.episode_id, event.meta.event_id)
        body = json.dumps(listed._asdict()).encode()
        digest = hashlib.sha256(body).hexdigest()
        number = 0
        while self._blobs.put(self._key(show, number), body, media_type=_JSON).sha256 != digest:
            number += 1

    def of(self, show: str) -> Iterator[ListedEdit]:
        """Yield a show's edits, in the order they were made."""
        number = 0
        while (ref := self._blobs.stat(self._key(show, number))) is not None:
            yield ListedEdit(**json.loads(self._blobs.get(ref)))
            number += 1

    def _key(self, show: str, number: int) -> str:
        digest = hashlib.sha256(show.encode()).hexdigest()
        return f"shows/{digest}/{self._kind}/{number:06}.json"
