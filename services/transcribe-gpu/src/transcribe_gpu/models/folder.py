"""A folder that holds, or should hold, a model."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from transcribe_gpu.models.catalogue import REQUIRED_FILES, ModelFile, SpeechModel

STAMP: Final = ".everyword-verified.json"
"""Which files were found right by their digests, with their sizes and times then."""


def missing_files(folder: Path, model_format: str) -> list[str]:
    """Return what a folder lacks to be a model of this format, in words."""
    return [
        " or ".join(names)
        for names in REQUIRED_FILES[model_format]
        if not any(_has_content(folder / name) for name in names)
    ]


def format_of(folder: Path) -> str | None:
    """Return the format of which a folder holds a whole model."""
    return next((each for each in REQUIRED_FILES if not missing_files(folder, each)), None)


def wrong_file(folder: Path, model: SpeechModel) -> str | None:
    """Return what is wrong with a model's files by their digests, in words, or None.

    Files found right once are not read again until their size or time changes.
    """
    stamp = _read_stamp(folder)
    fresh: dict[str, list[int]] = {}
    for file in model.files:
        path = folder / file.name
        try:
            state = path.stat()
        except OSError:
            return f"{file.name} is missing"
        if state.st_size != file.bytes:
            return f"{file.name} has {state.st_size} of {file.bytes} bytes"
        fresh[file.name] = [state.st_size, state.st_mtime_ns]
        if stamp.get(file.name) != fresh[file.name] and digest_of(path) != file.sha256:
            return f"{file.name} is damaged: its digest is not the model's"
    if fresh and fresh != stamp:
        with suppress(OSError):  # a folder that cannot be written is checked again each time
            (folder / STAMP).write_text(json.dumps(fresh), encoding="utf-8")
    return None


def recognised(
    folder: Path, model_format: str, catalogue: Mapping[str, SpeechModel]
) -> SpeechModel | None:
    """Return the known model whose weights these are, by their digest; None for any other."""
    for model in catalogue.values():
        weights = max(model.files, key=_size)
        path = folder / weights.name
        if model.format != model_format or not path.is_file():
            continue
        if path.stat().st_size == weights.bytes and digest_of(path) == weights.sha256:
            return model
    return None


def digest_of(path: Path) -> str:
    """Return a file's SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(file: ModelFile) -> int:
    return file.bytes


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _read_stamp(folder: Path) -> Mapping[str, list[int]]:
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
