"""Where Whisper models for CTranslate2 come from: a folder, the hub's cache, the hub itself.

A cache that holds half a model counts as none. Models are looked up by name, not by digest:
where that matters, name a folder.
"""

import re
import threading
import urllib.request
from pathlib import Path
from typing import Any, Final

from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import StageReport

HUB_WAIT_S: Final = 3.0
"""Whoever has no network must not wait long to be told so."""
_PATTERNS: Final = [
    "config.json",
    "preprocessor_config.json",
    "model.bin",
    "tokenizer.json",
    "vocabulary.*",
]
_REPOSITORY: Final = re.compile(r"\w[\w.-]*/\w[\w.-]*")
REPOSITORIES: Final = {
    "tiny": "Systran/faster-whisper-tiny",
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "base": "Systran/faster-whisper-base",
    "base.en": "Systran/faster-whisper-base.en",
    "small": "Systran/faster-whisper-small",
    "small.en": "Systran/faster-whisper-small.en",
    "medium": "Systran/faster-whisper-medium",
    "medium.en": "Systran/faster-whisper-medium.en",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
}


class ModelHub:
    """Finds and fetches model folders; `endpoint` and `cache` default to huggingface_hub's own."""

    def __init__(self, endpoint: str | None = None, cache: Path | None = None) -> None:
        self._endpoint = endpoint
        self._cache = cache

    def here(self, model: str) -> Path | None:
        """Return the model's folder if it is complete on this machine; never uses the network."""
        folder = Path(model)
        if not folder.is_dir():
            repository = repository_of(model)
            found = None if repository is None else self._snapshot(repository)
            if found is None:
                return None
            folder = found
        complete = all((folder / name).is_file() for name in ("model.bin", "config.json"))
        return folder if complete else None

    def offers(self, model: str) -> bool:
        """Tell within 3 s, name look-up included, whether the hub answers and has the model."""
        repository = repository_of(model)
        if repository is None or self._offline():
            return False
        url = f"{self._address()}/{repository}/resolve/main/config.json"
        answered = threading.Event()

        def ask() -> None:
            request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - https or a test's
            try:
                with urllib.request.urlopen(request, timeout=HUB_WAIT_S):  # noqa: S310
                    answered.set()
            except (OSError, ValueError):
                return

        # A look-up of a name has no time-out of its own, so it gets a thread that may be left.
        thread = threading.Thread(target=ask, name="ask-hub", daemon=True)
        thread.start()
        thread.join(HUB_WAIT_S)
        return answered.is_set()

    def fetch(self, model: str, *, report: StageReport) -> Path:
        """Download the model (stage `download`) unless it is here; return its folder.

        Raises:
            EngineUnavailable: no such model, or the hub failed on the way.
        """
        folder = self.here(model)
        if folder is not None:
            return folder
        repository = repository_of(model)
        if repository is None:
            raise EngineUnavailable(f"no model {model!r}", hint=known_models())
        import huggingface_hub  # noqa: PLC0415
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

        try:
            huggingface_hub.snapshot_download(
                repository,
                allow_patterns=_PATTERNS,
                endpoint=self._endpoint,
                cache_dir=self._cache,
                tqdm_class=_reporting_bar(report),
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
            raise EngineUnavailable(
                f"the model {model} could not be downloaded from {self._address()}",
                hint="check the network, or name a folder that holds the model",
            ) from error
        folder = self.here(model)
        if folder is None:
            raise EngineUnavailable(f"{repository} holds no CTranslate2 model", hint=known_models())
        return folder

    def _snapshot(self, repository: str) -> Path | None:
        import huggingface_hub  # noqa: PLC0415
        from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

        try:
            found = huggingface_hub.snapshot_download(
                repository, allow_patterns=_PATTERNS, cache_dir=self._cache, local_files_only=True
            )
        except (LocalEntryNotFoundError, OSError):
            return None
        return Path(str(found))

    def _address(self) -> str:
        from huggingface_hub import constants  # noqa: PLC0415

        return (self._endpoint or str(constants.ENDPOINT)).rstrip("/")

    def _offline(self) -> bool:
        from huggingface_hub import constants  # noqa: PLC0415

        return self._endpoint is None and bool(constants.HF_HUB_OFFLINE)


def repository_of(model: str) -> str | None:
    """Return the hub repository of a model's name; None for what is neither."""
    if model in REPOSITORIES:
        return REPOSITORIES[model]
    return model if _REPOSITORY.fullmatch(model) else None


def known_models() -> str:
    """Return the hint that names the models."""
    return f"known are {', '.join(REPOSITORIES)}, a hub's owner/name, or a folder"


def _reporting_bar(report: StageReport) -> type[Any]:
    """Return a progress bar that draws nothing and reports bytes fetched (stage `download`)."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]  # noqa: PLC0415

    class ReportingBar(tqdm):  # type: ignore[misc, unused-ignore]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._bytes = kwargs.get("unit") == "B"
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]
            self._done = 0.0

        def update(self, n: float | None = 1) -> bool | None:
            self._done += n or 0
            if self._bytes and self.total:
                report("download", min(1.0, self._done / self.total), None)
            return None

    return ReportingBar
