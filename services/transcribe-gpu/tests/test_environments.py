"""Engines in environments of their own, and in processes of their own."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from everyword_events import InvalidInput
from transcribe_gpu.adapters.environments import OPTIONAL, EngineEnvironments, OptionalEngine
from transcribe_gpu.adapters.isolated import IsolatedEngine
from transcribe_gpu.adapters.optional_source import optional_sources
from transcribe_gpu.config import ModelSettings
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import ModelLibrary
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
    said = subprocess.run(
        [python, "-c", "import toy_engine, numpy, transcribe_gpu; print(toy_engine.SAYS)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "toy"
    assert find_spec("toy_engine") is None
    assert environments.install("toy", say=lambda line: None) == home


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
    library = ModelLibrary(ModelSettings(cache=str(tmp_path)))
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
    library = ModelLibrary(ModelSettings(cache=str(tmp_path)))
    on_gpu = optional_sources(library, environments, gpu=lambda: True)
    offered = [(s.name, *s.offers("auto", "en")) for s in on_gpu]
    assert offered == [("whisperx", "large-v3-turbo"), ("parakeet",), ("transformers",)]
    on_cpu = optional_sources(library, environments, gpu=lambda: False)
    assert not any(source.offers("auto", "en") for source in on_cpu)


@pytest.mark.skipif(not HAS_ONNX, reason="needs pip install onnx-asr onnx")
def test_an_engine_whose_process_dies_starts_anew(tmp_path: Path, question: Clip) -> None:
    folder = write_transducer(tmp_path / "transducer", ["▁one", "▁two"])
    engine = IsolatedEngine(Path(sys.executable), "parakeet", folder, "transducer")
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
        IsolatedEngine(Path(sys.executable), "parakeet", folder, "transducer")
    assert "cannot be loaded" in error.value.message
