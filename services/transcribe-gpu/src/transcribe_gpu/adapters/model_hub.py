"""The Hugging Face hub as a source of models, and its client's cache on this machine.

Known models come from a pinned revision. Large files go on where an earlier try broke off.
"""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models.catalogue import DOWNLOADED_FILES, SpeechModel
from transcribe_gpu.ports import Availability, StageReport

HUB_WAIT_S: Final = 3.0
"""Whoever has no network must not wait long to be told so."""
BELIEVED_S: Final = 60.0
"""How long a hub's silence is believed before it is asked again."""


class HubSource:
    """Fetches from a hub (`transcribe_gpu.models.ModelSource`); the default is the client's own."""

    name = "hub"

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        wait_s: float = HUB_WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._wait_s = wait_s
        self._clock = clock
        self._silent_since = float("-inf")

    def offers(self, model: SpeechModel) -> Availability:
        """Tell in `wait_s`, name look-up included, whether the hub answers and has the model."""
        if not model.repository:
            return Availability(ok=False, detail="no hub repository is known for it")
        if self._offline():
            return Availability(ok=False, detail="HF_HUB_OFFLINE is set")
        revision = model.revision or "main"
        url = f"{self._address()}/{model.repository}/resolve/{revision}/config.json"
        if self._clock() - self._silent_since < BELIEVED_S:
            return Availability(ok=False, detail="no hub answers")
        found = answers(url, wait_s=self._wait_s)
        if found is None:
            self._silent_since = self._clock()
            return Availability(ok=False, detail="no hub answers")
        return Availability(
            ok=found, detail=f"{model.repository} {'is' if found else 'is not'} there"
        )

    def fetch(self, model: SpeechModel, into: Path, *, report: StageReport) -> None:
        """Download the model's files into a folder (stage `download`).

        Raises:
            EngineUnavailable: the hub does not answer, or has no such model.
        """
        available = self.offers(model)
        if not available.ok:
            raise EngineUnavailable(available.detail)
        import huggingface_hub  # noqa: PLC0415 - slow to import
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

        try:
            huggingface_hub.snapshot_download(
                model.repository,
                revision=model.revision or None,
                allow_patterns=patterns(model),
                endpoint=self._endpoint,
                local_dir=into,
                tqdm_class=_reporting_bar(report),
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
            raise EngineUnavailable(
                f"{model.repository} could not be downloaded: {_first_line(error)}",
                hint="check the network and try again; what came is kept",
            ) from error

    def _address(self) -> str:
        from huggingface_hub import constants  # noqa: PLC0415

        return (self._endpoint or str(constants.ENDPOINT)).rstrip("/")

    def _offline(self) -> bool:
        from huggingface_hub import constants  # noqa: PLC0415

        return self._endpoint is None and bool(constants.HF_HUB_OFFLINE)


class HubCache:
    """What the hub's client keeps on this machine, for whatever program it was fetched."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def here(self, model: SpeechModel) -> Path | None:
        """Return the folder of the model's pinned revision, or None; never uses the network."""
        if not model.repository:
            return None
        import huggingface_hub  # noqa: PLC0415
        from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

        try:
            found = huggingface_hub.snapshot_download(
                model.repository,
                revision=model.revision or None,
                allow_patterns=patterns(model),
                cache_dir=self._folder,
                local_files_only=True,
            )
        except (LocalEntryNotFoundError, OSError, ValueError):
            return None
        return Path(str(found))


def patterns(model: SpeechModel) -> list[str]:
    """Return which of a repository's files the model consists of."""
    return [file.name for file in model.files] or list(DOWNLOADED_FILES[model.format])


def answers(url: str, *, wait_s: float = HUB_WAIT_S) -> bool | None:
    """Tell within `wait_s` whether an address is there; None where nobody answers."""
    answer: list[bool] = []

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - https or a test's
        try:
            with urllib.request.urlopen(request, timeout=wait_s):  # noqa: S310
                answer.append(True)
        except urllib.error.HTTPError:
            answer.append(False)
        except (OSError, ValueError):
            return

    # A look-up of a name has no time-out of its own, so it gets a thread that may be left.
    thread = threading.Thread(target=ask, name="ask-hub", daemon=True)
    thread.start()
    thread.join(wait_s)
    return answer[0] if answer else None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


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
