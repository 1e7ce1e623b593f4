"""What was recognised so far, window by window, in the blob store beside the run's artifacts."""

import hashlib

from pydantic import TypeAdapter

from everyword_storage import BlobStore, artifact_key
from transcribe_gpu.domain import Hypothesis

_FORM: TypeAdapter[Hypothesis] = TypeAdapter(Hypothesis)


class BlobCheckpoints:
    """One run's checkpoints for one way of recognising (`transcribe_gpu.ports.Checkpoints`).

    `way` names what decides the result, such as engine and model: what one engine heard is
    nothing to go on from for another.
    """

    def __init__(self, blobs: BlobStore, episode_id: str, run_id: str, way: str) -> None:
        self._blobs = blobs
        self._episode_id = episode_id
        self._run_id = run_id
        self._folder = f"{FOLDER}/{hashlib.sha256(way.encode()).hexdigest()[:16]}"

    def get(self, name: str) -> Hypothesis | None:
        """Return the hypothesis kept under `name`, or None."""
        found = self._blobs.stat(self._key(name))
        return None if found is None else _FORM.validate_json(self._blobs.get(found))

    def put(self, name: str, hypothesis: Hypothesis) -> None:
        """Keep a hypothesis."""
        self._blobs.put(self._key(name), _FORM.dump_json(hypothesis), media_type="application/json")

    def _key(self, name: str) -> str:
        return artifact_key(self._episode_id, self._run_id, f"{self._folder}/{name}.json")


FOLDER = "transcribe-gpu/checkpoints"


def forget_checkpoints(blobs: BlobStore, episode_id: str, run_id: str) -> None:
    """Delete a run's checkpoints: its transcript is there."""
    blobs.delete(f"{artifact_key(episode_id, run_id, FOLDER)}/")
