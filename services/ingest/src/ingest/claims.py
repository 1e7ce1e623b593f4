"""The same upload twice, and the same request twice."""

import hashlib
import json

from everyword_events import Conflict, InvalidInput
from ingest.domain import EpisodeView
from ingest.episodes import Episodes
from ingest.ports import Claims

MOST_KEY_CHARACTERS = 255


class Twins:
    """Finds the episode that has the same bytes in the same show, and is there or on its way.

    A failed or removed episode gives its claim up to the next who comes.
    """

    def __init__(self, claims: Claims, episodes: Episodes) -> None:
        self._claims = claims
        self._episodes = episodes

    def find(self, show: str, sha256: str | None) -> EpisodeView | None:
        """Return the living episode with these bytes, if any."""
        holder = self._claims.holder_of(_name(show, sha256)) if sha256 else None
        view = self._episodes.find(holder) if holder else None
        return view if view is not None and view.is_alive else None

    def claim(self, show: str, sha256: str, episode_id: str) -> str:
        """Claim the bytes for an episode; return which episode has them now."""
        name = _name(show, sha256)
        holder = self._claims.hold(name, episode_id)
        while holder != episode_id:
            view = self._episodes.find(holder)
            if view is not None and view.is_alive:
                break
            self._claims.pass_on(name, held_by=holder, to=episode_id)
            holder = self._claims.hold(name, episode_id)
        return holder


class Requests:
    """Remembers which episode a request with an Idempotency-Key made."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims

    def episode_for(self, key: str, request: str, episode_id: str) -> str:
        """Return the episode id that this key stands for: `episode_id` the first time.

        Raises:
            Conflict: the key was used for another request.
            InvalidInput: the key is too long.
        """
        if len(key) > MOST_KEY_CHARACTERS:
            raise InvalidInput(
                f"an Idempotency-Key has {MOST_KEY_CHARACTERS} characters at most",
                code="idempotency_key_invalid",
            )
        fingerprint = hashlib.sha256(request.encode()).hexdigest()
        holder = self._claims.hold(f"request|{key}", f"{episode_id}|{fingerprint}")
        made, _, of = holder.partition("|")
        if of != fingerprint:
            raise Conflict(
                "this Idempotency-Key was used for another request",
                hint="use a new key for a new request",
                code="idempotency_key_reused",
            )
        return made


def _name(show: str, sha256: str) -> str:
    return f"audio|{json.dumps(show)}|{sha256}"
