"""Several uploads to one address at once: the first that ends is the episode's audio."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

from everyword_events import BlobRef, Conflict
from everyword_storage import BlobStore, upload_key


class UploadReceiver:
    """Stores what is uploaded to this process, once per episode.

    The store is asked at the last byte, and held until the blob is in place: who comes later, or
    was slower, does not replace what was accepted.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()
        self._ending: set[str] = set()
        self._ended = threading.Condition(self._lock)

    def store(self, episode_id: str, body: BinaryIO, *, media_type: str) -> BlobRef:
        """Store an episode's audio.

        Raises:
            Conflict: it is there already (code `upload_over`).
        """
        key = upload_key(episode_id)
        with ExitStack() as held:

            def at_end() -> None:
                held.enter_context(self._alone(episode_id))
                if self._blobs.stat(key) is not None:
                    raise upload_over()

            until_end = cast("BinaryIO", _UntilEnd(body, at_end))
            return self._blobs.put(key, until_end, media_type=media_type)

    @contextmanager
    def _alone(self, episode_id: str) -> Iterator[None]:
        with self._ended:
            self._ended.wait_for(lambda: episode_id not in self._ending)
            self._ending.add(episode_id)
        try:
            yield
        finally:
            with self._ended:
                self._ending.discard(episode_id)
                self._ended.notify_all()


def upload_over() -> Conflict:
    """Return the error for bytes that are not welcome any more."""
    return Conflict(
        "this episode's upload is over",
        hint="create another episode to upload another file",
        code="upload_over",
    )


class _UntilEnd(io.RawIOBase):
    """A body that calls once when its last byte was read."""

    def __init__(self, body: BinaryIO, at_end: Callable[[], None]) -> None:
        self._body = body
        self._at_end = at_end
        self._over = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        block = self._body.read(size)
        if not block and not self._over:
            self._over = True
            self._at_end()
        return block
