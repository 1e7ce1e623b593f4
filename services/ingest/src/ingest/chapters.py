"""The creator's own chapters of an episode, kept as Podcasting 2.0 JSON chapters."""

import json
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from everyword_events import InvalidInput, NotFound
from everyword_storage import BlobStore, artifact_key

ARTIFACT: Final = "ingest/chapters.json"
MEDIA_TYPE: Final = "application/json+chapters"
VERSION: Final = "1.2.0"
MOST_CHAPTERS: Final = 2000


class Chapter(BaseModel):
    """One chapter; what else its creator says of it (image, link, end) is kept."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    start_s: FiniteFloat = Field(alias="startTime", ge=0)
    title: str = ""


class Chapters:
    """Keeps chapters beside their episode."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def keep(self, chapters: Sequence[Chapter], *, episode_id: str, run_id: str) -> None:
        """Store a run's chapters."""
        document = {
            "version": VERSION,
            "chapters": [each.model_dump(mode="json", by_alias=True) for each in chapters],
        }
        self._blobs.put(
            artifact_key(episode_id, run_id, ARTIFACT),
            json.dumps(document, ensure_ascii=False).encode(),
            media_type=MEDIA_TYPE,
        )

    def of(self, episode_id: str, run_ids: Sequence[str]) -> bytes:
        """Return the JSON of the newest of these runs that has chapters.

        Raises:
            NotFound: none has.
        """
        for run_id in sorted(run_ids, reverse=True):
            found = self._blobs.stat(artifact_key(episode_id, run_id, ARTIFACT))
            if found is not None:
                return self._blobs.get(found)
        raise NotFound("the episode's creator gave no chapters", code="chapters_missing")


def read_chapters(raw: bytes) -> list[Chapter]:
    """Read JSON chapters as a podcast's host serves them.

    Raises:
        InvalidInput: it is something else.
    """
    try:
        document: Any = json.loads(raw)
        listed = document["chapters"][:MOST_CHAPTERS]
        return [Chapter.model_validate(each) for each in listed]
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise InvalidInput("not JSON chapters", code="chapters_invalid") from error
