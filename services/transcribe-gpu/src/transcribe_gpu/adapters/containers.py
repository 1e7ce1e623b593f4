"""Files that FFmpeg's libraries open: their tracks, stated length, and a few stretches of them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.stream import Disposition, Stream
from numpy.typing import NDArray

from everyword_events import InvalidInput
from transcribe_gpu.adapters.mixing import STEREO
from transcribe_gpu.adapters.parts import Part, forced_format
from transcribe_gpu.ports import SAMPLE_RATE_HZ, Float32Array

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

BUFFER: Final = 32_768
HINT: Final = "expected mp3, m4a, wav, flac, ogg, opus, webm, mp4 or the like"
_RESYNC_BYTES: Final = 2**30
"""How far the next packet of a transport stream is looked for; by FFmpeg's default, .06 MB."""
_OPENING: Final = {"protocol_whitelist": "none", "resync_size": str(_RESYNC_BYTES)}
"""A playlist that poses as audio must not make FFmpeg open other files or addresses."""
_ASIDE: Final = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.hearing_impaired
    | Disposition.karaoke
    | Disposition.lyrics
    | Disposition.clean_effects
)
"""Tracks beside the recording itself: a commentary, a description for the blind."""
STRETCHES: Final = 12
STRETCH_S: Final = 15.0
_INTERLEAVED_S: Final = 2.0
"""How far apart in a file what sounds at the same time may lie."""


def opened(source: BinaryIO | Part, *, buffer: int = BUFFER) -> "InputContainer":
    """Open a recording from its first byte.

    Raises:
        InvalidInput: it is empty, or no audio.
    """
    source.seek(0)
    if not source.read(1):
        raise InvalidInput("the file is empty", hint="upload it again", code="audio_empty")
    known = forced_format(source)
    source.seek(0)
    try:
        return av.open(
            source,
            mode="r",
            format=known,
            container_options=_OPENING,
            metadata_errors="ignore",
            buffer_size=buffer,
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise InvalidInput(
            "this is not audio, or it is damaged beyond reading", hint=HINT, code="not_audio"
        ) from error


def audio_tracks(container: "InputContainer") -> "list[AudioStream]":
    """Return the audio tracks: those that are to be played unless others are asked for first.

    Raises:
        InvalidInput: there is none.
    """
    tracks = [track for track in container.streams.audio if track.codec_context is not None]
    if not tracks:
        raise InvalidInput(
            "the file holds no audio track", hint="export it with sound", code="no_audio_track"
        )
    return sorted(
        tracks,
        key=lambda track: (
            bool(track.disposition & _ASIDE),
            not track.disposition & Disposition.default,
            track.index,
        ),
    )


def stated_s(container: "InputContainer", track: "AudioStream") -> float | None:
    """Return how long the file says that a track is."""
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    return None if container.duration is None else container.duration / av.time_base


def is_guess(stated: float | None, container: "InputContainer", track: "AudioStream") -> bool:
    """Tell whether FFmpeg only guessed the length from size and bit rate, as for bare mp3.

    Such a guess proves no truncation.
    """
    rate = track.codec_context.bit_rate
    if stated is None or not rate:
        return stated is None
    return abs(container.size * 8 / rate - stated) <= 0.02 * stated


class Resampler:
    """To 16 kHz int16: one row for the mix, all rows where a channel is wanted, or of stereo."""

    def __init__(self, *, mix: bool) -> None:
        self._mix = mix
        self._form: tuple[str, str, int] | None = None
        self._inner: AudioResampler | None = None

    def resample(self, frame: AudioFrame) -> Iterator[NDArray[np.int16]]:
        """Yield int16, (n_rows, n_samples); a change of format in the stream starts anew."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:
            yield from self.flush()
            self._form = form
            self._inner = (
                AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
                if self._mix and frame.layout.nb_channels != STEREO
                else AudioResampler(format="s16p", layout=frame.layout, rate=SAMPLE_RATE_HZ)
            )
        assert self._inner is not None
        for out in self._inner.resample(frame):
            yield out.to_ndarray().astype(np.int16, copy=False)

    def flush(self) -> Iterator[NDArray[np.int16]]:
        """Yield what the filter still holds."""
        if self._inner is not None:
            for out in self._inner.resample(None):
                yield out.to_ndarray().astype(np.int16, copy=False)
        self._inner = self._form = None


def stretches(source: BinaryIO, tracks: Sequence[int]) -> Iterator[list[Float32Array]]:
    """Decode three minutes, spread over a recording, of some of its tracks (their indexes).

    Yields, for each stretch, each track's samples: float32, (n_channels, n_samples), 16 kHz.
    A shorter recording comes whole; one that is damaged, as far as it can be read.
    """
    with opened(source) as container:
        wanted = [track for track in container.streams.audio if track.index in tracks]
        wanted.sort(key=lambda track: tracks.index(track.index))
        whole_s = (container.duration or 0) / av.time_base
        zero_s = (container.start_time or 0) / av.time_base
        if whole_s <= STRETCHES * STRETCH_S:
            starts, long_s = [0.0], STRETCHES * STRETCH_S
        else:
            starts, long_s = [whole_s * n / STRETCHES for n in range(STRETCHES)], STRETCH_S
        for start in starts:
            try:
                if start:
                    container.seek(round((zero_s + start) * av.time_base))
                yield _stretch(container, wanted, long_s)
            except (av.error.FFmpegError, IndexError):  # damage, or a track that only begins here
                return


def _stretch(
    container: "InputContainer", tracks: "Sequence[AudioStream]", long_s: float
) -> list[Float32Array]:
    """Decode so much of each track from where the container stands; less where one ends."""
    rows: dict[int, list[NDArray[np.int16]]] = {track.index: [] for track in tracks}
    resamplers = {track.index: Resampler(mix=False) for track in tracks}
    have_s = dict.fromkeys(rows, 0.0)
    for packet in container.demux(list(tracks)):
        index = packet.stream.index
        if min(have_s.values()) >= long_s or max(have_s.values()) >= long_s + _INTERLEAVED_S:
            break
        for frame in _frames(packet):
            have_s[index] += frame.samples / (frame.sample_rate or SAMPLE_RATE_HZ)
            rows[index] += resamplers[index].resample(frame)
    for index, resampler in resamplers.items():
        rows[index] += resampler.flush()
    return [_joined(rows[track.index]) for track in tracks]


def _frames(packet: "Packet[Stream]") -> list[AudioFrame]:
    try:
        return [f for f in packet.decode() if isinstance(f, AudioFrame) and f.samples]
    except av.error.FFmpegError:
        return []


def _joined(rows: list[NDArray[np.int16]]) -> Float32Array:
    """Join pieces, (n_channels, n_samples); what has another number of channels is left out."""
    alike = [row for row in rows if len(row) == len(rows[0])]
    whole = np.concatenate(alike, axis=1) if alike else np.zeros((1, 0), np.int16)
    return np.multiply(whole, 1 / 32768, dtype=np.float32)
