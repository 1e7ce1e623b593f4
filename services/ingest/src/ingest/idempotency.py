"""The same request twice: what an Idempotency-Key stands for."""

import hashlib
from typing import Final

from everyword_events import Conflict, InvalidInput
from ingest.ports import UniqueKeys

MOST_KEY_CHARACTERS: Final = 255


class IdempotentRequests:
    """Remembers which episode a request with an Idempotency-Key made."""

    def __init__(self, keys: UniqueKeys) -> None:
        self._keys = keys

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
        owner = self._keys.claim(f"request|{key}", f"{episode_id}|{fingerprint}")
        made, _, of = owner.partition("|")
        if of != fingerprint:
            raise Conflict(
                "this Idempotency-Key was used for another request",
                hint="use a new key for a new request",
                code="idempotency_key_reused",
            )
        return made
