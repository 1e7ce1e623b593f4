"""Work that runs ahead of whoever needs it, by a bounded number of pieces."""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

Piece = TypeVar("Piece")
_POLL_S: Final = 0.2


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


def run_ahead(pieces: Iterator[Piece], *, by: int) -> Iterator[Piece]:
    """Yield `pieces`, made on a thread of their own that is at most `by` pieces ahead.

    What making them raises is raised here, in its place. The thread ends with this iterator.
    """
    made: queue.Queue[Piece | _End] = queue.Queue(maxsize=by)
    over = threading.Event()

    def put(piece: Piece | _End) -> None:
        while not over.is_set():
            with suppress(queue.Full):
                made.put(piece, timeout=_POLL_S)
                return

    def make() -> None:
        try:
            for piece in pieces:
                put(piece)
                if over.is_set():
                    return
            put(_End())
        except BaseException as error:  # noqa: BLE001 - raised where the pieces are used
            put(_End(error))

    thread = threading.Thread(target=make, name="run-ahead", daemon=True)
    thread.start()
    try:
        while True:
            piece = made.get()
            if isinstance(piece, _End):
                if piece.error is not None:
                    raise piece.error
                return
            yield piece
    finally:
        over.set()
        thread.join()
