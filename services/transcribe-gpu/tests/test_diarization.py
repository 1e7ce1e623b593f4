"""Who speaks: clustering of voices, words laid under turns, and a process that may fail."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from everyword_events import Event, InvalidInput, TranscriptReady
from everyword_storage.directory import DirectoryBlobStore
from everyword_transcripts import (
    Segment,
    Speaker,
    Transcript,
    Word,
    read_transcript,
    write_transcript,
)
from support.waiting import PATIENCE_S
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.adapters.progress_file import ProgressFolder
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.diarization import apart
from transcribe_gpu.diarization.clustering import cluster
from transcribe_gpu.diarization.pipeline import PipelineDiarizer
from transcribe_gpu.diarization.process import ProcessDiarizer
from transcribe_gpu.diarization.torch_file import read_tensors
from transcribe_gpu.domain import Diarization, SpeakerTurn, with_speakers, with_speakers_anew
from transcribe_gpu.errors import DiarizationFailed
from transcribe_gpu.models import Catalogue, ModelFolder, ModelLibrary, SpeechModel
from transcribe_gpu.ports import Audio
from transcribe_gpu.recognition import Recogniser
from transcribe_gpu.selection import EngineSelector
from transcribe_gpu.service import TranscribeService
from transcribe_gpu.speaker_pass import SpeakerPass
from transcribe_gpu.testing import Clip, encoded
from transcribe_gpu.testing_tones import TONES, LoudIsSpeech, ToneSource, tones


def voices(order: list[int], *, each: int = 30, noise: float = 0.25) -> NDArray[np.float32]:
    """Return stretches of voices in an order, (n, 64), of length 1."""
    random = np.random.default_rng(1)
    centres = random.normal(0, 1, (max(order) + 1, 64))
    rows = np.concatenate([centres[v] + noise * random.normal(0, 1, (each, 64)) for v in order])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("order", [[0], [0, 1], [0, 1, 0, 2, 1], [0, 1, 2, 3, 0]])
@pytest.mark.parametrize("given", [False, True])
def test_voices_are_told_apart_and_counted(order: list[int], *, given: bool) -> None:
    rows = voices(order)
    count = len(set(order))
    labels = cluster(rows, np.arange(len(rows)) * 0.2, speakers=count if given else 0)
    assert labels.tolist() == [voice for voice in order for _ in range(30)]


@pytest.mark.slow
def test_many_stretches_are_clustered_in_little_memory() -> None:
    rows = voices([0, 1, 2] * 16, each=100)
    labels = cluster(rows, np.arange(len(rows)) * 0.2, speakers=0)
    assert labels.tolist() == [voice for voice in [0, 1, 2] * 16 for _ in range(100)]


def test_no_stretch_is_nobody() -> None:
    assert cluster(np.empty((0, 4), np.float32), np.empty(0), speakers=2).size == 0


def transcript(*words: tuple[str, float, float]) -> Transcript:
    spoken = [Word(text, start, end) for text, start, end in words]
    return Transcript("en", 60.0, (Segment.of(spoken, speaker=None, language="en"),))


def test_words_belong_to_whoever_covers_them_most() -> None:
    said = transcript(("so", 0, 0.4), ("yes", 0.5, 1.0), ("but", 1.1, 1.5), ("no", 20, 20.5))
    turns = [SpeakerTurn(0, 0.6, "SPEAKER_00"), SpeakerTurn(0.6, 1.4, "SPEAKER_01")]
    found = with_speakers(said, turns)
    assert [(s.speaker, s.text) for s in found.segments] == [
        ("SPEAKER_00", "so"),
        ("SPEAKER_01", "yes but"),
        (None, "no"),
    ]
    assert [speaker.label for speaker in found.speakers] == ["SPEAKER_00", "SPEAKER_01"]
    assert [(w.word, w.start, w.end) for w in found.words()] == [
        (w.word, w.start, w.end) for w in said.words()
    ]


def test_a_short_island_in_a_sentence_is_smoothed_and_a_long_one_is_not() -> None:
    words = [(f"w{n}", n * 0.3, n * 0.3 + 0.25) for n in range(12)]
    one, two = "SPEAKER_00", "SPEAKER_01"
    short = [SpeakerTurn(0, 1.2, one), SpeakerTurn(1.2, 1.5, two), SpeakerTurn(1.5, 9, one)]
    assert {s.speaker for s in with_speakers(transcript(*words), short).segments} == {one}
    long = [SpeakerTurn(0, 1.2, one), SpeakerTurn(1.2, 2.4, two), SpeakerTurn(2.4, 9, one)]
    assert [s.speaker for s in with_speakers(transcript(*words), long).segments] == [one, two, one]


TENSOR = (
    b"\x80\x02}(X\x05\x00\x00\x00state}(X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n"
    b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06t"
    b"QK\x00K\x02K\x03\x86K\x03K\x01\x86tRuu."
)


def zipped(content: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("it/data.pkl", content)
        archive.writestr("it/data/0", np.arange(6, dtype=np.float32).tobytes())
    return raw.getvalue()


def test_a_checkpoint_s_tensors_are_read_without_torch() -> None:
    found = read_tensors(zipped(TENSOR), under="state")
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_hostile_checkpoint_calls_nothing() -> None:
    hostile = b"\x80\x02}X\x05\x00\x00\x00state}X\x01\x00\x00\x00acos\nabort\n(tRss."
    assert read_tensors(zipped(hostile), under="state") == {}


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"no checkpoint", zipped(b"\x80\x02}.")])
def test_what_is_no_checkpoint_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_tensors(raw, under="state")


ENDINGS = {
    "dies": ("import sys; sys.stderr.write('no room\\n'); sys.exit(3)", "no room"),
    "hangs": ("import time; time.sleep(600)", "longer than"),
    "talks": ("import sys; sys.stdin.buffer.read(); print('hello')", "no answer"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "was killed"),
}
KILLED = """
import os, pathlib, sys
marks = pathlib.Path({marks!r})
if marks.stat().st_size < {times}:
    with marks.open("a") as file:
        file.write("x")
    os.kill(os.getpid(), 9)
sys.stdin.buffer.read()
print('{{"turns": [], "voices": []}}')
"""


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    """A library that has the model, as far as anybody can tell without its digests."""
    folder = tmp_path / "models" / "resemblyzer"
    folder.mkdir(parents=True)
    (folder / "pretrained.pt").write_bytes(b"weights")
    return ModelLibrary(
        SpeechModelSettings(
            folder=str(folder.parent), cache=str(tmp_path / "cache"), sources=("folder",)
        ),
        catalogue=Catalogue(
            [
                SpeechModel("resemblyzer", "resemblyzer"),
                SpeechModel("pyannote-segmentation", "segmentation"),
            ]
        ),
    )


SAYS_HOW = """
import json, sys
sys.stdin.buffer.read()
told = dict(zip(sys.argv[1::2], sys.argv[2::2]))
turn = {"start": 0, "end": 1, "speaker": told.get("--segmentation", "without")}
print(json.dumps({"turns": [turn]}))
"""


@pytest.mark.parametrize("speakers", [0, 2])
def test_segmentation_is_used_where_it_is(
    library: ModelLibrary, tmp_path: Path, speakers: int
) -> None:
    audio = PyAvAudio(io.BytesIO(encoded(tones([1, 2]))))
    diarizer = ProcessDiarizer(library, command=(sys.executable, "-c", SAYS_HOW))
    (turn,) = diarizer.diarize(audio, speakers=speakers, check=lambda: None).turns
    assert turn.speaker == "without"
    folder = tmp_path / "models" / "pyannote-segmentation"
    folder.mkdir()
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    (turn,) = diarizer.diarize(audio, speakers=speakers, check=lambda: None).turns
    assert turn.speaker == str(folder / "pytorch_model.bin")


def test_what_is_killed_between_two_downloads_asks_for_both_again(
    library: ModelLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def killed(wish: str, **_: object) -> ModelFolder:
        asked.append(wish)
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "find", lambda *_, **__: None)
    monkeypatch.setattr(library, "fetch", killed)
    diarizer = ProcessDiarizer(library)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            diarizer.diarize(
                PyAvAudio(io.BytesIO(encoded(tones([1])))), speakers=0, check=lambda: None
            )
    assert asked == ["pyannote-segmentation"] * 2, "the model that says ready comes last"


def test_a_pipeline_that_is_not_there_is_told_with_how_to_get_it(tmp_path: Path) -> None:
    audio = PyAvAudio(io.BytesIO(encoded(tones([1]))))
    nowhere = EngineEnvironments(tmp_path / "engines")
    with pytest.raises(DiarizationFailed, match="holds no pyannote pipeline") as missing:
        PipelineDiarizer(tmp_path, nowhere).diarize(audio, speakers=0, check=lambda: None)
    assert "hf download pyannote/speaker-diarization-community-1" in missing.value.hint
    (tmp_path / "config.yaml").write_text("pipeline: {}")
    with pytest.raises(DiarizationFailed, match="needs WhisperX's environment") as alone:
        PipelineDiarizer(tmp_path, nowhere).diarize(audio, speakers=0, check=lambda: None)
    assert alone.value.hint == "everyword engines install whisperx"


@pytest.mark.slow
def test_a_pyannote_pipeline_tells_who_speaks(tmp_path: Path, question: Clip) -> None:
    """The segmentation is real, the voices have random weights: form and turns are tried."""
    environments = EngineEnvironments()
    command = environments.command("whisperx", "transcribe_gpu.testing_pipeline")
    if command is None:
        pytest.skip("whisperx is not installed: everyword engines install whisperx")
    folder = tmp_path / "pipeline"
    subprocess.run([*command, str(folder)], check=True, timeout=600)
    sound = np.concatenate([question.samples, np.zeros(8_000, np.float32)])
    diarizer = PipelineDiarizer(folder, environments)

    def said(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> Diarization:
        audio = PyAvAudio(io.BytesIO(encoded(samples)))
        return diarizer.diarize(audio, speakers=1, check=lambda: None)

    found = said(sound)
    assert found.voice_model == "pyannote pipeline"
    assert {turn.speaker for turn in found.turns} == {"SPEAKER_00"}
    assert all(0 <= turn.start < turn.end <= sound.size / 16_000 for turn in found.turns)
    assert sum(turn.end - turn.start for turn in found.turns) > 1.0
    (voice,) = found.voices
    assert np.linalg.norm(voice.embedding) == pytest.approx(1, abs=0.01)
    assert voice.speech_s > 1.0
    assert said(np.zeros(48_000, np.float32)).turns == ()
    (folder / "embedding/pytorch_model.bin").write_bytes(b"no weights")
    with pytest.raises(DiarizationFailed, match=r"the pipeline of .* failed"):
        said(sound)


def test_settings_choose_a_pipeline() -> None:
    class Both(Known):
        def running(self, folder: str) -> Known:
            self.asked.append(len(folder))
            return Known()

    diarizer = Both()
    found = heard(diarizer, TONES.model_copy(update={"diarization_pipeline": "/p"}))
    assert len(found.speakers) == 2
    assert diarizer.asked == [2]


def heard(diarizer: object, settings: TranscribeSettings) -> Transcript:
    recogniser = Recogniser(
        EngineSelector([ToneSource()]),
        LoudIsSpeech(),
        diarizer=diarizer,  # type: ignore[arg-type]
    )
    audio = PyAvAudio(io.BytesIO(encoded(tones([1, 2, 3, 4]))))
    return recogniser.run(
        audio, settings, report=lambda *told: None, announce=lambda line: None
    ).transcript


class Known:
    """Says one speaker for the first half, another for the second."""

    name = "known"

    def __init__(self, *, ready: bool = True) -> None:
        self._ready = ready
        self.asked: list[int] = []

    def ready(self) -> bool:
        return self._ready

    def diarize(self, audio: Audio, *, speakers: int, check: Callable[[], None]) -> Diarization:
        self.asked.append(speakers)
        seconds = sum(block.size for block in audio.blocks(None)) / 16_000
        half = seconds / 2
        return Diarization(
            (SpeakerTurn(0, half, "SPEAKER_00"), SpeakerTurn(half, seconds, "SPEAKER_01"))
        )


def test_a_transcript_has_its_speakers() -> None:
    found = heard(Known(), TONES)
    assert [(s.speaker, s.text) for s in found.segments] == [
        ("SPEAKER_00", "w1 w2"),
        ("SPEAKER_01", "w3 w4"),
    ]


@pytest.mark.parametrize(
    ("diarization", "speakers", "ready", "asked"),
    [
        ("auto", 0, True, True),
        ("auto", 0, False, False),
        ("auto", 2, False, True),
        ("on", 0, False, True),
        ("off", 2, True, False),
        ("on", 1, True, False),
    ],
)
def test_when_speakers_are_told_apart(
    diarization: str, speakers: int, *, ready: bool, asked: bool
) -> None:
    known = Known(ready=ready)
    settings = TONES.model_copy(update={"diarization": diarization, "speakers": speakers})
    found = heard(known, settings)
    assert known.asked == ([speakers] if asked else [])
    assert ("speakers:not_separated" in found.flags) == (speakers > 1 and not asked)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failed_diarization_delivers_the_transcript_flagged(
    ending: str, library: ModelLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "AGAIN_AFTER_S", (0.0, 0.0))
    script, reason = ENDINGS[ending]
    least_s = 0.5 if ending == "hangs" else PATIENCE_S
    diarizer = ProcessDiarizer(library, least_s=least_s, command=(sys.executable, "-c", script))
    audio = PyAvAudio(io.BytesIO(encoded(tones([1, 2, 3, 4]))))
    with pytest.raises(DiarizationFailed, match=reason):
        diarizer.diarize(audio, speakers=2, check=lambda: None)
    found = heard(diarizer, TONES.model_copy(update={"speakers": 2}))
    assert found.flags == ("speakers:failed",)
    assert [word.word for word in found.words()] == ["w1", "w2", "w3", "w4"]


@pytest.mark.parametrize(
    ("killed", "lost_s", "heard_at_last"),
    [(1, 0.0, True), (2, 60.0, True), (2, 0.0, False), (5, 60.0, True), (6, 60.0, False)],
)
def test_a_process_that_is_killed_is_started_again(
    killed: int,
    lost_s: float,
    library: ModelLibrary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    heard_at_last: bool,
) -> None:
    monkeypatch.setattr(apart, "AGAIN_AFTER_S", (0.0, 0.01, 0.0, 0.0, 0.0))
    monkeypatch.setattr(apart, "LOST_S", lost_s)
    marks = tmp_path / "killed"
    marks.touch()
    script = KILLED.format(marks=str(marks), times=killed)
    diarizer = ProcessDiarizer(library, command=(sys.executable, "-S", "-c", script))
    audio = PyAvAudio(io.BytesIO(encoded(tones([1, 2, 3, 4]))))
    if heard_at_last:
        assert diarizer.diarize(audio, speakers=2, check=lambda: None).turns == ()
    else:
        with pytest.raises(DiarizationFailed, match="was killed"):
            diarizer.diarize(audio, speakers=2, check=lambda: None)
    assert marks.stat().st_size == killed


def spoken(*parts: tuple[str, str]) -> Transcript:
    """Return a transcript of (speaker, text) segments, a word a second."""
    segments, at = [], 0.0
    for speaker, text in parts:
        words = [Word(w, at + n, at + n + 0.9, None, speaker) for n, w in enumerate(text.split())]
        at += len(words)
        segments.append(Segment.of(words, speaker=speaker, language="en"))
    labels = dict.fromkeys(speaker for speaker, _ in parts)
    return Transcript("en", at, tuple(segments), tuple(Speaker(label) for label in labels))


def turns(*spans: tuple[float, float, str]) -> list[SpeakerTurn]:
    return [SpeakerTurn(*span) for span in spans]


def test_speakers_told_anew_keep_their_labels_and_names() -> None:
    before = spoken(("SPEAKER_00", "a b c d"), ("SPEAKER_01", "e f g"))
    before = replace(before, speakers=(Speaker("SPEAKER_00", "Ada"), Speaker("SPEAKER_01")))
    found = with_speakers_anew(before, turns((0, 3, "SPEAKER_01"), (3, 7, "SPEAKER_00")))
    assert [(s.speaker, s.text) for s in found.segments] == [
        ("SPEAKER_00", "a b c"),
        ("SPEAKER_01", "d e f g"),
    ]
    assert found.speakers == before.speakers
    assert [w.start for w in found.words()] == [w.start for w in before.words()]


def test_a_third_speaker_gets_a_label_of_its_own_and_one_speaker_joins_all() -> None:
    before = spoken(("SPEAKER_00", "a b c d"), ("SPEAKER_01", "e f g"))
    three = with_speakers_anew(before, turns((0, 2, "X"), (2, 5, "Y"), (5, 7, "Z")))
    assert [s.speaker for s in three.segments] == ["SPEAKER_00", "SPEAKER_02", "SPEAKER_01"]
    (one,) = with_speakers_anew(before, turns((0, 7, "X"))).segments
    assert (one.speaker, one.text) == ("SPEAKER_00", "a b c d e f g")


def test_diarization_alone_keeps_words_engine_and_time(
    blobs: DirectoryBlobStore, progress: ProgressFolder, upload: Callable[..., Event]
) -> None:
    known = Known()
    service = TranscribeService(
        blobs,
        Recogniser(EngineSelector([]), LoudIsSpeech(), diarizer=known),
        open_audio=PyAvAudio,
        settings_for=lambda show: TONES,
        progress=progress,
    )
    before = spoken(("SPEAKER_00", "a b c d")).with_flag("speakers:failed")
    event = upload(encoded(tones([1, 2, 3, 4])), speakers=2)
    kept = blobs.put("episodes/ep-1/old", write_transcript(before), media_type="application/json")
    data = event.data.model_copy(update={"words_of": kept})
    (ready,) = service.handle(event.model_copy(update={"data": data}))
    assert isinstance(ready.data, TranscriptReady)
    after = read_transcript(blobs.get(ready.data.transcript))
    assert [w.word for w in after.words()] == ["a", "b", "c", "d"]
    assert len(after.speakers) == 2
    assert known.asked == [2]
    assert ready.data.flags == ()
    assert set(ready.data.timings_s) == {"diarize"}


def test_diarization_alone_that_fails_leaves_the_speakers_and_says_so(
    library: ModelLibrary,
) -> None:
    script, _ = ENDINGS["dies"]
    diarizer = ProcessDiarizer(library, command=(sys.executable, "-c", script))
    before = spoken(("SPEAKER_00", "a b"), ("SPEAKER_01", "c d"))
    found = SpeakerPass(diarizer).again(
        before,
        PyAvAudio(io.BytesIO(encoded(tones([1, 2, 3, 4])))),
        TONES,
        report=lambda *told: None,
        check=lambda: None,
    )
    assert found.segments == before.segments
    assert found.flags == ("speakers:failed",)
