"""Files with several audio tracks: the one to be played is recognised, if anybody speaks in it."""

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from transcribe_gpu.adapters.containers import STRETCH_S, STRETCHES
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.ports import Float32Array
from transcribe_gpu.testing import encoded, tone
from transcribe_gpu.testing_tones import LoudIsSpeech

RATE = 16_000
SILENT = np.zeros(4 * RATE, np.float32)
Track = tuple[Float32Array, Disposition]


def film(*tracks: Track, container: str = "matroska", codec: str = "pcm_s16le") -> PyAvAudio:
    """Return a recording of several tracks, each float32, (n_samples,), written side by side."""
    raw = io.BytesIO()
    with av.open(raw, "w", format=container) as target:
        streams: list[Any] = []
        for _, disposition in tracks:
            stream = target.add_stream(codec, rate=RATE, layout="mono")
            stream.disposition = disposition
            streams.append(stream)
        for at in range(0, max(samples.size for samples, _ in tracks), RATE):
            for stream, (samples, _) in zip(streams, tracks, strict=True):
                pcm = (samples[at : at + RATE] * 32767).astype(np.int16)[None]
                if pcm.size:
                    frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
                    frame.sample_rate, frame.pts = RATE, at
                    frame.time_base = Fraction(1, RATE)
                    target.mux(stream.encode(frame))
        for stream in streams:
            target.mux(stream.encode(None))
    raw.seek(0)
    return PyAvAudio(raw, activity=LoudIsSpeech)


def hertz(audio: PyAvAudio) -> float:
    samples = np.concatenate(list(audio.blocks()))[-RATE:]
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * RATE / samples.size


PLAIN, DEFAULT, COMMENT = Disposition(0), Disposition.default, Disposition.comment


@pytest.mark.parametrize(
    ("tracks", "taken"),
    [
        (((tone(4, 300), DEFAULT), (tone(4, 900), PLAIN)), 1),
        (((tone(4, 300), PLAIN), (tone(4, 900), DEFAULT)), 2),
        (((tone(4, 300), COMMENT), (tone(4, 900), PLAIN)), 2),
        (((SILENT, DEFAULT), (tone(4, 900), PLAIN)), 2),
        (((SILENT, DEFAULT), (SILENT, PLAIN), (tone(4, 900), COMMENT)), 3),
        (((tone(4, 300, 0.06), DEFAULT), (tone(4, 900, 0.3), PLAIN)), 1),
        (((tone(4, 300, 0.002), DEFAULT), (tone(4, 900, 0.3), PLAIN)), 2),
        (((np.concatenate([tone(0.2, 300), SILENT]), DEFAULT), (tone(4, 900), PLAIN)), 2),
        (((SILENT[:0], DEFAULT), (tone(4, 900), PLAIN)), 2),
        (((SILENT, PLAIN), (SILENT, PLAIN)), 1),
    ],
    ids=["first", "default", "commentary", "silent", "two silent", "soft", "faint", "a word only",
         "empty", "nobody speaks"],
)  # fmt: skip
def test_the_track_in_which_people_speak_is_recognised(
    tracks: tuple[Track, ...], taken: int
) -> None:
    audio = film(*tracks)
    assert audio.flags == (f"audio_track:{taken} of {len(tracks)}",)
    if taken > 1:
        assert hertz(audio) == 900


@pytest.mark.parametrize(
    ("container", "codec"), [("mp4", "aac"), ("mpegts", "mp2"), ("mov", "alac")]
)
def test_tracks_are_told_apart_in_other_containers(container: str, codec: str) -> None:
    audio = film((SILENT, PLAIN), (tone(4, 900), PLAIN), container=container, codec=codec)
    assert audio.flags == ("audio_track:2 of 2",)
    assert hertz(audio) == pytest.approx(900, abs=1)


def test_of_a_long_file_only_stretches_are_looked_at() -> None:
    """What is spoken late, with silence before, is found; not every second is decoded for it."""
    quiet = np.zeros(300 * RATE, np.float32)
    late = quiet.copy()
    late[200 * RATE :] = np.tile(tone(1, 900), 100)
    audio = film((quiet, DEFAULT), (late, PLAIN))
    assert audio.flags == ("audio_track:2 of 2",)
    looked_at = list(audio.stretches())
    assert len(looked_at) == STRETCHES
    assert sum(planes.shape[1] for planes in looked_at) / RATE < 1.2 * STRETCHES * STRETCH_S
    assert sum(block.size for block in audio.blocks()) / RATE == pytest.approx(300, abs=0.01)


def test_a_single_track_costs_no_look() -> None:
    def never() -> LoudIsSpeech:
        raise AssertionError

    assert PyAvAudio(io.BytesIO(encoded(tone(1))), activity=never).flags == ()
