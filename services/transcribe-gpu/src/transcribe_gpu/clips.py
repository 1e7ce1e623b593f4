"""Short clips, recognised while the client waits: what is allowed, and what a request means."""

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from everyword_events import InvalidInput
from everyword_storage import scratch_file
from everyword_transcripts import Transcript
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.domain.tiers import TIERS
from transcribe_gpu.models import known_models
from transcribe_gpu.ports import Audio

MOST_BYTES: Final = 25 * 1024 * 1024
LONGEST_S: Final = 30 * 60.0
STANDINS: Final = re.compile(r"(auto|whisper-1|gpt-[\w.-]*transcribe[\w.-]*)?")
"""Names of OpenAI's that its clients send: this archive's own choice is taken for them."""


class ClipRecogniser(Protocol):
    """Recognises a file, somewhere that does not hold up whoever serves requests."""

    def recognise(
        self,
        path: Path,
        settings: TranscribeSettings,
        models: SpeechModelSettings,
        *,
        length_s: float,
    ) -> Iterator[str | Transcript]:
        """Yield the text of each sentence as it is recognised, then the transcript."""


class ClipService:
    """Recognises uploaded clips under the installation's own settings."""

    def __init__(
        self,
        recogniser: ClipRecogniser,
        *,
        open_audio: Callable[[BinaryIO], Audio],
        settings: Callable[[], tuple[TranscribeSettings, SpeechModelSettings]],
    ) -> None:
        self._recogniser = recogniser
        self._open_audio = open_audio
        self._settings = settings

    def recognise(
        self, upload: BinaryIO, *, model: str, language: str
    ) -> Generator[str | Transcript]:
        """Yield the text of each sentence of an uploaded file as it is recognised, then all of it.

        Raises:
            InvalidInput: too large or too long, not audio, or an unknown model or language.
        """
        settings, models = self._settings()
        wanted = _wanted(settings, model, language)
        with scratch_file() as file:
            shutil.copyfileobj(upload, file)
            file.flush()
            if file.tell() > MOST_BYTES:
                raise _too_much(f"over {MOST_BYTES // 1024**2} MiB", "clip_too_large")
            length_s = self._length_s(Path(file.name))
            yield from self._recogniser.recognise(
                Path(file.name), wanted, models, length_s=length_s
            )

    def _length_s(self, path: Path) -> float:
        """Return how long a file plays, decoding it where it does not say.

        Raises:
            InvalidInput: longer than `LONGEST_S`, or not audio.
        """
        with path.open("rb") as source:
            audio = self._open_audio(source)
            length_s = audio.expected_duration_s
            if length_s is None:
                length_s = 0.0
                with suppress(StopIteration):
                    blocks = audio.blocks()
                    while length_s <= LONGEST_S:
                        next(blocks)
                        length_s += 1.0
        if length_s > LONGEST_S:
            raise _too_much(f"longer than {LONGEST_S / 60:.0f} minutes", "clip_too_long")
        return length_s


def _wanted(settings: TranscribeSettings, model: str, language: str) -> TranscribeSettings:
    """Read a request's `model`: a stand-in, a tier, an engine, or a model known by name."""
    changes: dict[str, object] = {"sounds": False}
    if language:
        changes["language"] = language
    recognising = [each.name for each in known_models().values() if each.recognises]
    if model in TIERS:
        changes |= {"engine": model, "model": ""}
    elif model in recognising:
        changes |= {"engine": "auto", "model": model}
    elif not STANDINS.fullmatch(model):
        raise InvalidInput(
            f"there is no model {model[:60]!r} here",
            hint=f"leave it out, or name one of {', '.join((*TIERS, *recognising))}",
            code="model_unknown",
        )
    return settings.model_copy(update=changes)


def _too_much(what: str, code: str) -> InvalidInput:
    return InvalidInput(
        f"the clip is {what}",
        hint="POST /v1/episodes takes recordings of any length, and indexes them",
        code=code,
    )
