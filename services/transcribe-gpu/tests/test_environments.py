"""Engines in environments of their own, and in processes of their own."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from everyword_events import InvalidInput
from transcribe_gpu.adapters.environments import (
    COMPLETE,
    OPTIONAL,
    EngineEnvironments,
    OptionalEngine,
)
from transcribe_gpu.adapters.isolated import HOST, IsolatedEngine
from transcribe_gpu.adapters.optional_source import optional_sources
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import ModelLibrary
from transcribe_gpu.ports import SpeechEngine
from transcribe_gpu.short_of_memory import HalvingEngine
from transcribe_gpu.testing import Clip
from transcribe_gpu.testing_parakeet import write_transducer
from transcribe_gpu.testing_wheels import write_wheel

TOY = {"toy": OptionalEngine(("toy_engine",), ("toy-engine==1.0",), "1 kB")}
HAS_ONNX = find_spec("onnx_asr") is not None and find_spec("onnx") is not None


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pip is real, its index is a folder."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.slow
def test_an_engine_is_installed_apart_and_finds_this_program_behind_it(
    tmp_path: Path, wheels: Path
) -> None:
    write_wheel(wheels, "toy-engine", {"__init__.py": b"SAYS = 'toy'\n"}, under="toy_engine")
    environments = EngineEnvironments(tmp_path / "engines", engines=TOY)
    assert not environments.installed("toy")
    home = environments.install("toy", say=lambda line: None)
    python = environments.python("toy")
    assert python is not None
    assert python.is_relative_to(home)
    assert says(environments, "toy") == "toy"
    assert find_spec("toy_engine") is None
    assert environments.install("toy", say=lambda line: None) == home


def says(environments: EngineEnvironments, name: str) -> str:
    """Run a module of this program's beside the engine, as its process does."""
    command = environments.command(name, "timeit")
    assert command is not None
    program = "import toy_engine, transcribe_gpu; print(toy_engine.SAYS)"
    done = subprocess.run(
        [*command, "-n", "1", "-r", "1", program], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[0]


@pytest.mark.slow  # pip takes seconds
def test_an_engine_that_another_brings_runs_in_its_environment(
    tmp_path: Path, wheels: Path
) -> None:
    write_wheel(wheels, "toy-engine", {"__init__.py": b"SAYS = 'toy'\n"}, under="toy_engine")
    both = {
        "toy": replace(TOY["toy"], brings=("smaller",)),
        "smaller": OptionalEngine(("toy_engine_too",), ("nothing-of-the-kind",), "1 kB"),
    }
    environments = EngineEnvironments(tmp_path / "engines", engines=both)
    assert not environments.installed("smaller")
    home = environments.install("toy", say=lambda line: None)
    assert environments.install("smaller", say=lambda line: None) == home
    assert says(environments, "smaller") == "toy"


@pytest.mark.slow  # pip takes seconds
def test_an_environment_of_another_python_is_made_anew(tmp_path: Path, wheels: Path) -> None:
    write_wheel(wheels, "toy-engine", {"__init__.py": b"SAYS = 'toy'\n"}, under="toy_engine")
    environments = EngineEnvironments(tmp_path / "engines", engines=TOY)
    home = environments.install("toy", say=lambda line: None)
    (home / COMPLETE).write_text("3.9", encoding="utf-8")
    (home / "of the old one").touch()
    assert not environments.installed("toy")
    environments.install("toy", say=lambda line: None)
    assert environments.installed("toy")
    assert not (home / "of the old one").exists()


@pytest.mark.slow  # pip takes seconds
def test_an_installation_that_broke_off_goes_on(tmp_path: Path, wheels: Path) -> None:
    write_wheel(wheels, "toy-engine", {"__init__.py": b"SAYS = 'toy'\n"}, under="toy_engine")
    half = {"toy": replace(TOY["toy"], requirements=("toy-engine", "toy-rest"))}
    environments = EngineEnvironments(tmp_path / "engines", engines=half)
    lines: list[str] = []
    with pytest.raises(EngineUnavailable):
        environments.install("toy", say=lines.append)
    assert sum(line.endswith("once more") for line in lines) == 1
    write_wheel(wheels, "toy-rest", {"__init__.py": b""}, under="toy_rest")
    (wheels / "toy_engine-1.0-py3-none-any.whl").unlink()
    environments.install("toy", say=lines.append)
    assert says(environments, "toy") == "toy"


def test_nothing_is_installed_without_room(tmp_path: Path) -> None:
    huge = {"toy": replace(TOY["toy"], free_bytes=2**60)}
    with pytest.raises(EngineUnavailable) as error:
        EngineEnvironments(tmp_path, engines=huge).install("toy", say=lambda line: None)
    assert error.value.code == "engine_no_room"
    assert list(tmp_path.glob("toy*")) == []


@pytest.mark.slow
def test_an_engine_that_cannot_be_had_is_no_engine(tmp_path: Path, wheels: Path) -> None:
    environments = EngineEnvironments(tmp_path / "engines", engines=TOY)
    with pytest.raises(EngineUnavailable) as error:
        environments.install("toy", say=lambda line: None)
    assert error.value.code == "engine_install_failed"
    assert not environments.installed("toy")


def test_only_known_engines_are_installed(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        EngineEnvironments(tmp_path).install("../evil", say=lambda line: None)
    assert "whisperx" in error.value.hint


def test_what_is_not_installed_says_how(tmp_path: Path) -> None:
    nothing = {
        name: OptionalEngine(("nothing_of_the_kind",), each.requirements, each.size)
        for name, each in OPTIONAL.items()
    }
    environments = EngineEnvironments(tmp_path, engines=nothing)
    library = ModelLibrary(SpeechModelSettings(cache=str(tmp_path)))
    for source in optional_sources(library, environments, gpu=lambda: True):
        assert source.offers("auto", "en") == ()
        found = source.availability("", ask_hub=True)
        assert not found.ok
        assert found.remedy == f"everyword engines install {source.name}"


def test_on_a_gpu_whisperx_comes_first(tmp_path: Path) -> None:
    here = {
        name: OptionalEngine(("json",), each.requirements, each.size)
        for name, each in OPTIONAL.items()
    }
    environments = EngineEnvironments(tmp_path, engines=here)
    library = ModelLibrary(SpeechModelSettings(cache=str(tmp_path)))
    on_gpu = optional_sources(library, environments, gpu=lambda: True)
    offered = [(s.name, *s.offers("auto", "en")) for s in on_gpu]
    assert offered == [("whisperx", "large-v3-turbo"), ("parakeet",), ("transformers",)]
    on_cpu = optional_sources(library, environments, gpu=lambda: False)
    assert not any(source.offers("auto", "en") for source in on_cpu)


@pytest.mark.skipif(not HAS_ONNX, reason="needs pip install onnx-asr onnx")
def test_an_engine_whose_process_dies_starts_anew(tmp_path: Path, question: Clip) -> None:
    folder = write_transducer(tmp_path / "transducer", ["▁one", "▁two"])
    engine = IsolatedEngine((sys.executable, "-m", HOST), "parakeet", folder, "transducer")
    before = engine.recognise([question.samples], language="en")
    os.kill(engine._process.pid, signal.SIGKILL)
    engine._process.wait()
    assert engine.recognise([question.samples], language="en") == before
    engine.close()


@pytest.mark.skipif(not HAS_ONNX, reason="needs pip install onnx-asr onnx")
def test_a_model_that_does_not_load_in_its_process_is_said_to_be_so(tmp_path: Path) -> None:
    folder = write_transducer(tmp_path / "transducer", ["▁one"])
    (folder / "encoder-model.int8.onnx").write_bytes(b"half")
    with pytest.raises(EngineUnavailable) as error:
        IsolatedEngine((sys.executable, "-m", HOST), "parakeet", folder, "transducer")
    assert "cannot be loaded" in error.value.message


def test_an_engine_that_runs_out_of_memory_in_its_process_says_so_as_it_would_here(
    tmp_path: Path, question: Clip
) -> None:
    program = """
import sys
ready = '{"ready": {"model": "m", "device": "cuda", "longest_window_s": 29, "batch": 2}}'
failed = '{"error": {"code": "engine_failed", "message": "CUDA out of memory", "hint": ""}}'
print(ready, flush=True)
for line in sys.stdin:
    print(failed, flush=True)
"""
    engine = IsolatedEngine((sys.executable, "-c", program), "whisperx", tmp_path, "m")
    fell_back: list[str] = []

    def other() -> SpeechEngine:
        fell_back.append("other")
        return engine

    with pytest.raises(RuntimeError, match="out of memory"):
        HalvingEngine(engine, other).recognise([question.samples] * 2, language="en")
    assert fell_back == ["other"]
    engine.close()
