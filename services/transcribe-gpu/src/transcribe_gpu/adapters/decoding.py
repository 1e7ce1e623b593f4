"""Any audio that FFmpeg's libraries decode, streamed through PyAV to 16 kHz float32.

16-bit samples in between, as Whisper's own front end has it: the mix is then scaled so that it
cannot clip, and every engine was trained on it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from everyword_events import InvalidInput
from transcribe_gpu.adapters.amr import QualityBits
from transcribe_gpu.adapters.byte_clock import READ_AT_ONCE, UNTIMED
from transcribe_gpu.adapters.containers import (
    BUFFER,
    HINT,
    Resampler,
    audio_tracks,
    is_guess,
    opened,
    stated_s,
    stretches,
)
from transcribe_gpu.adapters.index_clock import lost_sound_clock
from transcribe_gpu.adapters.mixing import STEREO, StereoMixer
from transcribe_gpu.adapters.packets import BrokenOff, PacketReader
from transcribe_gpu.adapters.parts import Covered, fragments_behind, parts
from transcribe_gpu.adapters.silero import voice_activity
from transcribe_gpu.adapters.timeline import GAP_S, Line, TimedFrame, settled
from transcribe_gpu.domain import best_track, spoken_in
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array, VoiceActivityDetector

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

BLOCK: Final = SAMPLE_RATE_HZ
"""A second of samples."""
_UNBROKEN: Final = frozenset({"avi", "flac", "mpegts", "ogg", "rm", "wtv"}) | UNTIMED
"""Files of these formats have no way to leave sound out: a hole in them is damage."""
_PASSED_OVER: Final = 0.5
"""So much of a hole's sound in bytes that were passed over there tells of damage."""
LONGEST_GAP_S: Final = 3600.0
TRUNCATED: Final = "truncated_audio"
DAMAGED: Final = "damaged_audio"
CANCELLED: Final = "channels_cancel"
MOST_GAPS_TOLD: Final = 20
_GAP: Final = "gap:"
_ONE_GAP_S: Final = 1.0
"""Gaps with less sound than this between them are told as one."""


class PyAvAudio:
    """A recording in a seekable binary file (`transcribe_gpu.ports.Audio`)."""

    def __init__(
        self,
        source: BinaryIO,
        *,
        activity: Callable[[], VoiceActivityDetector] = voice_activity,
    ) -> None:
        """Open a recording; of several tracks, `activity` tells in which somebody speaks."""
        self._source = source
        self.decoded_s = 0.0
        self.flags: tuple[str, ...] = ()
        self._difference = self._energy = 0.0
        self._read_to = 0
        self._buffer = BUFFER
        with opened(source) as container:
            tracks = audio_tracks(container)
            stream = tracks[0]
            if len(tracks) > 1:
                indexes = [track.index for track in tracks]
                stream = tracks[_most_spoken(source, indexes, activity())]
                number = 1 + sum(track.index < stream.index for track in tracks)
                self._flag(f"audio_track:{number} of {len(tracks)}")
            self._track = stream.index
            self.channels = stream.codec_context.channels
            self.expected_duration_s = stated_s(container, stream)
            self._guessed = is_guess(self.expected_duration_s, container, stream)
            if container.format.name in UNTIMED:
                self._buffer = READ_AT_ONCE

    @property
    def one_sound(self) -> bool:
        """Whether the channels differ by no more than -20 dB; True for a single channel."""
        return self._difference <= 0.01 * self._energy

    def stretches(self) -> Iterator[Float32Array]:
        """Decode three minutes, spread over it: float32, (n_channels, n_samples), 16 kHz."""
        for (planes,) in stretches(self._source, [self._track]):
            yield planes

    def blocks(self, channel: int | None = None) -> Iterator[Float32Array]:
        """Decode to blocks (float32, (n_samples,), 16 kHz mono), n_samples <= 16,000.

        A file that breaks off, or has bad packets, gives what it has and leaves a flag.

        Raises:
            InvalidInput: not a single sample comes out (code `audio_undecodable`).
        """
        self._difference = self._energy = 0.0
        samples = 0
        waiting: list[Float32Array] = []
        size = 0
        for piece in self._parts(channel):
            samples += piece.size
            waiting.append(piece)
            size += piece.size
            if size >= BLOCK:
                whole = np.concatenate(waiting)
                yield from (whole[at : at + BLOCK] for at in range(0, size - BLOCK + 1, BLOCK))
                waiting = [whole[size // BLOCK * BLOCK :]]
                size %= BLOCK
        if not samples:
            raise InvalidInput("no sound could be decoded", hint=HINT, code="audio_undecodable")
        if size:
            yield np.concatenate(waiting)
        self.decoded_s = samples / SAMPLE_RATE_HZ
        stated = self.expected_duration_s
        short = stated is not None and self.decoded_s < stated - max(1.0, 0.02 * stated)
        if short and not self._guessed:
            self._flag(TRUNCATED)

    def _parts(self, channel: int | None) -> Iterator[Float32Array]:
        samples = 0
        line: Line | None = None
        waiting = parts(self._source)
        while waiting:
            part = waiting.pop(0)
            try:
                container = opened(part, buffer=self._buffer)
            except InvalidInput:
                if not samples:
                    raise
                self._flag(TRUNCATED)
                continue
            with container:
                lost = line is not None
                line = line or Line.of(container, began_s=samples / SAMPLE_RATE_HZ)
                for piece in self._pieces(container, channel, line, lost=lost):
                    samples += piece.size
                    yield piece
                is_mp4 = "mp4" in container.format.name
            tried_to = part.tried_to if isinstance(part, Covered) else 0
            end = max(self._read_to, tried_to)
            rest = fragments_behind(self._source, end) if is_mp4 else None
            if rest is None:
                line = None
            else:
                waiting.insert(0, rest)

    def _pieces(
        self, container: "InputContainer", channel: int | None, line: Line, *, lost: bool
    ) -> Iterator[Float32Array]:
        """Decode, resample and fill holes: what is heard at t seconds comes out at t seconds."""
        stream = next((t for t in container.streams.audio if t.index == self._track), None)
        if stream is None:  # a part of another make
            return
        resampler = Resampler(mix=channel is None)
        mixer = StereoMixer()
        unbroken = container.format.name in _UNBROKEN
        surplus = 0
        for each in settled(self._frames(container, stream, lost=lost)):
            if each.time_s is not None:
                gap_s = each.time_s - line.expected_s
                if (0 if each.lost else GAP_S) < gap_s < LONGEST_GAP_S:
                    yield from _silence(gap_s)
                    damaged = each.lost or each.passed_over_s > _PASSED_OVER * gap_s
                    if damaged or (unbroken and line.expected_s > line.zero_s):
                        self._flag(DAMAGED)
                        self._tell_gap(line.shown_s(line.expected_s), line.shown_s(each.time_s))
                if each.lost and gap_s < 0:  # junk was decoded
                    surplus += round(-gap_s * SAMPLE_RATE_HZ)
                line.expected_s = each.time_s
            line.expected_s += each.long_s
            for planes in resampler.resample(each.frame):
                kept = planes[:, surplus:]
                surplus -= planes.shape[1] - kept.shape[1]
                yield self._one(kept, channel, mixer)
        for planes in resampler.flush():
            yield self._one(planes, channel, mixer)
        if mixer.cancelled:
            self._flag(CANCELLED)

    def _frames(
        self, container: "InputContainer", stream: AudioStream, *, lost: bool
    ) -> Iterator[TimedFrame]:
        packets = PacketReader(container, stream)
        clock = lost_sound_clock(container, stream)
        amr = QualityBits(stream)
        try:
            for packet in packets:
                lost = lost or packets.unreadable
                frames = None if amr.damaged(packet) else self._decoded(packet)
                if frames is None:
                    lost = True
                    if clock:
                        clock.bad(packet)
                    continue
                if clock and clock.good(packet, read_bytes=self._source.tell()):
                    lost = True
                if lost:
                    self._flag(DAMAGED)
                for frame in frames:
                    time_s = frame.time
                    if time_s is not None and clock:
                        time_s += clock.lost_s
                    yield TimedFrame(frame, time_s, lost, packets.passed_over_s)
                    lost = False
        except BrokenOff:
            self._flag(TRUNCATED)
        self._read_to = packets.end

    def _decoded(self, packet: "Packet[AudioStream]") -> list[AudioFrame] | None:
        """Decode a packet; None if it is damaged."""
        try:
            frames = packet.decode()
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._flag(DAMAGED)
            return None
        return [frame for frame in frames if isinstance(frame, AudioFrame) and frame.samples]

    def _one(
        self, planes: NDArray[np.int16], channel: int | None, mixer: StereoMixer
    ) -> Float32Array:
        """Take the channel (or the mix, or the only row) of int16, (n_channels, n_samples)."""
        if channel is None and len(planes) == STEREO:
            return mixer.mix(planes)
        row = planes[0 if channel is None else min(channel, len(planes) - 1)]
        if channel is not None:
            floats = planes.astype(np.float32)
            self._energy += float(np.square(floats).sum())
            self._difference += float(np.square(floats - floats[0]).sum())
        samples: Float32Array = np.multiply(row, 1 / 32768, dtype=np.float32)
        return samples

    def _flag(self, flag: str) -> None:
        if flag not in self.flags:
            self.flags = (*self.flags, flag)

    def _tell_gap(self, start: float, end: float) -> None:
        """Say on the transcript between which seconds the file could not be decoded."""
        last = self.flags[-1] if self.flags else ""
        if last.startswith(_GAP) and start - float(last.rpartition("-")[2]) < _ONE_GAP_S:
            self.flags = self.flags[:-1]
            self._flag(f"{last.rpartition('-')[0]}-{end:.1f}")
        elif sum(flag.startswith(_GAP) for flag in self.flags) < MOST_GAPS_TOLD:
            self._flag(f"{_GAP}{start:.1f}-{end:.1f}")


def _silence(seconds: float) -> Iterator[Float32Array]:
    left = round(seconds * SAMPLE_RATE_HZ)
    while left > 0:
        yield np.zeros(min(left, BLOCK), np.float32)
        left -= BLOCK


def _most_spoken(source: BinaryIO, tracks: Sequence[int], detector: VoiceActivityDetector) -> int:
    detectors = [detector.stream() for _ in tracks]
    return best_track(spoken_in(stretches(source, tracks), detectors))
