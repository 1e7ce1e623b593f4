"""What AMR frames say of themselves."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet

_GOOD: Final = 0x04
"""The quality bit of a frame's first byte (RFC 4867, section 5.3)."""
_NO_DATA: Final = 15


class QualityBits:
    """Tells damaged frames of AMR by their quality bit: zeros decode to silence without a word.

    A recorder that never sets the bit is not believed.
    """

    def __init__(self, track: "AudioStream") -> None:
        self._is_amr = track.codec_context.codec.canonical_name in {"amr_nb", "amr_wb"}
        self._believed = False

    def damaged(self, packet: "Packet[AudioStream]") -> bool:
        """Tell whether a packet's first frame is said to be damaged."""
        if not self._is_amr or not packet.size:
            return False
        first = memoryview(packet)[0]
        good = bool(first & _GOOD)
        self._believed = self._believed or good
        return self._believed and not good and first >> 3 & 0x0F != _NO_DATA
