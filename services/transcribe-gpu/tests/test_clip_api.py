"""POST /v1/audio/transcriptions, as OpenAI's own client and as plain forms use it."""

import io
import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from everyword_events import TransientFailure
from everyword_http import LIMITS, WorkerLimits, create_application
from everyword_http.testing import listening
from everyword_transcripts import Segment, Transcript, Word, join_words
from transcribe_gpu import clips
from transcribe_gpu.adapters.clip_process import ClipProcess
from transcribe_gpu.adapters.decoding import PyAvAudio
from transcribe_gpu.api import POOL, router
from transcribe_gpu.clips import ClipService
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.testing import Clip, encoded, long_silence

WORDS = ("Bonjour", "tout", "le", "monde.")


class Recorder:
    """Recognises nothing and writes down what it was asked; calls `between` after a sentence."""

    def __init__(
        self, between: Callable[[], object] = lambda: None, *, language: str = "fr"
    ) -> None:
        self._language = language
        self.asked: list[tuple[TranscribeSettings, float]] = []
        self.told: list[str] = []
        self._between = between

    def recognise(
        self,
        path: Path,
        settings: TranscribeSettings,
        models: SpeechModelSettings,
        *,
        length_s: float,
    ) -> Iterator[str | Transcript]:
        assert path.stat().st_size > 0
        self.asked.append((settings, length_s))
        words = [Word(word, at * 0.5, at * 0.5 + 0.4, score=0.5) for at, word in enumerate(WORDS)]
        language = self._language
        parts = (words[:2], words[2:])
        segments = [Segment.of(part, speaker=None, language=language) for part in parts]
        for segment in segments:
            self.told.append(segment.text)
            yield join_words(["", segment.text], language)
            self._between()
        yield Transcript(language, 2.5, tuple(segments))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def serve(recogniser: clips.ClipRecogniser, settings: TranscribeSettings) -> Iterator[str]:
    service = ClipService(
        recogniser, open_audio=PyAvAudio, settings=lambda: (settings, SpeechModelSettings())
    )
    routes = router(service, lambda transcript, form: f"{form} of {transcript.language}".encode())
    limits = {**LIMITS, POOL: WorkerLimits(threads=2, waiting=4, time_limit_s=100)}
    with listening(create_application("test", "1", [routes], limits=limits)) as url:
        yield url


@pytest.fixture
def url(recorder: Recorder) -> Iterator[str]:
    yield from serve(recorder, TranscribeSettings())


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def talk(question: Clip) -> bytes:
    return encoded(question.samples, container="mp3", codec="libmp3lame")


def test_openais_client_gets_text(client: openai.OpenAI, talk: bytes, recorder: Recorder) -> None:
    said = client.audio.transcriptions.create(
        model="whisper-1", file=("talk.mp3", talk), language="fr"
    )
    assert said.text == "Bonjour tout le monde."
    ((settings, length_s),) = recorder.asked
    assert (settings.engine, settings.model, settings.language) == ("auto", "", "fr")
    assert length_s == pytest.approx(2.6, abs=0.2)


def test_openais_client_gets_words_and_segments(client: openai.OpenAI, talk: bytes) -> None:
    said = client.audio.transcriptions.create(
        model="whisper-1",
        file=("talk.mp3", talk),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert said.words is not None
    assert [(word.word, word.start, word.end) for word in said.words][1] == ("tout", 0.5, 0.9)
    assert said.segments is not None
    assert [segment.text for segment in said.segments] == ["Bonjour tout", "le monde."]
    assert (said.language, said.duration) == ("fr", 2.5)
    first = said.segments[0]
    assert (first.seek, first.temperature, first.no_speech_prob, first.tokens) == (0, 0, 0, [])
    assert first.avg_logprob == pytest.approx(math.log(0.5), abs=1e-3)
    assert 0 < first.compression_ratio < 2


def test_openais_client_streams(client: openai.OpenAI, talk: bytes) -> None:
    stream = client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("talk.mp3", talk), stream=True
    )
    events = list(stream)
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert deltas == ["Bonjour tout", " le monde."]
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == "".join(deltas)


def test_a_language_without_spaces_is_written_without(talk: bytes) -> None:
    for url in serve(Recorder(language="ja"), TranscribeSettings()):
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            ask = client.audio.transcriptions.create
            said = ask(model="gpt-4o-transcribe", file=("talk.mp3", talk))
            stream = ask(model="gpt-4o-transcribe", file=("talk.mp3", talk), stream=True)
            events = list(stream)
    assert said.text == "Bonjourtoutlemonde."
    assert "".join(e.delta for e in events if e.type == "transcript.text.delta") == said.text


def test_a_sentence_is_streamed_before_the_next_is_recognised(talk: bytes) -> None:
    read_the_first = threading.Event()
    recorder = Recorder(lambda: read_the_first.wait(60))
    for url in serve(recorder, TranscribeSettings()):
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            events = iter(
                client.audio.transcriptions.create(
                    model="gpt-4o-transcribe", file=("talk.mp3", talk), stream=True
                )
            )
            first = next(events)
            assert first.type == "transcript.text.delta"
            assert (first.delta, recorder.told) == ("Bonjour tout", ["Bonjour tout"])
            read_the_first.set()
            assert [event.type for event in events] == [
                "transcript.text.delta",
                "transcript.text.done",
            ]


class OneAtATime(Recorder):
    """Holds what there is one of until its caller has read to the end, or gone."""

    def __init__(self) -> None:
        super().__init__()
        self.one = threading.Lock()

    def recognise(
        self,
        path: Path,
        settings: TranscribeSettings,
        models: SpeechModelSettings,
        *,
        length_s: float,
    ) -> Iterator[str | Transcript]:
        with self.one:
            yield from super().recognise(path, settings, models, length_s=length_s)


def test_a_client_that_leaves_a_stream_holds_up_nobody(talk: bytes) -> None:
    form: dict[str, Any] = {"files": {"file": ("talk.mp3", talk)}, "timeout": 60}
    for url in serve(OneAtATime(), TranscribeSettings()):
        path = f"{url}/v1/audio/transcriptions"
        for _ in range(3):
            with httpx.stream("POST", path, data={"stream": "true"}, **form) as answer:
                assert next(answer.iter_lines()).startswith("data: ")
        assert httpx.post(path, **form).json()["text"] == "Bonjour tout le monde."


def test_a_stream_that_breaks_off_tells_the_client(talk: bytes) -> None:
    def die() -> None:
        raise TransientFailure("the process ended", hint="try again", code="clip_failed")

    for url in serve(Recorder(die), TranscribeSettings()):
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            stream = client.audio.transcriptions.create(
                model="gpt-4o-transcribe", file=("talk.mp3", talk), stream=True
            )
            with pytest.raises(openai.APIError, match="the process ended"):
                list(stream)
            with pytest.raises(openai.BadRequestError):
                client.audio.transcriptions.create(
                    model="no-such-model", file=("talk.mp3", talk), stream=True
                )


@pytest.mark.parametrize(
    ("form", "start"), [("text", "Bonjour"), ("srt", "srt of fr"), ("vtt", "vtt of fr")]
)
def test_openais_client_gets_other_forms(
    client: openai.OpenAI, talk: bytes, form: str, start: str
) -> None:
    said = client.audio.transcriptions.create(
        model="whisper-1",
        file=("talk.mp3", talk),
        response_format=form,  # type: ignore[call-overload]
    )
    assert str(said).startswith(start)


def test_the_plain_form_of_small_services_is_taken(
    url: str, talk: bytes, recorder: Recorder
) -> None:
    answer = httpx.post(
        f"{url}/v1/audio/transcriptions",
        files={"file": ("talk.mp3", talk)},
        data={"user_id": "u-1", "model_type": "tiny.en", "language": "en"},
        timeout=60,
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "text": "Bonjour tout le monde.",
        "task": "transcribe",
        "language": "fr",
        "duration": 2.5,
    }
    assert recorder.asked[0][0].model == "tiny.en"


@pytest.mark.parametrize(
    ("model", "engine", "name"),
    [
        ("", "pocketsphinx", "x"),
        ("gpt-4o-mini-transcribe-2025-12-15", "pocketsphinx", "x"),
        ("accurate", "accurate", ""),
        ("base", "auto", "base"),
    ],
)
def test_a_model_may_be_a_tier_or_a_name(
    recorder: Recorder, talk: bytes, model: str, engine: str, name: str
) -> None:
    settings = TranscribeSettings(engine="pocketsphinx", model="x")
    for url in serve(recorder, settings):
        httpx.post(
            f"{url}/v1/audio/transcriptions",
            files={"file": ("talk.mp3", talk)},
            data={"model": model},
            timeout=60,
        )
    asked = recorder.asked[0][0]
    assert (asked.engine, asked.model) == (engine, name)


def refused(url: str, raw: bytes, **form: str) -> tuple[int, str]:
    answer = httpx.post(
        f"{url}/v1/audio/transcriptions", files={"file": ("x", raw)}, data=form, timeout=60
    )
    return answer.status_code, str(answer.json()["code"])


def test_what_cannot_be_is_refused_with_a_reason(
    url: str, talk: bytes, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "LONGEST_S", 30.0)
    long = long_silence(tmp_path / "long.wav", 0.02).read_bytes()
    assert refused(url, long)[1] in ("clip_too_large", "clip_too_long")
    cases = [
        refused(url, talk, model="no-such-model"),
        refused(url, talk, model="resemblyzer"),
        refused(url, talk, response_format="yaml"),
        refused(url, b"Dear sir, " * 1000),
        refused(url, bytes(clips.MOST_BYTES + 1)),
        refused(url, opus(clips.LONGEST_S + 60)),
    ]
    assert all(400 <= status < 500 for status, _ in cases)
    codes = [code for _, code in cases]
    assert codes[:2] == ["model_unknown"] * 2
    assert codes[3:] == ["not_audio", "clip_too_large", "clip_too_long"]
    assert recorder.asked == []


def test_no_file_is_refused(url: str) -> None:
    answer = httpx.post(f"{url}/v1/audio/transcriptions", data={"model": "whisper-1"}, timeout=60)
    assert 400 <= answer.status_code < 500


@pytest.mark.engines
def test_a_clip_is_really_recognised_in_a_process_of_its_own(talk: bytes) -> None:
    process = ClipProcess()
    settings = TranscribeSettings(engine="pocketsphinx", language="en")
    for url in serve(process, settings):
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            said = client.audio.transcriptions.create(model="", file=("talk.mp3", talk))
            assert "finally" in said.text
            stream = client.audio.transcriptions.create(
                model="", file=("talk.mp3", talk), stream=True
            )
            *deltas, done = [e for e in stream if e.type.startswith("transcript.text.")]
            assert "".join(e.delta for e in deltas) == done.text == said.text  # type: ignore[union-attr]
            with pytest.raises(openai.APIStatusError) as error:
                client.audio.transcriptions.create(model="", file=("a.mp3", talk), language="sv")
            assert error.value.status_code < 500
            assert json.loads(error.value.response.text)["code"] == "language_unsupported"
    process.close()


@pytest.mark.slow
def test_a_process_that_dies_is_a_passing_failure(tmp_path: Path, talk: bytes) -> None:
    process = ClipProcess()
    path = tmp_path / "talk.mp3"
    path.write_bytes(talk)
    settings = TranscribeSettings(engine="pocketsphinx", language="en")
    running = process._running()
    running.send_signal(signal.SIGSTOP)  # it cannot answer before it is killed, however late
    threading.Timer(0.2, running.kill).start()
    with pytest.raises(TransientFailure):
        list(process.recognise(path, settings, SpeechModelSettings(), length_s=3))
    *_, heard = process.recognise(path, settings, SpeechModelSettings(), length_s=3)
    assert isinstance(heard, Transcript)
    assert heard.n_words() >= 5
    left = process.recognise(path, settings, SpeechModelSettings(), length_s=3)
    next(left)
    left.close()  # type: ignore[attr-defined]
    *_, again = process.recognise(path, settings, SpeechModelSettings(), length_s=3)
    assert again == heard
    process.close()


def opus(seconds: float) -> bytes:
    """Return silence so long, in few bytes; WebM's stated length is cut away with its header."""
    silence = np.zeros(round(seconds * 16_000), np.float32)
    return encoded(silence, container="ogg", codec="libopus", rate=48_000)


def test_the_length_of_a_clip_that_states_none_is_counted(recorder: Recorder) -> None:
    service = ClipService(
        recorder,
        open_audio=PyAvAudio,
        settings=lambda: (TranscribeSettings(), SpeechModelSettings()),
    )
    live = encoded(
        np.zeros(48_000, np.float32),
        container="webm",
        codec="libopus",
        rate=48_000,
        options={"live": "1"},
    )
    list(service.recognise(io.BytesIO(live), model="", language=""))
    assert recorder.asked[0][1] == pytest.approx(3.0, abs=1.0)
