"""Files that FFmpeg does not read in one go: where each part begins, and what it is."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_PAGE: Final = 27
"""Bytes of an Ogg page's header before its table of segments (RFC 3533, section 6)."""
_FIRST_OF_STREAM: Final = 2
_SHAPES: Final = {b"OpusHead": 10, b"\x01vorbis": 16, b"Speex   ": 64}
"""How much of a stream's first packet says what it is, up to its number of channels and rate."""
_MOOF: Final = b"moof"
_MFHD: Final = b"mfhd"
_EMPTY: Final = b"free"
_BOX_SIZE: Final = 4
_KEPT: Final = 16
_PIECE: Final = 2**20
_ID3: Final = 10
_LARGEST_PROBED_TAG: Final = 1_000_000
"""Behind a larger tag FFmpeg takes everything for MP3."""


class Part(io.RawIOBase):
    """Bytes `first` to `last` of a seekable file, as a file of their own."""

    def __init__(self, source: BinaryIO, first: int, last: int) -> None:
        self._source, self._first, self._size = source, first, last - first
        self._at = 0

    def readable(self) -> bool:
        """Be a file to read."""
        return True

    def seekable(self) -> bool:
        """Be a file to move in."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, or to the end."""
        left = max(0, self._size - self._at)
        self._source.seek(self._first + self._at)
        found = self._source.read(left if size < 0 else min(size, left))
        self._at += len(found)
        return found


class Covered(Part):
    """A whole MP4 with some of its boxes covered by an empty one; all others keep their place."""

    def __init__(self, source: BinaryIO, first: int, last: int) -> None:
        super().__init__(source, 0, source.seek(0, io.SEEK_END))
        size = (last - first).to_bytes(8, "big")
        self.tried_to = last + _BOX_SIZE + len(_MOOF)
        """Behind the head of the first fragment that is not covered."""
        self._cover = first, b"\0\0\0\1" + _EMPTY + size  # ISO/IEC 14496-12, section 4.2

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, or to the end; what is covered is as it was but for its head."""
        at = self._at
        found = super().read(size)
        first, cover = self._cover
        low, high = max(at, first), min(at + len(found), first + len(cover))
        if low >= high:
            return found
        return found[: low - at] + cover[low - first : high - first] + found[high - at :]


@dataclass(frozen=True, slots=True)
class _Page:
    place: int
    first_of_stream: bool
    shape: bytes


def parts(source: BinaryIO) -> list[BinaryIO | Part]:
    """Return the parts of a recording; one, but for Ogg files of unlike sound joined end to end.

    Of those FFmpeg reads the first alone.
    """
    source.seek(0)
    if source.read(4) != b"OggS":
        return [source]
    starts, shape, before = [0], b"", True
    for page in _pages(source):
        if page.first_of_stream and page.shape:
            if shape and page.shape != shape and not before:
                starts.append(page.place)
            shape = page.shape
        before = page.first_of_stream
    if len(starts) == 1:
        return [source]
    ends = [*starts[1:], source.seek(0, io.SEEK_END)]
    return [Part(source, first, last) for first, last in zip(starts, ends, strict=True)]


def fragments_behind(source: BinaryIO, place: int) -> Covered | None:
    """Return an MP4 in fragments, those before its next one behind a place covered.

    Where a fragment's head is damaged, FFmpeg finds none of those behind it.
    """
    following = _fragment(source, place)
    first = None if following is None else _fragment(source, 0)
    if following is None or first is None or following <= first:
        return None
    return Covered(source, first, following)


def _fragment(source: BinaryIO, place: int) -> int | None:
    """Return where the next fragment begins: a box `moof`, whose first is `mfhd`."""
    kept = b""
    source.seek(place)
    while piece := source.read(_PIECE):
        seen = kept + piece
        at = seen.find(_MOOF)
        while at >= 0:
            if at >= _BOX_SIZE and seen[at + 8 : at + 12] == _MFHD:
                return place - len(kept) + at - _BOX_SIZE
            at = seen.find(_MOOF, at + 1)
        place += len(piece)
        kept = seen[-_KEPT:]
    return None


def forced_format(source: BinaryIO | Part) -> str | None:
    """Return what lies behind a tag too large for FFmpeg to look behind; else None."""
    source.seek(0)
    head = source.read(_ID3)
    if not head.startswith(b"ID3") or len(head) < _ID3:
        return None
    a, b, c, d = (byte & 0x7F for byte in head[6:])  # ID3v2.4, section 3.1: 28 bits
    size = _ID3 + (a << 21 | b << 14 | c << 7 | d)
    if size < _LARGEST_PROBED_TAG:
        return None
    source.seek(size)
    first = source.read(4)
    if first == b"fLaC":
        return "flac"
    adts = len(first) > 1 and first[0] == 0xFF and first[1] & 0xF6 == 0xF0  # noqa: PLR2004
    return "aac" if adts else None


def _pages(source: BinaryIO) -> Iterator[_Page]:
    """Yield the pages of an Ogg file, as far as they follow each other."""
    place = 0
    while True:
        source.seek(place)
        head = source.read(_PAGE)
        if len(head) < _PAGE or not head.startswith(b"OggS"):
            return
        segments = source.read(head[26])
        first = bool(head[5] & _FIRST_OF_STREAM)
        packet = source.read(64) if first else b""
        shapes = [packet[:size] for mark, size in _SHAPES.items() if packet.startswith(mark)]
        yield _Page(place, first, shapes[0] if shapes else b"")
        place += _PAGE + len(segments) + sum(segments)
