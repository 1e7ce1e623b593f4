"""Engines to choose that may have to be installed first (`transcribe_gpu.ports.EngineSource`)."""

from collections.abc import Callable, Sequence
from typing import Final

from transcribe_gpu.adapters.environments import OPTIONAL, EngineEnvironments
from transcribe_gpu.adapters.loading import start_engine
from transcribe_gpu.domain import AUTO, tiers
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.models import (
    NEMO,
    TRANSFORMERS,
    WHISPER,
    ModelLibrary,
    accuracy_of,
    known_models,
)
from transcribe_gpu.ports import Availability, SpeechEngine, StageReport

TURBO: Final = "large-v3-turbo"
PARAKEET: Final = "parakeet-tdt-0.6b-v3"


class OptionalSource:
    """One such engine; `offers` gives the models for a tier and a language, best first."""

    def __init__(
        self,
        name: str,
        model_format: str,
        library: ModelLibrary,
        environments: EngineEnvironments,
        *,
        default: str,
        offers: Callable[[str, str], Sequence[str]],
    ) -> None:
        self.name = name
        self._format = model_format
        self._library = library
        self._environments = environments
        self._default = default
        self._offers = offers

    def offers(self, tier: str, language: str) -> Sequence[str]:
        """Return the models to try, best first; none where the engine is not installed."""
        return self._offers(tier, language) if self._environments.installed(self.name) else ()

    def accuracy(self, model: str) -> str:
        """Say what to expect of a known model."""
        return accuracy_of(model or self._default)

    def knows(self, language: str) -> bool:
        """Tell whether its own model knows the language; another may."""
        known = known_models().get(self._default)
        return language == AUTO or known is None or known.knows(language)

    def availability(self, model: str, *, ask_hub: bool) -> Availability:
        """Look for the engine, then the model."""
        if not self._environments.installed(self.name):
            return Availability(
                ok=False,
                detail=f"not installed ({OPTIONAL[self.name].size})",
                remedy=f"everyword engines install {self.name}",
            )
        wish = model or self._default
        if not wish:
            return Availability(ok=True, detail="installed; name a model, it has none of its own")
        return self._library.availability(wish, model_format=self._format, ask=ask_hub)

    def load(self, model: str, *, report: StageReport) -> SpeechEngine:
        """Load the model, downloading it where needed, here or in the engine's environment.

        Raises:
            EngineUnavailable: the engine or the model cannot be had.
        """
        wish = model or self._default
        if not wish:
            raise EngineUnavailable(
                f"the engine {self.name} has no model of its own",
                hint="name one: a hub's owner/name, or a folder",
                code="model_missing",
            )
        found = self._library.fetch(wish, model_format=self._format, report=report)
        return start_engine(self._environments, self.name, found.path, model=found.name)


def optional_sources(
    library: ModelLibrary, environments: EngineEnvironments, *, gpu: Callable[[], bool]
) -> Sequence[OptionalSource]:
    """Return WhisperX, Parakeet and transformers, in the order in which `auto` wants them."""

    def whisperx(tier: str, _: str) -> Sequence[str]:
        """Offer it on a GPU only: on a CPU it is no better than faster-whisper, and slower."""
        if not gpu() or tier == tiers.DRAFT:
            return ()
        return ["large-v3", TURBO] if tier == tiers.MAX else [TURBO]

    def parakeet(tier: str, language: str) -> Sequence[str]:
        """Offer it where its model is here: whoever fetched it wants it."""
        here = library.find(PARAKEET, model_format=NEMO) is not None
        spoken = language != AUTO and known_models()[PARAKEET].knows(language)
        return [PARAKEET] if here and spoken and tier != tiers.DRAFT else []

    def by_name_only(*_: str) -> Sequence[str]:
        return ()

    return (
        OptionalSource("whisperx", WHISPER, library, environments, default=TURBO, offers=whisperx),
        OptionalSource("parakeet", NEMO, library, environments, default=PARAKEET, offers=parakeet),
        OptionalSource(
            "transformers", TRANSFORMERS, library, environments, default="", offers=by_name_only
        ),
    )
