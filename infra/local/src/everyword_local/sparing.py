"""Keeps a process that runs for long small."""

import ctypes
import gc
from contextlib import suppress
from typing import Final

_M_ARENA_MAX: Final = -8
"""mallopt(3): at most so many heaps."""
_ARENAS: Final = 2


def share_heaps() -> None:
    """Let all threads share two heaps; glibc gives each its own, and keeps what they free.

    To be called before there are threads. Other C libraries have no such heaps.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def keep_what_is_loaded() -> None:
    """Exempt what is in memory now from garbage collection: the code and settings stay anyway."""
    gc.collect()
    gc.freeze()
