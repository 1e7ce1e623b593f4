"""What an uploaded file really is, by FFmpeg's libraries (PyAV): never its name or its word.

A file must open as one of the containers below, have an audio track, and its first seconds must
decode. Its duration is counted packet by packet, as many containers state none or a wrong one; one
that states much more than there is was cut off. Playlists and lists of files (HLS, DASH, concat)
are no audio: opening one would fetch what it names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition

from everyword_events import InvalidInput
from ingest.adapters.probe_head import FileHead, read_head
from ingest.adapters.probe_times import PacketTimes
from ingest.domain import AudioFacts

CONTAINERS: Final = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,loas,matroska,webm,mov,"
    "mp4,m4a,3gp,3g2,mp3,mpc,mpc8,mpeg,mpegts,mxf,ogg,rm,tta,w64,wav,wtv,wv"
)
"""The containers that are opened, as FFmpeg's `format_whitelist` takes them."""

PROVEN_S: Final = 5.0
"""How much must decode to prove that the rest will."""

MOST_TRIED_PACKETS: Final = 2_000
MOST_PACKETS: Final = 20_000_000
"""12 hours at 2.5 ms a packet have less; beyond it a file is made to keep us busy."""

LARGEST_MP3_FRAME: Final = 1_800

MISSING_S: Final = 1.0
MISSING_SHARE: Final = 0.02
"""Less than either of these is missing from a whole file too (encoder delay, rounding)."""

MOST_ERRORS: Final = 100_000
"""In a row: behind a place that cannot be read, FFmpeg tries the next one each time."""

_GUESSED: Final = frozenset(
    {"aac", "ac3", "amr", "amrnb", "amrwb", "dts", "eac3", "loas", "mpeg", "mpegts"}
)
"""Containers that state no duration: FFmpeg guesses it from bit rates and time stamps."""

_MEDIA_TYPES: Final = {
    "aiff": "audio/aiff",
    "matroska": "audio/x-matroska",
    "mp3": "audio/mpeg",
    "mpegts": "video/mp2t",
}


def probe_audio(audio: BinaryIO) -> AudioFacts:
    """Return what the first audio track with sound of a file is; its position is left anywhere.

    Raises:
        InvalidInput: codes `empty`, `not_audio`, `no_audio_track`, `truncated`.
    """
    head = read_head(audio)
    if head.size == 0:
        raise InvalidInput("the file is empty", hint="upload it again", code="empty")
    place = 0
    while True:
        audio.seek(0)
        with _opened(audio, head) as container:
            tracks = _audio_tracks(container)
            try:
                return _facts(container, tracks[place], head)
            except InvalidInput as error:
                place += 1
                if error.code != "not_audio" or place == len(tracks):
                    raise


def _facts(container: InputContainer, stream: AudioStream, head: FileHead) -> AudioFacts:
    count = _Count(container, stream)
    counted_s = count.run()
    stated_s = _stated_s(container, stream, head)
    if head.stated_share > 1:
        stated_s = max(stated_s, head.stated_share * counted_s)
    missing = stated_s - counted_s > max(MISSING_S, MISSING_SHARE * stated_s)
    if missing and not head.is_whole:
        raise _truncated(
            f"it says that it has {stated_s:.0f} s of audio, {counted_s:.0f} s are there"
        )
    name = _name(container, head)
    damaged = missing and count.bytes < (1 - MISSING_SHARE) * (head.size - head.tag_bytes)
    padded = 0 <= counted_s - stated_s < MISSING_S
    return AudioFacts(
        # What is stated leaves out the encoder's padding, and has what is damaged in the middle;
        # where all bytes are sound, it is wrong.
        duration_s=stated_s if damaged or (padded and stated_s) else counted_s,
        container=name,
        codec=stream.codec_context.codec.canonical_name,
        channels=stream.codec_context.channels,
        sample_rate_hz=stream.codec_context.sample_rate or 0,
        media_type=_media_type(container, name),
    )


@contextmanager
def _opened(audio: BinaryIO, head: FileHead) -> Iterator[InputContainer]:
    try:
        container = av.open(
            audio,
            mode="r",
            format=head.forced_format,
            metadata_errors="replace",
            container_options={"format_whitelist": CONTAINERS, "protocol_whitelist": "none"},
        )
    except (av.error.FFmpegError, ValueError) as error:
        if head.is_mp4:
            raise _truncated("its index (moov) is missing") from error
        raise _not_audio() from error
    try:
        yield container
    finally:
        container.close()


def _audio_tracks(container: InputContainer) -> tuple[AudioStream, ...]:
    if container.streams.audio:
        return container.streams.audio
    if container.streams.video:
        raise InvalidInput(
            "the video has no audio track", hint="upload its sound", code="no_audio_track"
        )
    raise InvalidInput("the file has no audio track", code="no_audio_track")


@dataclass
class _Count:
    """Counts a track's seconds packet by packet, and decodes the first few of them."""

    container: InputContainer
    stream: AudioStream
    packets: int = 0
    bytes: int = 0
    """Of packets that can be sound: what is damaged in an MP3 comes as one that is too large."""
    tried: int = 0
    refused: int = 0
    decoded_s: float = 0.0
    summed: int = 0
    errors: int = 0
    """In a row, since the last packet."""

    def __post_init__(self) -> None:
        self.times = PacketTimes(self.stream.time_base or Fraction(1))

    def run(self) -> float:
        for stream in self.container.streams:
            if stream is not self.stream:
                stream.discard = Discard.all
        while self.errors <= MOST_ERRORS:
            try:
                self._take_all()
            except av.error.EOFError:
                break
            except IndexError:
                continue  # a packet of a track that was not announced
            except av.error.FFmpegError:
                self.errors += 1
            else:
                break
        if not self.decoded_s or self.refused * 2 > self.tried:
            raise _not_audio()
        return self._seconds()

    def _take_all(self) -> None:
        for packet in self.container.demux(self.stream):
            self._take(packet)
            if self.packets > MOST_PACKETS:
                raise InvalidInput(
                    "the file is cut into too many packets to be a recording",
                    hint="convert it to MP3, FLAC or Opus",
                    code="not_audio",
                )

    def _take(self, packet: "Packet[AudioStream]") -> None:
        if not packet.size:
            return
        self.packets += 1
        if packet.size <= LARGEST_MP3_FRAME or self.container.format.name != "mp3":
            self.bytes += packet.size
        self.errors = 0
        length = packet.duration or 0
        self.summed += length
        if packet.pts is not None:
            self.times.take(packet.pts, length)
        if self.decoded_s < PROVEN_S and self.tried < MOST_TRIED_PACKETS:
            self._decode(packet)

    def _decode(self, packet: "Packet[AudioStream]") -> None:
        self.tried += 1
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            self.refused += 1
            return
        for frame in frames:
            if isinstance(frame, AudioFrame) and frame.sample_rate:
                self.decoded_s += frame.samples / frame.sample_rate

    def _seconds(self) -> float:
        self.times.settle()
        base = self.stream.time_base
        if self.times.first is None or base is None:
            return float(self.summed * (base or 0)) or self.decoded_s
        start_s = float(self.times.first * base)
        if self.container.start_time is not None:  # sound that begins after the picture
            start_s = min(start_s, self.container.start_time / av.time_base)
        end_s = float((self.times.links + self.times.end) * base)
        return end_s - max(0.0, start_s)


def _stated_s(container: InputContainer, stream: AudioStream, head: FileHead) -> float:
    """Return the duration that the container states for the track, or 0 if it states none."""
    name = _name(container, head)
    if name in _GUESSED or (name == "mp3" and not head.states_mp3_length):
        return 0.0
    if stream.duration and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration and not container.streams.video:
        return float(container.duration / av.time_base)
    return 0.0  # a picture may go on longer than the sound


def _name(container: InputContainer, head: FileHead) -> str:
    names = container.format.name.split(",")
    if "mp4" in names:
        return "mp4"
    return "webm" if head.is_webm else names[0]


def _media_type(container: InputContainer, name: str) -> str:
    pictures = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if pictures and name in {"mp4", "webm"}:
        return f"video/{name}"
    return _MEDIA_TYPES.get(name, f"audio/{name}")


def _not_audio() -> InvalidInput:
    return InvalidInput(
        "the file is not audio that can be read",
        hint="upload a recording: MP3, M4A, WAV, FLAC, Ogg, Opus, WebM, or a video with sound",
        code="not_audio",
    )


def _truncated(why: str) -> InvalidInput:
    return InvalidInput(
        f"the file was cut off: {why}",
        hint="export or copy it again, then upload it whole",
        code="truncated",
    )
