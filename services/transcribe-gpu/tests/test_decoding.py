"""Any audio to 16 kHz mono: formats, channels, damage, and memory that does not grow."""

import io
import struct
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

from everyword_events import InvalidInput
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.timeline import TimedFrame, settled
from transcribe_gpu.testing import decoded, encoded, long_silence, tone

FORMS = [
    ("wav", "pcm_s16le", 8_000),
    ("wav", "pcm_f32le", 48_000),
    ("flac", "flac", 44_100),
    ("mp3", "libmp3lame", 44_100),
    ("ipod", "aac", 44_100),
    ("ogg", "libopus", 48_000),
    ("webm", "libopus", 48_000),
    ("adts", "aac", 22_050),
    ("aiff", "pcm_s16be", 22_050),
    ("matroska", "flac", 96_000),
]


def noisy(seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """A tone in noise: unlike a pure tone it does not compress to nothing."""
    noise = np.random.default_rng(3).normal(0, 0.05, round(seconds * 16_000))
    return (tone(seconds) + noise).astype(np.float32)


def audio(raw: bytes) -> PyAvAudio:
    return PyAvAudio(io.BytesIO(raw))


def loudest_hertz(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> float:
    window = samples[:16_000]
    return float(np.argmax(np.abs(np.fft.rfft(window)))) * 16_000 / window.size


@pytest.mark.parametrize(("container", "codec", "rate"), FORMS)
def test_every_format_gives_the_same_sound(container: str, codec: str, rate: int) -> None:
    source = audio(encoded(tone(3.3), container=container, codec=codec, rate=rate))
    blocks = list(source.blocks())
    samples = np.concatenate(blocks)
    assert {block.dtype for block in blocks} == {np.dtype(np.float32)}
    assert max(block.size for block in blocks) <= 16_000
    assert samples.size / 16_000 == pytest.approx(3.3, abs=0.12)
    assert source.decoded_s == samples.size / 16_000
    assert source.expected_duration_s == pytest.approx(3.3, abs=0.2)
    assert loudest_hertz(samples) == 440
    assert 0.25 < np.abs(samples[8_000:-8_000]).max() < 0.35
    assert source.flags == ()


def test_channels_come_apart_and_mix() -> None:
    raw = encoded(np.stack([tone(2, 300), tone(2, 900)]), layout="stereo")
    assert audio(raw).channels == 2
    assert loudest_hertz(decoded(raw, 0)) == 300
    assert loudest_hertz(decoded(raw, 1)) == 900
    mixed = np.abs(np.fft.rfft(decoded(raw)[:16_000]))
    assert mixed[300] == pytest.approx(mixed[900], rel=0.05)


def test_channels_that_cancel_do_not_become_silence() -> None:
    speech = noisy(6)
    source = audio(encoded(np.stack([speech, -speech]), layout="stereo"))
    mixed = np.concatenate(list(source.blocks()))
    assert np.square(mixed).mean() > 0.9 * np.square(speech).mean()
    assert source.flags == ("channels_cancel",)


@pytest.mark.parametrize("right", [0.0, 0.05, 1.0, -0.3])
def test_channels_that_do_not_cancel_are_mixed(right: float) -> None:
    speech = noisy(4)
    source = audio(encoded(np.stack([speech, right * speech]), layout="stereo"))
    mixed = np.concatenate(list(source.blocks()))
    assert np.abs(mixed - speech * (1 + right) / 2).max() < 0.001
    assert source.flags == ()


def test_channels_cancel_only_as_long_as_they_do() -> None:
    speech = noisy(6)
    other = np.concatenate([speech[:48_000], -speech[48_000:]])
    source = audio(encoded(np.stack([speech, other]), layout="stereo"))
    mixed = np.concatenate(list(source.blocks()))
    assert np.abs(mixed[:48_000] - speech[:48_000]).max() < 0.001
    assert np.square(mixed[-16_000:]).mean() > 0.9 * np.square(speech[-16_000:]).mean()


@pytest.mark.parametrize("codec", ["libopus", "flac"])
def test_files_joined_end_to_end_are_heard_whole(codec: str) -> None:
    parts = [
        encoded(tone(3, hertz), container="ogg", codec=codec, rate=48_000) for hertz in (300, 900)
    ]
    samples = decoded(b"".join(parts))
    assert samples.size / 16_000 == pytest.approx(6, abs=0.1)
    assert loudest_hertz(samples[4 * 16_000 :]) == pytest.approx(900, abs=5)


def test_ogg_files_of_unlike_channels_joined_are_heard_whole() -> None:
    opus: dict[str, Any] = {"container": "ogg", "codec": "libopus", "rate": 48_000}
    both = np.stack([tone(3, 900), tone(3, 900)])
    links = [encoded(tone(3, 300), **opus), encoded(both, layout="stereo", **opus)]
    samples = decoded(b"".join([*links, links[0]]))
    assert samples.size / 16_000 == pytest.approx(9, abs=0.1)
    heard = [loudest_hertz(samples[at * 16_000 :]) for at in (1, 4, 7)]
    assert heard == pytest.approx([300, 900, 300], abs=5)


def test_a_link_that_cannot_be_read_is_told() -> None:
    opus = encoded(tone(3), container="ogg", codec="libopus", rate=48_000)
    both = encoded(
        np.stack([tone(3)] * 2), container="ogg", codec="libopus", rate=48_000, layout="stereo"
    )
    source = audio(opus + both[:60])
    assert sum(block.size for block in source.blocks()) / 16_000 == pytest.approx(3, abs=0.1)
    assert source.flags == ("truncated_audio",)


@pytest.mark.parametrize(("container", "codec"), [("adts", "aac"), ("flac", "flac")])
def test_a_cover_of_megabytes_hides_nothing(container: str, codec: str) -> None:
    picture = np.random.default_rng(4).bytes(3_000_000)
    size = bytes(len(picture) >> bits & 0x7F for bits in (21, 14, 7, 0))
    tag = b"ID3\x03\x00\x00" + size + picture
    samples = decoded(tag + encoded(tone(3), container=container, codec=codec))
    assert samples.size / 16_000 == pytest.approx(3, abs=0.1)
    assert loudest_hertz(samples[16_000:]) == pytest.approx(440, abs=5)


def test_mp3_files_of_different_rates_joined_are_heard_whole() -> None:
    parts = [
        encoded(
            tone(3, hertz),
            container="mp3",
            codec="libmp3lame",
            rate=rate,
            options={"write_xing": "0"},
        )
        for hertz, rate in ((300, 44_100), (900, 22_050))
    ]
    samples = decoded(b"".join(parts))
    assert samples.size / 16_000 == pytest.approx(6, abs=0.3)
    assert loudest_hertz(samples[-32_000:]) == pytest.approx(900, abs=5)


def test_a_variable_bit_rate_without_a_stated_length_is_not_taken_for_truncated() -> None:
    quiet_then_loud = np.concatenate([np.zeros(20 * 16_000, np.float32), noisy(5)])
    raw = encoded(
        quiet_then_loud,
        container="mp3",
        codec="libmp3lame",
        rate=44_100,
        options={"write_xing": "0"},
    )
    source = audio(raw)
    assert sum(block.size for block in source.blocks()) / 16_000 == pytest.approx(25, abs=0.2)
    assert source.flags == ()


@pytest.mark.parametrize(
    ("samples", "options"),
    [
        (tone(0.2), {}),
        (tone(1, 440), {"rate": 192_000}),
        (np.stack([tone(1, 440)] * 6), {"layout": "5.1", "container": "flac", "codec": "flac"}),
        (tone(1, 440), {"codec": "pcm_u8"}),
        (tone(1, 440), {"codec": "pcm_f64le"}),
    ],
    ids=["0.2 s", "192 kHz", "5.1", "8 bits", "64-bit floats"],
)
def test_odd_forms_are_heard(
    samples: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", options: dict[str, Any]
) -> None:
    heard = decoded(encoded(samples, **options))
    assert heard.size == pytest.approx(samples.shape[-1], abs=200)
    assert loudest_hertz(heard) == pytest.approx(440, abs=5)


def test_eight_channels_are_mixed() -> None:
    pcm = (np.repeat(tone(1, 440)[:, None], 8, axis=1) * 32767).astype("<i2").tobytes()
    raw = io.BytesIO()
    with wave.open(raw, "wb") as out:
        out.setparams((8, 2, 16_000, 0, "NONE", ""))
        out.writeframes(pcm)
    assert loudest_hertz(decoded(raw.getvalue())) == pytest.approx(440, abs=5)
    assert audio(raw.getvalue()).channels == 8


def test_a_wav_that_states_no_size_is_read_to_its_end() -> None:
    """What a program writes that pipes its output, and cannot go back to the header."""
    for size in (0, 0xFFFFFFFF):
        raw = bytearray(encoded(tone(2, 440)))
        data = raw.index(b"data")
        raw[4:8] = raw[data + 4 : data + 8] = struct.pack("<I", size)
        assert decoded(bytes(raw)).size / 16_000 == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("second", "one"), [(tone(2, 300), True), (tone(2, 300, 0.2), False), (tone(2, 900), False)]
)
def test_channels_of_one_sound_are_recognised(
    second: "np.ndarray[tuple[int], np.dtype[np.float32]]", one: bool
) -> None:
    source = audio(encoded(np.stack([tone(2, 300), second]), layout="stereo"))
    for _ in source.blocks(0):
        pass
    assert source.one_sound is one


def test_decoding_again_gives_the_same() -> None:
    source = audio(encoded(noisy(2), container="mp3", codec="libmp3lame"))
    first = np.concatenate(list(source.blocks()))
    assert np.array_equal(first, np.concatenate(list(source.blocks())))


def test_an_abandoned_decoding_does_no_harm() -> None:
    source = audio(encoded(noisy(5)))
    next(source.blocks())
    assert sum(block.size for block in source.blocks()) == 5 * 16_000


FASTSTART = {"movflags": "faststart"}


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [("mp3", "libmp3lame", {}), ("ipod", "aac", FASTSTART), ("flac", "flac", {})],
)
def test_a_truncated_file_gives_what_it_has(
    container: str, codec: str, options: dict[str, str]
) -> None:
    raw = encoded(noisy(20), container=container, codec=codec, options=options)
    source = audio(raw[: len(raw) // 2])
    samples = sum(block.size for block in source.blocks())
    assert 8 < samples / 16_000 < 12
    assert "truncated_audio" in source.flags


def test_an_m4a_cut_before_its_index_is_refused() -> None:
    raw = encoded(noisy(10), container="ipod", codec="aac")
    with pytest.raises(InvalidInput) as error:
        audio(raw[: len(raw) // 2])
    assert error.value.code == "not_audio"


def test_a_damaged_stretch_does_not_end_the_file() -> None:
    raw = bytearray(encoded(noisy(20), container="ipod", codec="aac"))
    middle = len(raw) // 2
    raw[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    source = audio(bytes(raw))
    samples = sum(block.size for block in source.blocks())
    assert samples / 16_000 == pytest.approx(20, abs=0.1)
    assert source.flags[0] == "damaged_audio"
    start, end = map(float, source.flags[1].removeprefix("gap:").split("-"))
    assert 9 < start < end < 11


@pytest.mark.parametrize("damage", ["zeros", "noise"])
@pytest.mark.parametrize(
    ("container", "codec", "rate", "options"),
    [
        ("mp3", "libmp3lame", 16_000, {}),
        ("mp3", "libmp3lame", 16_000, {"write_xing": "0"}),
        ("mp2", "mp2", 16_000, {}),
        ("mp2", "mp2", 44_100, {}),
        ("ac3", "ac3", 48_000, {}),
        ("adts", "aac", 16_000, {}),
        ("adts", "aac", 44_100, {}),
        ("ogg", "libopus", 48_000, {}),
        ("flac", "flac", 16_000, {}),
        ("mpegts", "aac", 16_000, {}),
        ("mpegts", "mp2", 48_000, {}),
        ("ogg", "flac", 16_000, {}),
        ("amr", "libopencore_amrnb", 8_000, {}),
        ("avi", "libmp3lame", 44_100, {}),
        ("avi", "aac", 44_100, {}),
        ("avi", "pcm_s16le", 16_000, {}),
        ("matroska", "libmp3lame", 44_100, {"cluster_time_limit": "500"}),
        ("webm", "libopus", 48_000, {"cluster_time_limit": "500"}),
        ("flv", "libmp3lame", 44_100, {}),
        ("mp4", "aac", 44_100, {"movflags": "empty_moov", "frag_duration": "400000"}),
        ("3gp", "libopencore_amrnb", 8_000, {}),
    ],
)
def test_what_comes_after_a_damaged_stretch_keeps_its_time(
    container: str, codec: str, rate: int, options: dict[str, str], damage: str
) -> None:
    """Bare packets carry no times: each one's is the number of packets before it.

    Where they carry times, FFmpeg says nothing of what it passed over.
    """
    sound = noisy(20)
    sound[17 * 16_000 : 18 * 16_000] = 0
    raw = bytearray(encoded(sound, container=container, codec=codec, rate=rate, options=options))
    middle, length = len(raw) // 2, len(raw) // 10
    bad = np.random.default_rng(1).bytes(length) if damage == "noise" else bytes(length)
    raw[middle : middle + length] = bad
    source = audio(bytes(raw))
    heard = np.concatenate(list(source.blocks()))
    assert heard.size / 16_000 == pytest.approx(20, abs=0.3)
    late = heard[14 * 16_000 :]
    quiet = np.abs(late[: late.size // 160 * 160]).reshape(-1, 160).max(axis=1) < 0.02
    assert 14 + np.flatnonzero(quiet)[0] / 100 == pytest.approx(17, abs=0.2)
    assert source.flags[0] == "damaged_audio"
    gaps = [flag.removeprefix("gap:").split("-") for flag in source.flags[1:]]
    silent_s = sum(float(end) - float(start) for start, end in gaps)
    assert 1.6 <= silent_s <= (3.1 if container == "ogg" else 2.6)  # Ogg loses whole seconds


def timed(seconds: list[float], long_s: float = 0.5) -> list[TimedFrame]:
    frames = []
    for second in seconds:
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, round(long_s * 16_000)), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate = 16_000
        frames.append(TimedFrame(frame, second))
    return frames


@pytest.mark.parametrize("stray", [39.0, 0.1])
def test_a_time_that_strays_from_its_neighbours_is_not_believed(stray: float) -> None:
    times = [0, 0.5, 1, stray, 2, 2.5, 3, 3.5]
    believed = [each.time_s for each in settled(timed(times))]
    assert believed == [0, 0.5, 1, None, 2, 2.5, 3, 3.5]


@pytest.mark.parametrize(
    "times", [[0, 0.5, 9, 9.5, 10, 10.5], [0, 0.5, 1, 0, 0.5, 1, 1.5], [0, 0.5, 1, 1.5], []]
)
def test_times_that_go_on_from_a_hole_or_begin_anew_are_believed(times: list[float]) -> None:
    assert [each.time_s for each in settled(timed(times))] == times


def test_damage_that_looks_like_a_track_of_its_own_costs_only_itself() -> None:
    raw = bytearray(encoded(noisy(8), container="mpegts", codec="mp2"))
    middle = len(raw) // 2
    for place in range(middle, middle + len(raw) // 5, 151):
        raw[place] ^= 0xFF
    with pytest.raises(IndexError):
        for _ in av.open(io.BytesIO(bytes(raw))).demux():
            pass
    source = audio(bytes(raw))
    assert sum(block.size for block in source.blocks()) / 16_000 == pytest.approx(8, abs=0.3)
    assert source.flags[0] == "damaged_audio"


def written(path: Path, frames: list[av.AudioFrame] | list[av.VideoFrame], codec: str) -> Path:
    """Write frames, with the times they carry, to a Matroska file."""
    with av.open(str(path), "w", format="matroska") as target:
        rate = 25 if isinstance(frames[0], av.VideoFrame) else 16_000
        stream: Any = target.add_stream(codec, rate=rate)
        if isinstance(frames[0], av.VideoFrame):
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        else:
            stream.layout = "mono"
        for frame in [*frames, None]:
            target.mux(stream.encode(frame))
    return path


def test_a_hole_in_the_timestamps_is_filled_with_silence(tmp_path: Path) -> None:
    frames = []
    for second in (0, 1, 5, 6):
        frame = av.AudioFrame.from_ndarray(
            (tone(1) * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate, frame.time_base = 16_000, Fraction(1, 16_000)
        frame.pts = second * 16_000
        frames.append(frame)
    samples = decoded(written(tmp_path / "hole.mka", frames, "pcm_s16le"))
    assert samples.size / 16_000 == pytest.approx(7, abs=0.01)
    assert np.abs(samples[round(2.1 * 16_000) : round(4.9 * 16_000)]).max() == 0
    assert np.abs(samples[round(5.1 * 16_000) :]).max() > 0.2


@pytest.mark.parametrize(("container", "codec"), [("matroska", "flac"), ("mp4", "aac")])
def test_sound_that_begins_after_the_picture_keeps_the_file_s_clock(
    container: str, codec: str
) -> None:
    raw = io.BytesIO()
    with av.open(raw, "w", format=container) as target:
        picture = target.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 64
        sound = target.add_stream(codec, rate=16_000, layout="mono")
        for number in range(50):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            target.mux(picture.encode(frame))
        pcm = (tone(2) * 32767).astype(np.int16)[None]
        heard = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        heard.sample_rate, heard.time_base, heard.pts = 16_000, Fraction(1, 16_000), 3 * 16_000
        target.mux(sound.encode(heard))
        target.mux(picture.encode(None))
        target.mux(sound.encode(None))
    samples = decoded(raw.getvalue())
    assert samples.size / 16_000 == pytest.approx(5, abs=0.15)
    assert np.abs(samples[: round(2.8 * 16_000)]).max() == 0
    assert np.abs(samples[round(3.2 * 16_000) :]).max() > 0.2


NOT_AUDIO = {
    "text": b"Dear sir, this is a letter.\n" * 300,
    "noise": np.random.default_rng(2).bytes(50_000),
    "zeros": bytes(50_000),
    "id3 only": b"ID3\x03\x00\x00\x00\x00\x00\x7f",
    "json": b'{"segments": []}',
    "pdf": b"%PDF-1.4\n" + np.random.default_rng(2).bytes(5_000),
}


@pytest.mark.parametrize("raw", NOT_AUDIO.values(), ids=list(NOT_AUDIO))
def test_what_is_not_audio_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(raw)
    with path.open("rb") as source, pytest.raises(InvalidInput) as error:
        list(PyAvAudio(source).blocks())
    assert error.value.code in {"not_audio", "audio_undecodable"}
    assert error.value.hint


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        audio(b"")
    assert error.value.code == "audio_empty"


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
    film = written(tmp_path / "silent.mkv", [picture.reformat(format="yuv420p")], "mpeg4")
    with pytest.raises(InvalidInput) as error:
        audio(film.read_bytes())
    assert error.value.code == "no_audio_track"


@pytest.mark.parametrize("form", ["#EXTM3U\n#EXTINF:2,\n{}\n", "ffconcat version 1.0\nfile '{}'\n"])
def test_a_playlist_cannot_reach_other_files(tmp_path: Path, form: str) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(encoded(tone(2)))
    with pytest.raises(InvalidInput):
        list(audio(form.format(secret).encode()).blocks())


@pytest.mark.slow
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """An hour is 230 MB of float32; what is held at a time must be nothing of the kind."""
    process = psutil.Process()
    with long_silence(tmp_path / "long.wav", 1).open("rb") as source:
        recording = PyAvAudio(source)
        blocks = recording.blocks()
        next(blocks)
        before = most = process.memory_info().rss
        for number, _ in enumerate(blocks):
            if number % 60 == 0:
                most = max(most, process.memory_info().rss)
    assert recording.decoded_s == 3600
    assert most - before < 10_000_000
