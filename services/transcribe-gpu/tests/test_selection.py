"""Which engine is taken, what is said about it, and where its model comes from."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest

from everyword_events import BrokenHost, InvalidInput
from support.waiting import PATIENCE_S
from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.adapters.faster_whisper_engine import FasterWhisperSource
from transcribe_gpu.adapters.model_hub import HubCache, HubSource
from transcribe_gpu.adapters.optional_source import optional_sources
from transcribe_gpu.adapters.pocketsphinx_engine import PocketSphinxEngine, PocketSphinxSource
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.domain import HeardWord, Hypothesis, Utterance
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import ModelLibrary
from transcribe_gpu.ports import Availability, Float32Array, SpeechEngine, StageReport
from transcribe_gpu.selection import REMEMBER_S, EngineSelector
from transcribe_gpu.standalone import announced_engine, model_library
from transcribe_gpu.testing_whisper import write_parrot

REPOSITORY = "someone/parrot"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def quiet(stage: str, fraction: float, eta_s: float | None) -> None:
    pass


class Source:
    """An engine source that does as it is told, and counts."""

    def __init__(self, name: str, *, ok: bool = True, loads: bool = True) -> None:
        self.name = name
        self.ok = ok
        self.loads = loads
        self.asked = self.loaded = 0

    def offers(self, tier: str, language: str) -> list[str]:
        return [""] if tier == "auto" else [f"{tier} {language}", ""]

    def accuracy(self, model: str) -> str:
        return "splendid"

    def knows(self, language: str) -> bool:
        return language != "sv" or self.name == "big"

    def availability(self, model: str, *, ask_hub: bool) -> Availability:
        self.asked += 1
        return Availability(
            ok=self.ok and model in ("", "m"), detail="not today", remedy="fetch it"
        )

    def load(self, model: str, *, report: StageReport) -> SpeechEngine:
        self.loaded += 1
        if not self.loads:
            raise EngineUnavailable("out of memory")
        engine = PocketSphinxEngine()
        engine.name = self.name
        return engine


def settings(**wish: str) -> TranscribeSettings:
    return TranscribeSettings.model_validate(wish)


def test_the_best_engine_is_taken_and_announced() -> None:
    choice = EngineSelector([Source("big"), Source("small")]).choose(settings(), report=quiet)
    assert choice.engine.name == "big"
    assert choice.announcement == "speech engine: big en-us on cpu - splendid"
    assert choice.flags == ("language_unchecked:en",)
    english = EngineSelector([Source("big")]).choose(settings(language="en-GB"), report=quiet)
    assert english.flags == ()


def test_the_next_engine_is_taken_and_the_reason_told() -> None:
    selector = EngineSelector([Source("big", ok=False), Source("small")])
    choice = selector.choose(settings(), report=quiet)
    assert choice.engine.name == "small"
    assert choice.announcement.endswith("splendid (big: not today) - for a better one: fetch it")
    assert choice.flags == ("fallback:big", "language_unchecked:en")


def test_the_engine_is_foretold_without_loading_it() -> None:
    big, small = Source("big", ok=False), Source("small")
    selector = EngineSelector([big, small])
    assert selector.announcement(settings()) == (
        "speech engine: small - splendid (big: not today) - for a better one: fetch it"
    )
    assert (big.loaded, small.loaded) == (0, 0)
    with pytest.raises(EngineUnavailable) as error:
        selector.announcement(settings(engine="big"))
    assert "not today" in error.value.message
    assert announced_engine(settings(), sources=[small]) == "speech engine: small - splendid"


def test_with_no_engine_at_all_every_reason_is_told() -> None:
    selector = EngineSelector([Source("big", ok=False), Source("small", loads=False)])
    with pytest.raises(EngineUnavailable) as error:
        selector.choose(settings(), report=quiet)
    assert "big: not today; small: out of memory" in error.value.message


def test_an_engine_that_fails_to_load_is_replaced_and_flagged() -> None:
    selector = EngineSelector([Source("big", loads=False), Source("small")])
    choice = selector.choose(settings(), report=quiet)
    assert choice.engine.name == "small"
    assert choice.flags == ("fallback:big", "language_unchecked:en")
    assert "out of memory" in choice.announcement


def test_an_engine_asked_for_by_name_is_never_replaced() -> None:
    for big in (Source("big", ok=False), Source("big", loads=False)):
        selector = EngineSelector([big, Source("small")])
        with pytest.raises(EngineUnavailable):
            selector.choose(settings(engine="big"), report=quiet)
    choice = EngineSelector([Source("big"), Source("small")]).choose(
        settings(engine="small"), report=quiet
    )
    assert choice.engine.name == "small"


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput) as error:
        EngineSelector([Source("big")]).choose(settings(engine="huge"), report=quiet)
    assert error.value.code == "engine_unknown"
    assert error.value.hint == "known are auto, draft, fast, accurate, max, big"


def test_an_engine_that_does_not_know_the_language_is_not_taken() -> None:
    selector = EngineSelector([Source("small"), Source("big")])
    assert selector.choose(settings(language="sv"), report=quiet).engine.name == "big"
    with pytest.raises(InvalidInput) as error:
        selector.choose(settings(language="sv", engine="small"), report=quiet)
    assert error.value.hint == "use big"
    with pytest.raises(InvalidInput) as error:
        EngineSelector([Source("small")]).choose(settings(language="sv"), report=quiet)
    assert error.value.code == "language_unsupported"


def test_a_model_nobody_has_gives_the_default_model_and_a_flag() -> None:
    selector = EngineSelector([Source("big"), Source("small")])
    choice = selector.choose(settings(model="giant", language="en"), report=quiet)
    assert choice.engine.name == "big"
    assert choice.flags == ("fallback:model giant",)
    assert selector.choose(settings(model="m", language="en"), report=quiet).flags == ()


def test_why_a_named_model_cannot_be_had_is_told_once() -> None:
    def missing(wish: str, *, ask_hub: bool) -> Availability:
        return Availability(ok=not wish, detail=f"no {wish} here")

    sources = [Source("big"), Source("small")]
    for source in sources:
        source.availability = missing  # type: ignore[method-assign, assignment]
        source.offers = lambda tier, language: [""]  # type: ignore[method-assign]
    said = EngineSelector(sources).announcement(settings(model="giant"))
    assert said == "speech engine: big - splendid (model giant: no giant here)"


def test_a_named_model_goes_to_an_engine_that_auto_would_take_here() -> None:
    idle, fit = Source("idle"), Source("fit")
    idle.offers = lambda tier, language: []  # type: ignore[method-assign]
    choice = EngineSelector([idle, fit]).choose(settings(model="m"), report=quiet)
    assert choice.engine.name == "fit"


class ShortOfMemory(PocketSphinxEngine):
    """A GPU that holds so many windows at once, and no more."""

    def __init__(self, name: str, device: str, room: int) -> None:
        super().__init__()
        self.name, self.device, self.room = name, device, room
        self.batch = 4
        self.asked: list[int] = []

    def recognise(
        self, windows: Sequence[Float32Array], *, language: str, attempt: int = 0
    ) -> list[Hypothesis]:
        self.asked.append(len(windows))
        if len(windows) > self.room:
            raise RuntimeError("CUDA failed with error out of memory")
        word = HeardWord(self.name, 0.0, 0.5)
        return [Hypothesis((Utterance(0, 1, (word,), "en"),), "en") for _ in windows]


@pytest.mark.parametrize(("room", "heard"), [(4, "big"), (2, "big"), (1, "big"), (0, "small")])
def test_a_gpu_whose_memory_runs_out_gets_less_then_another_engine(room: int, heard: str) -> None:
    engines = {
        "big": ShortOfMemory("big", "cuda", room),
        "small": ShortOfMemory("small", "cpu", 9),
    }
    sources = [Source("big"), Source("small")]
    for source in sources:
        source.load = lambda model, *, report, name=source.name: engines[name]  # type: ignore[method-assign, misc]
    choice = EngineSelector(sources).choose(settings(language="en"), report=quiet)
    windows = [np.zeros(16_000, np.float32)] * 4
    found = choice.engine.recognise(windows, language="en")
    assert [h.words()[0].text for h in found] == [heard] * 4
    flags = {flag for h in found for u in h.utterances for flag in u.flags}
    assert flags == ({"fallback:out_of_memory"} if heard == "small" else set())
    assert choice.engine.batch == max(1, room)


@pytest.mark.parametrize(
    "said",
    [
        "CUDA driver version is insufficient for CUDA runtime version",
        "CUDA error: an illegal memory access was encountered",
        "Failed to initialize NVML: Driver/library version mismatch",
        "Library libcudnn_ops_infer.so.8 is not found or cannot be loaded",
    ],
)
def test_a_gpu_that_is_gone_is_a_broken_host_and_no_job_s_fault(said: str) -> None:
    gpu = ShortOfMemory("big", "cuda", 4)

    def broken(windows: object, *, language: str, attempt: int = 0) -> list[Hypothesis]:
        raise RuntimeError(said)

    source = Source("big")
    source.load = lambda model, *, report: gpu  # type: ignore[method-assign]
    choice = EngineSelector([source, Source("small")]).choose(settings(), report=quiet)
    gpu.recognise = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(BrokenHost) as caught:
        choice.engine.recognise([np.zeros(16_000, np.float32)], language="en")
    assert caught.value.code == "gpu_broken"


def test_what_loaded_before_and_loads_no_more_is_a_broken_host() -> None:
    big, small = Source("big"), Source("small")
    selector = EngineSelector([big, small])
    selector.choose(settings(engine="big"), report=quiet)
    selector.choose(settings(engine="small"), report=quiet)
    big.loads = False
    with pytest.raises(BrokenHost, match="loads no more"):
        selector.choose(settings(engine="big"), report=quiet)
    fresh = EngineSelector([big, small])  # what never worked here is passed over
    assert fresh.choose(settings(), report=quiet).engine.name == "small"


def test_the_loaded_engine_is_kept_and_a_missing_one_asked_for_once_a_minute() -> None:
    now = [0.0]
    big, small = Source("big", ok=False), Source("small")
    selector = EngineSelector([big, small], clock=lambda: now[0])
    for _ in range(3):
        selector.choose(settings(), report=quiet)
    assert (big.asked, small.loaded) == (1, 1)
    now[0] = REMEMBER_S + 1
    big.ok = True
    assert selector.choose(settings(), report=quiet).engine.name == "big"


def test_a_tier_is_tried_engine_by_engine_in_the_order_they_declare() -> None:
    big, small = Source("big", loads=False), Source("small")
    selector = EngineSelector([big, small])
    choice = selector.choose(settings(engine="accurate", language="en"), report=quiet)
    assert choice.engine.name == "small"
    assert choice.flags == (
        "fallback:big accurate en",
        "fallback:big",
        "fallback:small accurate en",
    )


def test_an_engine_that_fails_its_self_test_is_passed_over() -> None:
    def deaf(engine: SpeechEngine) -> None:
        if engine.name == "big":
            raise EngineUnavailable("it hears nothing")

    selector = EngineSelector([Source("big"), Source("small")], self_test=deaf)
    choice = selector.choose(settings(language="en"), report=quiet)
    assert choice.engine.name == "small"
    assert choice.flags == ("fallback:big",)
    with pytest.raises(EngineUnavailable) as error:
        selector.choose(settings(engine="big"), report=quiet)
    assert "it hears nothing" in error.value.message


class Hub:
    """What huggingface_hub asks of a hub, for one model, on loopback."""

    def __init__(self, model: Path) -> None:
        files = {path.name: path.read_bytes() for path in model.iterdir()}
        requests: list[str] = []
        self.requests = requests

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                requests.append(f"{self.command} {self.path}")
                path = self.path.split("?")[0]
                if path.startswith(f"/api/models/{REPOSITORY}/tree/"):
                    tree = [
                        {"type": "file", "oid": name, "size": len(raw), "path": name}
                        for name, raw in files.items()
                    ]
                    self.answer(json.dumps(tree).encode())
                elif path.startswith(f"/api/models/{REPOSITORY}"):
                    siblings = [{"rfilename": name} for name in files]
                    form = {"id": REPOSITORY, "sha": COMMIT, "siblings": siblings}
                    self.answer(json.dumps(form).encode())
                elif path.startswith(f"/{REPOSITORY}/resolve/"):
                    self.answer(files[path.rsplit("/", 1)[1]])
                else:
                    self.send_error(404)

            def answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", f'"{len(body)}"')
                self.send_header("X-Repo-Commit", COMMIT)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(write_parrot(tmp_path / "parrot", ["polly", "wants", "a", "cracker"]))
    yield hub
    hub.close()


def library(cache: Path, hub: str | None = None, wait_s: float = PATIENCE_S) -> ModelLibrary:
    return ModelLibrary(
        SpeechModelSettings(cache=str(cache), sources=("cache", "hub")),
        sources=[HubSource(hub, wait_s=wait_s)] if hub else [],
    )


def test_a_model_is_downloaded_with_progress_then_found_in_the_cache(
    hub: Hub, tmp_path: Path
) -> None:
    source = FasterWhisperSource(library(tmp_path / "cache", hub.address))
    missing = source.availability(REPOSITORY, ask_hub=False)
    assert not missing.ok
    assert missing.remedy == f"everyword models fetch {REPOSITORY}"
    assert source.availability(REPOSITORY, ask_hub=True).ok
    told: list[tuple[str, float]] = []
    engine = source.load(
        REPOSITORY, report=lambda stage, fraction, eta_s: told.append((stage, fraction))
    )
    assert (engine.name, engine.model) == ("faster-whisper", REPOSITORY)
    assert {stage for stage, _ in told} == {"download"}
    assert told[-1][1] == 1.0
    asked = len(hub.requests)
    assert source.availability(REPOSITORY, ask_hub=False).ok
    source.load(REPOSITORY, report=quiet)
    assert len(hub.requests) == asked


def test_what_another_program_fetched_from_the_hub_is_found(hub: Hub, tmp_path: Path) -> None:
    huggingface_hub.snapshot_download(REPOSITORY, endpoint=hub.address, cache_dir=tmp_path / "hf")
    models = ModelLibrary(
        SpeechModelSettings(cache=str(tmp_path / "own")), shared=[HubCache(tmp_path / "hf")]
    )
    found = models.find(REPOSITORY)
    assert found is not None
    assert found.path.is_relative_to(tmp_path / "hf")
    (weights,) = (tmp_path / "hf").rglob("model.bin")
    weights.unlink()
    assert models.find(REPOSITORY) is None


def test_a_model_the_hub_has_not_is_not_offered(hub: Hub, tmp_path: Path) -> None:
    source = FasterWhisperSource(library(tmp_path / "cache", hub.address))
    assert not source.availability("small", ask_hub=True).ok
    assert not source.availability("owner/unheard-of", ask_hub=True).ok
    with pytest.raises(EngineUnavailable):
        source.load("small", report=quiet)


def test_without_a_hub_auto_takes_pocketsphinx_in_seconds(tmp_path: Path) -> None:
    """A hub that takes the connection and never answers is the worst there is."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}"
        models = library(tmp_path / "cache", address, wait_s=0.5)
        selector = EngineSelector([FasterWhisperSource(models), PocketSphinxSource()])
        choice = selector.choose(settings(), report=quiet)
    assert choice.engine.name == "pocketsphinx"
    assert "draft quality: about one word in five wrong" in choice.announcement
    assert "no hub answers" in choice.announcement
    assert choice.announcement.endswith("for a better one: everyword models fetch base")
    assert "fallback:faster-whisper base" in choice.flags


@pytest.mark.parametrize("model", ["nonsense", "../../nowhere", "a b", "/no/such/folder", "x/../y"])
def test_a_name_that_is_no_model_never_reaches_the_hub(
    hub: Hub, model: str, tmp_path: Path
) -> None:
    source = FasterWhisperSource(library(tmp_path, hub.address))
    found = source.availability(model, ask_hub=True)
    assert not found.ok
    assert "known are tiny" in found.detail
    assert hub.requests == []


@pytest.mark.parametrize(
    ("tier", "language", "first"),
    [
        ("auto", "en", "tiny.en"),
        ("auto", "de", "base"),
        ("auto", "auto", "base"),
        ("fast", "fr", "base"),
        ("draft", "auto", "tiny"),
        ("accurate", "sv", "small"),
        ("max", "auto", "large-v3"),
    ],
)
def test_a_cpu_takes_what_keeps_up_with_speech(
    tmp_path: Path, tier: str, language: str, first: str
) -> None:
    offered = FasterWhisperSource(library(tmp_path)).offers(tier, language)
    assert offered[0] == first
    english_only = [model for model in offered if model.endswith(".en")]
    assert language in ("en", "auto") or not english_only
    assert language != "auto" or offered[-1] == "tiny.en"  # when nothing else can be had


def test_an_engine_without_a_model_of_its_own_asks_for_one(tmp_path: Path) -> None:
    models = model_library(SpeechModelSettings(cache=str(tmp_path), offline=True))
    *_, transformers = optional_sources(models, EngineEnvironments(), gpu=lambda: False)
    with pytest.raises(EngineUnavailable) as error:
        transformers.load("", report=quiet)
    assert error.value.message == "the engine transformers has no model of its own"
    assert "name one" in error.value.hint
