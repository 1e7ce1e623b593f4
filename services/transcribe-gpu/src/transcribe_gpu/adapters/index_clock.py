"""For how long sound was lost in an AVI, told by the index at its end."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

from transcribe_gpu.adapters.byte_clock import UNTIMED, ByteClock

_HEADER: Final = 8
"""Bytes of a chunk before its sound; the index has the chunk's place."""
_LEAST_S: Final = 0.02


class IndexClock:
    """Follows the packets of an AVI, whose times FFmpeg counts, however many chunks it lost."""

    def __init__(self, track: "AudioStream") -> None:
        self.lost_s = 0.0
        self._entries = track.index_entries
        self._count = len(self._entries)
        self._at = 0
        self._unit: float | None = None

    def good(self, packet: "Packet[AudioStream]", *, read_bytes: int) -> bool:  # noqa: ARG002
        """Follow a packet that was decoded, and tell whether sound was lost right before it."""
        before = self.lost_s
        self.bad(packet)
        return self.lost_s > before + _LEAST_S

    def bad(self, packet: "Packet[AudioStream]") -> None:
        """Follow a packet that could not be decoded."""
        place, counted, base = packet.pos, packet.pts, packet.time_base
        if place is None or counted is None or base is None:
            return
        while self._at < self._count and self._entries[self._at].pos + _HEADER < place:
            self._at += 1
        if self._at == self._count:
            return
        entry = self._entries[self._at]
        if entry.pos + _HEADER != place or not entry.timestamp or not counted:
            return
        if self._unit is None:  # a constant rate is indexed in bytes, else in packets
            self._unit = entry.timestamp / counted
        lost_s = float((entry.timestamp / self._unit - counted) * base)
        if lost_s > self.lost_s + _LEAST_S:
            self.lost_s = lost_s


def lost_sound_clock(
    container: "InputContainer", track: "AudioStream"
) -> ByteClock | IndexClock | None:
    """Return what tells for how long sound was lost where packets carry no times."""
    if container.format.name in UNTIMED:
        return ByteClock(syncless=container.format.name == "amr")
    return IndexClock(track) if container.format.name == "avi" else None
