"""Replies already paid for, kept so that no crash, redelivery or replay pays for them again."""

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ValidationError

from everyword_storage import BlobStore, artifact_key, episode_prefix
from refine.ports import Reply

_JSON = "application/json"


class StoredReply(BaseModel):
    """A reply, and the run that paid for it."""

    run_id: str
    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    whole: bool = True

    def reply(self) -> Reply:
        """Return it as the model gave it."""
        return Reply(self.text, self.tokens_in, self.tokens_out, self.whole)


def digest(parts: Sequence[str]) -> str:
    """Return one name for all that a reply depends on."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class ReplyCheckpoints(Protocol):
    """Where replies are kept between attempts."""

    def load(self, name: str) -> StoredReply | None:
        """Return the reply kept under `name`."""

    def save(self, name: str, reply: Reply, *, usable: bool) -> None:
        """Keep a reply; one that is not usable is kept for this run only."""


class BlobReplyCheckpoints:
    """Keeps replies beside the episode's other blobs.

    Usable replies outlive their run: an edit or a replay asks the same of the same model and must
    not pay for it again. Others are kept under the run, so that the next one asks afresh.
    """

    def __init__(self, blobs: BlobStore, episode_id: str, run_id: str) -> None:
        self._blobs = blobs
        self._run_id = run_id
        self._shared = f"{episode_prefix(episode_id)}refine/model"
        self._own = artifact_key(episode_id, run_id, "refine/model")

    def load(self, name: str) -> StoredReply | None:
        """Return the reply kept under `name`, by any run if it was usable, else by this one."""
        for folder in (self._shared, self._own):
            found = self._blobs.stat(f"{folder}/{name}.json")
            if found is not None:
                try:
                    return StoredReply.model_validate_json(self._blobs.get(found))
                except ValidationError:
                    continue
        return None

    def save(self, name: str, reply: Reply, *, usable: bool) -> None:
        """Keep a reply durably."""
        stored = StoredReply(
            run_id=self._run_id,
            text=reply.text,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            whole=reply.whole,
        )
        folder = self._shared if usable else self._own
        body = stored.model_dump_json().encode()
        self._blobs.put(f"{folder}/{name}.json", body, media_type=_JSON)


class NoReplyCheckpoints:
    """Keeps nothing: for one transcript, in and out."""

    def load(self, name: str) -> StoredReply | None:  # noqa: ARG002 - the port's signature
        """Return None."""
        return None

    def save(self, name: str, reply: Reply, *, usable: bool) -> None:
        """Do nothing."""
