"""What a file really is: every format we name, and every way it can be wrong."""

import io
import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from everyword_events import InvalidInput
from ingest.adapters.probe import probe_audio
from ingest.adapters.probe_times import PacketTimes
from ingest.domain import AudioFacts

Audio = Callable[..., bytes]


def probe(raw: bytes) -> AudioFacts:
    return probe_audio(io.BytesIO(raw))


def refused(raw: bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        probe(raw)
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("container", "codec", "said", "media_type"),
    [
        ("mp3", "libmp3lame", ("mp3", "mp3"), "audio/mpeg"),
        ("ipod", "aac", ("mp4", "aac"), "audio/mp4"),
        ("wav", "pcm_s16le", ("wav", "pcm_s16le"), "audio/wav"),
        ("flac", "flac", ("flac", "flac"), "audio/flac"),
        ("ogg", "libopus", ("ogg", "opus"), "audio/ogg"),
        ("webm", "libopus", ("webm", "opus"), "audio/webm"),
        ("matroska", "aac", ("matroska", "aac"), "audio/x-matroska"),
        ("adts", "aac", ("aac", "aac"), "audio/aac"),
        ("aiff", "pcm_s16be", ("aiff", "pcm_s16be"), "audio/aiff"),
    ],
)
def test_every_format_is_known_and_its_duration_counted(
    audio: Audio, container: str, codec: str, said: tuple[str, str], media_type: str
) -> None:
    facts = probe(audio(container, codec, channels=2))
    assert (facts.container, facts.codec) == said
    assert facts.duration_s == pytest.approx(4.0, abs=0.05)
    assert (facts.channels, facts.sample_rate_hz) == (2, 48_000)
    assert facts.media_type == media_type


def test_a_video_s_audio_track_is_what_counts(audio: Audio) -> None:
    facts = probe(audio("mp4", "aac", video="libx264", video_s=9.0))
    assert facts.duration_s == pytest.approx(4.0, abs=0.05)
    assert (facts.container, facts.codec, facts.media_type) == ("mp4", "aac", "video/mp4")
    facts = probe(audio("webm", "libopus", video="libvpx", video_s=9.0))
    assert facts.duration_s == pytest.approx(4.0, abs=0.05)


def test_an_mp3_without_a_frame_count_is_counted(audio: Audio) -> None:
    whole = audio("mp3", "libmp3lame", options=(("write_xing", "0"),))
    assert probe(whole).duration_s == pytest.approx(4.0, abs=0.05)
    assert probe(whole[: len(whole) // 2]).duration_s == pytest.approx(2.0, abs=0.1)


def test_ten_seconds_of_silence_are_audio(audio: Audio) -> None:
    for container, codec in (("wav", "pcm_s16le"), ("ogg", "libopus"), ("mp3", "libmp3lame")):
        facts = probe(audio(container, codec, seconds=10.0, hz=0.0))
        assert facts.duration_s == pytest.approx(10.0, abs=0.05)


def test_a_file_of_zero_bytes_is_empty() -> None:
    assert refused(b"") == "empty"


@pytest.mark.parametrize(
    "raw",
    [
        b"Dear listener, this is a letter, not a recording.\n" * 200,
        b"\0" * 50_000,
        b"ID3\x04\0\0\0\0\x0f\x76" + b"\0" * 2038,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 1000,
        b"<html><body>404</body></html>" * 20,
        b"PK\x03\x04" + b"\0" * 1000,
        b"R",
    ],
)
def test_what_is_no_audio_is_refused(raw: bytes) -> None:
    assert refused(raw) == "not_audio"


def test_noise_is_no_audio() -> None:
    chance = random.Random(5)
    for _ in range(30):
        assert refused(chance.randbytes(chance.randrange(1, 60_000))) == "not_audio"


def test_a_list_of_other_files_is_not_followed(tmp_path: Path, wav: bytes) -> None:
    (tmp_path / "private.wav").write_bytes(wav)
    private = tmp_path / "private.wav"
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{private}\n#EXT-X-ENDLIST\n"
    assert refused(playlist.encode()) == "not_audio"
    assert refused(f"ffconcat version 1.0\nfile {private}\n".encode()) == "not_audio"


def test_a_file_whose_first_track_holds_nothing_is_what_its_second_holds() -> None:
    raw = io.BytesIO()
    with av.open(raw, "w", format="matroska") as target:
        target.add_stream("pcm_s16le", rate=16_000, layout="mono")
        second = target.add_stream("pcm_s16le", rate=16_000, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=32_000)
        frame.sample_rate, frame.pts = 16_000, 0
        target.mux(second.encode(frame))
        target.mux(second.encode(None))
    facts = probe(raw.getvalue())
    assert facts.duration_s == pytest.approx(2.0, abs=0.01)
    assert facts.channels == 2


def test_a_video_without_audio_is_refused(audio: Audio) -> None:
    assert refused(audio("mp4", None, video="libx264")) == "no_audio_track"
    assert refused(audio("webm", None, video="libvpx")) == "no_audio_track"


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp3", "libmp3lame"),
        ("ipod", "aac"),
        ("wav", "pcm_s16le"),
        ("flac", "flac"),
        ("webm", "libopus"),
        ("aiff", "pcm_s16be"),
    ],
)
def test_a_file_cut_in_half_is_truncated_where_it_says_its_length(
    audio: Audio, container: str, codec: str
) -> None:
    whole = audio(container, codec)
    assert refused(whole[: len(whole) // 2]) == "truncated"


@pytest.mark.parametrize("damage", [bytes, random.Random(1).randbytes], ids=["zeros", "noise"])
@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("mp3", "libmp3lame", ()),
        ("avi", "libmp3lame", ()),
        ("avi", "pcm_s16le", ()),
        ("ogg", "flac", ()),
        ("matroska", "aac", (("cluster_time_limit", "500"),)),
        ("ipod", "aac", ()),
    ],
)
def test_a_file_damaged_inside_is_not_taken_for_one_cut_off(
    container: str,
    codec: str,
    options: tuple[tuple[str, str], ...],
    damage: Callable[[int], bytes],
    audio: Audio,
) -> None:
    raw = bytearray(audio(container, codec, seconds=20.0, options=options))
    middle, length = len(raw) // 2, len(raw) // 15
    raw[middle : middle + length] = damage(length)
    assert probe(bytes(raw)).duration_s == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("frames", [100, 9_000])
def test_an_mp3_that_states_a_wrong_length_is_as_long_as_it_is(frames: int, audio: Audio) -> None:
    raw = bytearray(audio("mp3", "libmp3lame", seconds=20.0))
    place = raw.index(b"Info") + 8
    raw[place : place + 4] = frames.to_bytes(4, "big")
    assert probe(bytes(raw)).duration_s == pytest.approx(20, abs=0.2)


@pytest.mark.parametrize(("container", "codec"), [("adts", "aac"), ("flac", "flac")])
def test_a_cover_of_megabytes_hides_nothing(container: str, codec: str, audio: Audio) -> None:
    picture = random.Random(2).randbytes(3_000_000)
    size = bytes(len(picture) >> bits & 0x7F for bits in (21, 14, 7, 0))
    tagged = b"ID3\x03\x00\x00" + size + picture + audio(container, codec)
    assert probe(tagged).codec == codec


def test_a_file_that_lost_bytes_inside_is_cut_off_where_it_says_how_many_it_had(
    audio: Audio,
) -> None:
    raw = bytearray(audio("mp3", "libmp3lame", seconds=20.0))
    del raw[len(raw) // 2 : len(raw) // 2 + len(raw) // 10]
    assert refused(bytes(raw)) == "truncated"


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([*range(10)], 10),
        ([0, 1, 2, 70_000, 4, 5, 6], 7),
        ([0, 1, 2, 3, 2_000], 5),
        ([0, 1, 2, 60, 61, 62], 63),
        ([0, 1, 2, 3, 0, 1, 2, 3], 8),
        ([0, 1, 2, 90_000, 90_001, 90_002], 6),
    ],
    ids=["whole", "one stray", "a stray end", "a hole", "two links", "a clock that was set"],
)
def test_a_track_is_as_long_as_the_times_that_are_to_be_believed(
    times: list[int], seconds: int
) -> None:
    packets = PacketTimes(Fraction(1, 10))
    for second in times:
        for tenth in range(0, 10, 5):
            packets.take(second * 10 + tenth, 5)
    packets.settle()
    assert packets.links + packets.end - (packets.first or 0) == seconds * 10


def test_an_m4a_with_its_index_in_front_is_truncated_too(tmp_path: Path, audio: Audio) -> None:
    path = tmp_path / "fast.m4a"
    with (
        av.open(io.BytesIO(audio("ipod", "aac"))) as source,
        av.open(str(path), "w", format="ipod", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = path.read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat")
    assert probe(whole).duration_s == pytest.approx(4.0, abs=0.05)
    assert refused(whole[: len(whole) // 2]) == "truncated"


def test_an_mp3_cut_inside_its_last_frame_is_taken(audio: Audio) -> None:
    whole = audio("mp3", "libmp3lame")
    assert probe(whole[:-50]).duration_s == pytest.approx(4.0, abs=0.1)


def test_an_mp3_that_begins_with_rubbish_is_taken(audio: Audio) -> None:
    facts = probe(b"\0" * 500 + audio("mp3", "libmp3lame"))
    assert facts.duration_s == pytest.approx(4.0, abs=0.1)


def test_the_answer_s_head_saved_before_an_mp3_is_stepped_over(audio: Audio) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"
    assert probe(head + audio("mp3", "libmp3lame")).duration_s == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("kind", [b"image/png", b"image/jpeg", b"nothing"])
def test_a_cover_that_is_no_picture_is_no_obstacle(audio: Audio, kind: bytes) -> None:
    cover = b"\0" + kind + b"\0\x03\0" + random.Random(3).randbytes(900)
    frame = b"APIC" + len(cover).to_bytes(4, "big") + b"\0\0" + cover
    size = bytes([len(frame) >> 7, len(frame) & 0x7F])
    tag = b"ID3\x03\0\0\0\0" + size + frame
    facts = probe(tag + audio("mp3", "libmp3lame"))
    assert (facts.codec, facts.duration_s) == ("mp3", pytest.approx(4.0, abs=0.1))


@pytest.mark.parametrize("container", ["webm", "matroska"])
def test_a_live_recording_that_states_no_length_is_counted(audio: Audio, container: str) -> None:
    facts = probe(audio(container, "libopus", options=(("live", "1"),)))
    assert facts.duration_s == pytest.approx(4.0, abs=0.1)


def test_a_tag_in_another_alphabet_is_no_obstacle(audio: Audio) -> None:
    text = b"\0Andr\xe9 \xff\xfe"
    frame = b"TIT2" + len(text).to_bytes(4, "big") + b"\0\0" + text
    tag = b"ID3\x03\0\0\0\0\0" + bytes([len(frame)]) + frame
    assert probe(tag + audio("mp3", "libmp3lame")).container == "mp3"


@pytest.mark.parametrize(
    ("container", "codec", "video"),
    [
        ("mp3", "libmp3lame", None),
        ("ipod", "aac", None),
        ("webm", "libopus", None),
        ("mpegts", "aac", "libx264"),
        ("flac", "flac", None),
        ("avi", "libmp3lame", "mpeg4"),
    ],
)
def test_damaged_files_are_taken_or_refused_and_never_break_anything(
    audio: Audio, container: str, codec: str, video: str | None
) -> None:
    whole = audio(container, codec, video=video)
    for seed in range(40):
        chance = random.Random(seed)
        damaged = bytearray(whole)
        reach = len(whole) if seed % 2 else min(len(whole), 600)
        for _ in range(chance.choice([1, 10, 100, 1000])):
            damaged[chance.randrange(reach)] = chance.randrange(256)
        try:
            facts = probe(bytes(damaged))
        except InvalidInput as error:
            assert error.code in {"not_audio", "truncated", "no_audio_track"}  # noqa: PT017
        else:
            assert facts.duration_s >= 0


def test_ffmpeg_writes_nothing_to_the_terminal(tmp_path: Path, audio: Audio) -> None:
    whole = audio("mp3", "libmp3lame")
    (tmp_path / "bad.mp3").write_bytes(whole[:5000] + b"\xff\xfb\x90" * 3000 + whole[5000:])
    code = (
        "import sys; from ingest.adapters.probe import probe_audio\n"
        "try: probe_audio(open(sys.argv[1], 'rb'))\n"
        "except Exception: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bad.mp3")], capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_ogg_files_joined_end_to_end_count_whole(audio: Audio) -> None:
    part = audio("ogg", "libopus")
    assert probe(part + part).duration_s == pytest.approx(8.0, abs=0.1)
