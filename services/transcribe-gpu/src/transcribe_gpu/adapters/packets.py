"""A track's packets, past the places where a file cannot be read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

import av.error

from transcribe_gpu.adapters.byte_clock import seconds_of

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

_MOST_ERRORS: Final = 100_000
"""In a row: FFmpeg tries the next place each time."""
_IN_ORDER: Final = frozenset({"matroska,webm", "flv", "nut"})
"""Formats in which a hole in the times may be a pause of the recorder, or damage: then bytes were
passed over. All packets are followed, since a picture's lie between those of the sound."""


class BrokenOff(Exception):
    """From here to its end the file cannot be read."""


class PacketReader:
    """The packets of one track, in order; the attributes tell of the place before the last one."""

    def __init__(self, container: "InputContainer", track: "AudioStream") -> None:
        self._container = container
        self._track = track
        self._in_order = container.format.name in _IN_ORDER
        self._end = 0
        self._hole = 0
        self._errors = 0
        self._sound_bytes, self._sound_s = 0, 0.0
        self.unreadable = False
        self.passed_over_s = 0.0
        """How much sound the bytes hold that were passed over."""

    def __iter__(self) -> Iterator["Packet[AudioStream]"]:
        """Yield packets.

        Raises:
            BrokenOff: nothing that can be read comes behind a bad place.
        """
        while self._errors <= _MOST_ERRORS:
            try:
                yield from self._readable()
            except av.error.EOFError:
                return
            except IndexError:
                continue  # a packet of a track that only begins here (MPEG-TS)
            except av.error.FFmpegError:
                self._errors += 1
            else:
                break
        if self._errors:
            raise BrokenOff

    def _readable(self) -> Iterator["Packet[AudioStream]"]:
        for packet in self._demuxed():
            if packet.stream_index == self._track.index:
                self._follow(packet)
                self.unreadable = self._errors > 0
                if packet.size:
                    self._errors = 0
                yield packet
            else:
                self._pass(packet)

    @property
    def end(self) -> int:
        """Behind which byte nothing was read yet."""
        return self._end

    def _demuxed(self) -> Iterator["Packet[AudioStream]"]:
        if self._in_order:
            return cast("Iterator[Packet[AudioStream]]", self._container.demux())
        return self._container.demux(self._track)

    def _follow(self, packet: "Packet[AudioStream]") -> None:
        self._pass(packet)
        rate = self._sound_bytes / self._sound_s if self._sound_s else 0.0
        self.passed_over_s = self._hole / rate if rate and self._in_order else 0.0
        self._hole = 0
        self._sound_bytes += packet.size
        self._sound_s += seconds_of(packet)

    def _pass(self, packet: "Packet[AudioStream]") -> None:
        if packet.pos is not None and packet.size:
            if self._end:
                self._hole += max(0, packet.pos - self._end)
            self._end = max(self._end, packet.pos + packet.size)
