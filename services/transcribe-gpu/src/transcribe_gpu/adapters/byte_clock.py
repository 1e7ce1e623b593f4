"""For how long sound was lost in a file without times, told by its bytes."""

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet

UNTIMED: Final = frozenset({"aac", "ac3", "amr", "dts", "eac3", "loas", "mp3"})
"""Formats (FFmpeg's names) of bare packets: each one's time is the number of packets before it,
however many were lost."""
READ_AT_ONCE: Final = 512
"""Bytes that may be read ahead, since FFmpeg passes over what is no packet without a word."""
_SETTLED: Final = 25
"""So many good packets in a row are sound, not junk that happens to decode."""
_AHEAD: Final = 4
_AHEAD_BYTES: Final = 4_096
"""So many of the longest packets, or bytes, may wait between the file and the packet at hand."""


class ByteClock:
    """Follows the packets of a stream; `lost_s` is how much later than counted they are by now.

    From the last sure sound to the last bad packet, the bytes that are in no good packet are set
    against the rate of the sound.
    """

    def __init__(self, *, syncless: bool = False) -> None:
        """Follow a stream; of a syncless one junk may pass for more packets than there were."""
        self.lost_s = 0.0
        self._syncless = syncless
        self._bytes, self._counted_s = 0, 0.0
        self._sound_bytes, self._sound_s = 0, 0.0
        self._sure_bytes, self._sure_s = 0, 0.0
        self._good_bytes, self._good_s = 0, 0.0
        self._longest = 0
        self._in_a_row = _SETTLED
        self._least_ahead = sys.maxsize

    def good(self, packet: "Packet[AudioStream]", *, read_bytes: int) -> bool:
        """Count a packet that was decoded, and tell whether sound was lost right before it.

        `read_bytes` is how far the file was read: packets do not hold all of it.
        """
        self._pass_over(read_bytes - self._bytes)
        lost = not self._in_a_row
        if lost and self._sound_bytes:
            between = self._bytes - self._sure_bytes - self._good_bytes
            true_s = self._sure_s + self._good_s + between * self._sound_s / self._sound_bytes
            lost_s = true_s - self._counted_s
            self.lost_s = lost_s if self._syncless else max(self.lost_s, lost_s)
        self._count(packet)
        self._in_a_row += 1
        if self._in_a_row >= _SETTLED:
            self._longest = max(self._longest, packet.size)
            self._sound_bytes += packet.size
            self._sound_s += seconds_of(packet)
            self._sure_bytes, self._sure_s = self._bytes, self._counted_s + self.lost_s
            self._good_bytes, self._good_s = 0, 0.0
        elif not self._syncless:
            self._good_bytes += packet.size
            self._good_s += seconds_of(packet)
        return lost

    def bad(self, packet: "Packet[AudioStream]") -> None:
        """Count a packet that could not be decoded."""
        self._count(packet)
        self._in_a_row = 0

    def _pass_over(self, ahead: int) -> None:
        """Count bytes that are in no packet."""
        self._least_ahead = min(ahead, self._least_ahead)
        skipped = ahead - self._least_ahead
        if self._sound_bytes and skipped > max(_AHEAD_BYTES, _AHEAD * self._longest):
            self._bytes += skipped
            self._in_a_row = 0

    def _count(self, packet: "Packet[AudioStream]") -> None:
        self._bytes += packet.size
        self._counted_s += seconds_of(packet)


def seconds_of(packet: "Packet[AudioStream]") -> float:
    """Return how long a packet's sound is."""
    duration, base = packet.duration, packet.time_base
    return float(duration * base) if duration and base else 0.0
