"""What captions needs of the outside."""

from typing import Protocol

from captions.domain.latest import LatestFiles


class LatestCaptions(Protocol):
    """Remembers, for each episode, the caption files of its newest run and its newest title."""

    def get(self, episode_id: str) -> LatestFiles | None:
        """Return what is known of the episode, or None."""

    def put(self, episode_id: str, known: LatestFiles) -> bool:
        """Replace the version that `known` was made from (what `get` returned) with `known`.

        Returns False, and changes nothing, when somebody else was quicker.
        """
