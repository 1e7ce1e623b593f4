"""What search needs of an index. SQLite and OpenSearch implement both ports with identical hits."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from everyword_events import EpisodeInfo
from search.domain.document import EpisodeDocument
from search.domain.expansion import Vocabulary
from search.domain.pages import EpisodeMoments, Facets, SearchPage, SearchRequest, Stored
from search.domain.phonetics import Passages, PhoneMatch
from search.domain.query import Filters

__all__ = ["PhoneticIndex", "Vocabulary", "WordIndex"]


class WordIndex(Protocol):
    """Holds every word of every episode.

    Each write is atomic and durable on return: a reader sees an episode's old words or its new
    ones, never none and never both. Writes may come in any order and more than once.
    """

    def put(self, document: EpisodeDocument) -> Stored | None:
        """Store or replace an episode's words; None when a later revision is there already.

        The latest `as_of` among this and all `describe` calls decides title, show, date, link. A
        removed episode stays removed.
        """

    def describe(self, episode_id: str, info: EpisodeInfo) -> None:
        """State an episode's title, show, date and link; its words may come later."""

    def remove(self, episode_id: str) -> None:
        """Forget an episode for good: neither a late nor a replayed transcript brings it back."""

    def find(self, request: SearchRequest) -> SearchPage:
        """Return one page of what is found.

        Raises:
            TransientFailure: the index is busy, away, or out of time.
        """

    def titled(
        self, words: Sequence[str], filters: Filters, *, limit: int
    ) -> Sequence[EpisodeMoments]:
        """Return episodes in whose titles all the words begin some word, the newest first.

        `words` as `title_tokens` gives them. The episodes come without moments.
        """

    def facets(self, filters: Filters) -> Facets:
        """Return the shows and speakers among the episodes that pass `filters`."""


class PhoneticIndex(Protocol):
    """Knows what the English episodes of a word index sound like; never of another revision."""

    def candidates(
        self, sounds: str, filters: Filters, *, most: int, ends_at: float = math.inf
    ) -> Passages:
        """Return the `most` passages that share the rarest trigrams with `sounds`.

        Where there are no more at all, these are all. Speakers in the filters choose episodes,
        not moments. `ends_at` is when to give up, on the clock of `time.monotonic`.

        Raises:
            TransientFailure: the index is busy, away, or out of time.
        """

    def moments(self, places: Sequence[PhoneMatch]) -> Mapping[PhoneMatch, EpisodeMoments]:
        """Return the moment of each place, alone in its episode; of places now gone, none."""
