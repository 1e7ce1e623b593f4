"""Duplicate detection: which episode of a show has the same bytes."""

import json

from everyword_events import EpisodeOrigin
from ingest.domain import EpisodeView
from ingest.episodes import Episodes
from ingest.ports import UniqueKeys


class DuplicateDetection:
    """Finds the episode that has the same bytes in the same show, and is there or on its way.

    A failed or removed episode loses its key to the next that claims it.
    """

    def __init__(self, keys: UniqueKeys, episodes: Episodes) -> None:
        self._keys = keys
        self._episodes = episodes

    def find(self, show: str, sha256: str | None) -> EpisodeView | None:
        """Return the living episode with these bytes, if any."""
        owner = self._keys.owner_of(_audio_key(show, sha256)) if sha256 else None
        view = self._episodes.find(owner) if owner else None
        return view if view is not None and view.is_alive else None

    def announce(self, show: str, sha256: str, episode_id: str) -> str:
        """Return the id under which these bytes are to be taken in: `episode_id`, or another's.

        Of several that announce the same bytes at once, one's id is everybody's. An owner without
        an episode is one whose creation is under way or was cut off: it is created by who asks.
        """
        stored = self.find(show, sha256)
        if stored is not None:
            return stored.episode_id
        return self._claimed(_announced_key(show, sha256), episode_id, unborn=True)

    def announce_origin(self, show: str, origin: EpisodeOrigin, episode_id: str) -> str:
        """Return the id under which audio of this origin is to be taken in; see `announce`."""
        identity = f"{origin.feed_url}#{origin.guid}" if origin.guid else origin.url
        return self._claimed(_origin_key(show, identity), episode_id, unborn=True)

    def claim(self, show: str, sha256: str, episode_id: str) -> str:
        """Claim stored bytes for an episode; return which episode has them now."""
        return self._claimed(_audio_key(show, sha256), episode_id, unborn=False)

    def _claimed(self, key: str, episode_id: str, *, unborn: bool) -> str:
        owner = self._keys.claim(key, episode_id)
        while owner != episode_id:
            view = self._episodes.find(owner)
            if unborn if view is None else view.is_alive:
                break
            self._keys.transfer(key, owner=owner, to=episode_id)
            owner = self._keys.claim(key, episode_id)
        return owner


def _audio_key(show: str, sha256: str) -> str:
    return f"audio|{json.dumps(show)}|{sha256}"


def _origin_key(show: str, identity: str) -> str:
    return f"origin|{json.dumps(show)}|{identity}"


def _announced_key(show: str, sha256: str) -> str:
    return f"announced|{json.dumps(show)}|{sha256}"
