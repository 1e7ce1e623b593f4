"""What a file's first bytes tell that FFmpeg does not."""

import io
from dataclasses import dataclass
from typing import BinaryIO, Final

_HEAD_BYTES: Final = 4096
_ID3_BYTES: Final = 10
_LARGEST_PROBED_TAG: Final = 1_000_000
_ADTS_MASK: Final = 0xFFF6
_ADTS_SYNC: Final = 0xFFF0
"""Sync word and layer of AAC (ISO/IEC 13818-7, section 6.2)."""
_RIFF_HEADER: Final = 44
_FRAME_BYTES: Final = 1_500
"""An MP3's frame is no longer; some count that which says the size, and some do not."""
_STREAMED: Final = 0x7FFFF000
"""From here on a RIFF size means: written to a pipe, length unknown."""


@dataclass(frozen=True)
class FileHead:
    """A file's size and first bytes, and those behind an ID3v2 tag where there is one."""

    size: int
    first: bytes
    after_tag: bytes
    tag_bytes: int = 0

    @property
    def is_mp4(self) -> bool:
        """Whether it begins as MP4 and its relatives do (ISO/IEC 14496-12, section 4.3)."""
        return self.first[4:8] == b"ftyp"

    @property
    def is_webm(self) -> bool:
        """Whether an EBML header says DocType `webm` (RFC 8794)."""
        return self.first.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in self.first[:64]

    @property
    def states_mp3_length(self) -> bool:
        """Whether an MP3's first frame counts the others; else FFmpeg guesses its duration."""
        return any(mark in self.after_tag for mark in (b"Xing", b"Info", b"VBRI"))

    @property
    def forced_format(self) -> str | None:
        """What lies behind a tag so large that FFmpeg takes everything behind it for MP3."""
        if self.tag_bytes < _LARGEST_PROBED_TAG:
            return None
        if self.after_tag.startswith(b"fLaC"):
            return "flac"
        sync = int.from_bytes(self.after_tag[:2], "big")
        return "aac" if sync & _ADTS_MASK == _ADTS_SYNC else None

    @property
    def is_whole(self) -> bool:
        """Whether it says how many bytes it has, and has them all."""
        if self.first.startswith(b"RIFF"):
            stated = int.from_bytes(self.first[4:8], "little") + 8
            return _RIFF_HEADER < stated < _STREAMED and stated <= self.size
        return 0 < self._stated_mp3_bytes <= self.size - self.tag_bytes + _FRAME_BYTES

    @property
    def _stated_mp3_bytes(self) -> int:
        """What an MP3's first frame says of its size (Xing's flags: 1 frames, 2 bytes); or 0."""
        for mark in (b"Xing", b"Info"):
            at = self.after_tag.find(mark)
            flags = int.from_bytes(self.after_tag[at + 4 : at + 8], "big")
            if at >= 0 and flags & 2:
                place = at + 8 + 4 * (flags & 1)
                return int.from_bytes(self.after_tag[place : place + 4], "big")
        at = self.after_tag.find(b"VBRI")
        return int.from_bytes(self.after_tag[at + 10 : at + 14], "big") if at >= 0 else 0

    @property
    def stated_share(self) -> float:
        """How much larger a RIFF file (WAV, AVI) says it is than it is; 1.0 if it does not."""
        stated = int.from_bytes(self.first[4:8], "little") + 8
        if not self.first.startswith(b"RIFF") or stated >= _STREAMED:
            return 1.0
        return max(1.0, stated / self.size)


def read_head(audio: BinaryIO) -> FileHead:
    """Read a seekable file's head."""
    size = audio.seek(0, io.SEEK_END)
    audio.seek(0)
    first = audio.read(_HEAD_BYTES)
    after_tag, tag_bytes = first, 0
    if first.startswith(b"ID3") and len(first) >= _ID3_BYTES:
        a, b, c, d = (byte & 0x7F for byte in first[6:10])  # ID3v2.4, section 3.1: 28 bits
        tag_bytes = _ID3_BYTES + (a << 21 | b << 14 | c << 7 | d)
        audio.seek(tag_bytes)
        after_tag = audio.read(_HEAD_BYTES)
    return FileHead(size, first, after_tag, tag_bytes)
