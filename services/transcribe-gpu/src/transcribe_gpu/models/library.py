"""Models on this machine and elsewhere: found, fetched, checked, removed."""

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import filelock
import platformdirs

from everyword_events import NotFound
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models.catalogue import WHISPER, Catalogue, SpeechModel, known_models
from transcribe_gpu.models.folder import missing_files, recognised, wrong_file
from transcribe_gpu.ports import Availability, StageReport

log = logging.getLogger(__name__)

WAIT_S: Final = 0.5
"""How often a process that waits for another's download reports, and so may be ended."""
ROOM: Final = 2.2
"""A download needs its size twice: what came, and what is made of it."""


class ModelSource(Protocol):
    """A place from which models are fetched."""

    @property
    def name(self) -> str:
        """`hub` or `index`, as the settings name it."""

    def offers(self, model: SpeechModel) -> Availability:
        """Tell within about 3 s whether `fetch` is likely to work."""

    def fetch(self, model: SpeechModel, into: Path, *, report: StageReport) -> None:
        """Put the model's files into a folder; what is there from an earlier try is used.

        Raises:
            EngineUnavailable: it could not be had.
        """


class LocalCache(Protocol):
    """Another program's models on this machine."""

    def here(self, model: SpeechModel) -> Path | None:
        """Return the model's folder, or None; never uses the network."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A usable model: its folder, its name, and what is known of it."""

    path: Path
    name: str
    model: SpeechModel | None


class ModelLibrary:
    """Finds models in the order the settings give, and keeps those it fetched in one folder."""

    def __init__(
        self,
        settings: SpeechModelSettings,
        *,
        sources: Sequence[ModelSource] = (),
        shared: Sequence[LocalCache] = (),
        catalogue: Catalogue | None = None,
    ) -> None:
        self._settings = settings
        self._catalogue = known_models() if catalogue is None else catalogue
        named = {source.name: source for source in sources}
        self._sources = [
            named[name] for name in settings.sources if name in named and not settings.offline
        ]
        self._shared = tuple(shared)
        self.cache = _path(settings.cache) or platformdirs.user_cache_path("everyword") / "models"

    def find(self, wish: str, *, model_format: str = WHISPER) -> ModelFolder | None:
        """Return a model that is complete on this machine, by name or folder; no network."""
        folder = self._folder(wish)
        if folder is not None:
            if missing_files(folder, model_format):
                return None
            known = recognised(folder, model_format, self._catalogue)
            return ModelFolder(folder, known.name if known else folder.resolve().name, known)
        model = self._catalogue.named(wish, model_format)
        path = None if model is None else self._here(model)
        return None if path is None else ModelFolder(path, wish, model)

    def availability(self, wish: str, *, model_format: str, ask: bool) -> Availability:
        """Tell in words whether a model is here or, where `ask`, could be fetched."""
        if self.find(wish, model_format=model_format) is not None:
            return Availability(ok=True, detail=f"model {wish} is on this machine")
        why_not = self._why_not(wish, model_format)
        model = self._catalogue.named(wish, model_format)
        if why_not or model is None:
            return Availability(ok=False, detail=why_not)
        remedy = f"everyword models fetch {wish}"
        if not ask:
            detail = f"model {wish} is not on this machine yet"
            return Availability(ok=False, detail=detail, remedy=remedy)
        reasons = []
        for source in self._sources:
            found = source.offers(model)
            if found.ok:
                size = f" ({model.bytes / 1e6:.0f} MB)" if model.bytes else ""
                return Availability(ok=True, detail=f"model {wish} will be downloaded{size}")
            reasons.append(f"{source.name}: {found.detail}")
        why = "; ".join(reasons) or "no downloads are allowed"
        detail = f"model {wish} is not on this machine ({why})"
        return Availability(ok=False, detail=detail, remedy=remedy)

    def fetch(self, wish: str, *, model_format: str = WHISPER, report: StageReport) -> ModelFolder:
        """Return the model, fetching it (stage `download`) unless it is here and whole.

        Raises:
            EngineUnavailable: no such model, or no source has it.
        """
        found = self.find(wish, model_format=model_format)
        if found is not None:
            wrong = None if found.model is None else wrong_file(found.path, found.model)
            if wrong is None:
                return found
            log.warning("model is damaged", extra={"model": wish, "what": wrong})
            if found.path.parent != self.cache:
                raise EngineUnavailable(
                    f"the model in {found.path} is damaged: {wrong}",
                    hint="delete the folder, or name another model",
                    code="model_damaged",
                )
        model = self._catalogue.named(wish, model_format)
        why_not = self._why_not(wish, model_format)
        if model is None or why_not:
            raise EngineUnavailable(
                why_not, hint=self._catalogue.hint(model_format), code="model_not_found"
            )
        return ModelFolder(self._install(model, report), wish, model)

    def remove(self, name: str) -> bool:
        """Delete a fetched model and half downloads of it; tell whether there was one.

        Raises:
            NotFound: it lies in a folder that this library does not own.
            EngineUnavailable: it cannot be deleted.
        """
        key = name.replace("/", "--")
        own, partial = self.cache / key, self._partial(key)
        known = name in self._catalogue or (own.is_dir() and not key.startswith("."))
        if not known or own.resolve().parent != self.cache.resolve():
            raise NotFound(
                f"{name[:60]!r} is not a model that was fetched",
                hint="see everyword models list",
                code="model_unknown",
            )
        there = [folder for folder in (own, partial) if folder.is_dir()]
        try:
            for folder in there:
                with self._lock(key):
                    shutil.rmtree(folder)
        except OSError as error:
            raise EngineUnavailable(
                f"the model {name} cannot be deleted: {error.strerror or error}",
                hint=f"delete {own}",
                code="models_not_writable",
            ) from error
        return bool(there)

    def _why_not(self, wish: str, model_format: str) -> str:
        """Say in words why a wish cannot even be looked for elsewhere; empty where it can."""
        folder = self._folder(wish)
        if folder is not None:
            lacks = ", ".join(missing_files(folder, model_format))
            return f"the folder {wish} holds no whole model: it lacks {lacks}"
        if self._catalogue.named(wish, model_format) is None:
            return f"there is no model {wish!r}; {self._catalogue.hint(model_format)}"
        return ""

    def _here(self, model: SpeechModel) -> Path | None:
        for name in self._settings.sources:
            for path in self._places(name, model):
                if path.is_dir() and not missing_files(path, model.format):
                    return path
        return None

    def _places(self, source: str, model: SpeechModel) -> Iterator[Path]:
        """Yield where a source may have it; others' caches are asked last, which takes longer."""
        if source == "folder":
            folder = _path(self._settings.folder)
            yield from () if folder is None else (folder / model.key, folder / model.name)
        elif source == "cache":
            yield self.cache / model.key
            yield from filter(None, (cache.here(model) for cache in self._shared))

    def _install(self, model: SpeechModel, report: StageReport) -> Path:
        target, partial = self.cache / model.key, self._partial(model.key)
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineUnavailable(
                f"models cannot be kept in {self.cache}: {error.strerror}",
                hint="set [models] cache in everyword.toml",
                code="models_not_writable",
            ) from error
        with self._locked(model.key, report):
            damage = None
            if not missing_files(target, model.format):
                damage = wrong_file(target, model)
                if damage is None:  # another process was faster
                    return target
            self._must_have_room(model)
            reasons = []
            for source in self._sources:
                try:
                    source.fetch(model, partial, report=report)
                    self._accept(model, partial)
                except EngineUnavailable as error:
                    log.info("model not had", extra={"source": source.name, "model": model.name})
                    reasons.append(f"{source.name}: {error.message}")
                    continue
                shutil.rmtree(target, ignore_errors=True)
                os.replace(partial, target)  # noqa: PTH105 - atomic, on one file system
                return target
        why = "; ".join(reasons) or "no source may be asked: see [models] in everyword.toml"
        raise EngineUnavailable(
            f"the model {model.name} is damaged here ({damage}), and no other could be had ({why})"
            if damage
            else f"the model {model.name} could not be had ({why})",
            hint="check the network and try `everyword models fetch "
            f"{model.name}`, or put the model in a folder and name that",
            code="model_damaged" if damage else "model_not_available",
        )

    def _accept(self, model: SpeechModel, folder: Path) -> None:
        """Refuse what came unless it is the model, whole."""
        wrong = wrong_file(folder, model)
        lacks = missing_files(folder, model.format)
        if wrong or lacks:
            shutil.rmtree(folder, ignore_errors=True)
            raise EngineUnavailable(
                wrong or f"it lacks {', '.join(lacks)}", hint="try again", code="model_damaged"
            )
        shutil.rmtree(folder / ".cache", ignore_errors=True)  # the hub client's own notes

    def _must_have_room(self, model: SpeechModel) -> None:
        needed = int(model.bytes * ROOM)
        free = shutil.disk_usage(self.cache).free
        if free < needed:
            raise EngineUnavailable(
                f"the model {model.name} needs {needed / 1e9:.1f} GB while it is fetched, and "
                f"{free / 1e9:.1f} GB are free in {self.cache}",
                hint="make room, or set [models] cache in everyword.toml",
                code="disk_full",
            )

    def _folder(self, wish: str) -> Path | None:
        """Return the folder a wish names; a known name is no folder (`./base` would be one)."""
        path = None if wish in self._catalogue else _path(wish)
        return path if path is not None and path.is_dir() else None

    def _partial(self, key: str) -> Path:
        return self.cache / ".partial" / key

    def _locked(self, key: str, report: StageReport) -> AbstractContextManager[object]:
        """Wait until no other process fetches the same model; `report` may end the wait."""
        lock = self._lock(key)
        while True:
            try:
                return lock.acquire(timeout=WAIT_S)
            except filelock.Timeout:
                report("download", 0.0, None)

    def _lock(self, key: str) -> filelock.BaseFileLock:
        folder = self.cache / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(folder / f"{key}.lock")


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None
