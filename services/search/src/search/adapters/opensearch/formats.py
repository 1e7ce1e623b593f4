"""Reads the passages of older formats, so that reindexing brings an index over.

Formats 1 and 2 kept the words and their times deflated in `said`: 1 with start and length of each
word, 2 with the lengths alone and the starts apart in `times`.
"""

import base64
import struct
import zlib
from itertools import accumulate
from typing import Final

import numpy as np

from search.adapters.opensearch.client import Json
from search.adapters.opensearch.passages import Passage
from search.adapters.opensearch.spoken_words import SpokenWords

_HEAD_1: Final = "<IIIi?"
_HEAD_2: Final = "<III?"
_HEAD_TIMES_2: Final = "<i?"


def own_words(source: Json) -> SpokenWords:
    """Return the words that belong to a passage, whichever format wrote it."""
    if "words" in source:
        return Passage(source).own()
    first, words, starts_ms, lengths_ms = (
        _format_2(source) if "times" in source else _format_1(source)
    )
    spoken = SpokenWords(first, words, np.array(starts_ms), np.array(lengths_ms))
    return spoken.part(source["first"], source["own"])


Read = tuple[int, list[str], list[int], list[int]]
"""The index of the first word, the words, their starts, their lengths."""


def _format_1(source: Json) -> Read:
    raw = zlib.decompress(base64.b64decode(source["said"]))
    first, _, count, first_ms, narrow = struct.unpack_from(_HEAD_1, raw)
    numbers, at = _numbers(raw, struct.calcsize(_HEAD_1), 2 * count, narrow=narrow)
    starts_ms = [*accumulate(numbers[:count], initial=first_ms)][1:]
    return first, raw[at:].decode().split("\n"), starts_ms, numbers[count:]


def _format_2(source: Json) -> Read:
    raw = zlib.decompress(base64.b64decode(source["said"]))
    first, _, count, narrow = struct.unpack_from(_HEAD_2, raw)
    lengths_ms, at = _numbers(raw, struct.calcsize(_HEAD_2), count, narrow=narrow)
    times = zlib.decompress(base64.b64decode(source["times"]))
    first_ms, narrow = struct.unpack_from(_HEAD_TIMES_2, times)
    steps, _ = _numbers(times, struct.calcsize(_HEAD_TIMES_2), count, narrow=narrow)
    return (
        first,
        raw[at:].decode().split("\n"),
        [*accumulate(steps, initial=first_ms)][1:],
        lengths_ms,
    )


def _numbers(raw: bytes, at: int, count: int, *, narrow: bool) -> tuple[list[int], int]:
    form = f"<{count}{'h' if narrow else 'i'}"
    return list(struct.unpack_from(form, raw, at)), at + struct.calcsize(form)
