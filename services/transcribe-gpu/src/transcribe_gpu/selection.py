"""Which engine recognises a recording, and what a person should be told about it."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from everyword_events import InvalidInput
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import AUTO, language_code
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import Availability, EngineSource, SpeechEngine, StageReport

log = logging.getLogger(__name__)

REMEMBER_S: Final = 60.0
"""How long "not available" is believed: a queue of jobs must not ask a dead hub 3 s each."""


@dataclass(frozen=True)
class EngineChoice:
    """A loaded engine, one line to announce it by, and flags for the transcript."""

    engine: SpeechEngine
    announcement: str
    flags: tuple[str, ...] = ()


class EngineSelector:
    """Chooses among `sources`, best first; keeps the engine loaded last for the next job."""

    def __init__(
        self, sources: Sequence[EngineSource], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sources = tuple(sources)
        self._clock = clock
        self._loaded: tuple[tuple[str, str], SpeechEngine] | None = None
        self._missing: dict[tuple[str, str], tuple[float, Availability]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The engines' names, best first."""
        return tuple(source.name for source in self._sources)

    def announcement(self, settings: TranscribeSettings) -> str:
        """Return the line `choose` would announce now; loads and downloads nothing.

        Raises:
            InvalidInput, EngineUnavailable: as `choose`.
        """
        reasons: dict[str, str] = {}
        for source, model in self._wishes(settings):
            available = self._availability(source, model)
            if available.ok:
                return _line(source.name, source.accuracy(model), reasons)
            reasons.setdefault(source.name, available.detail)
        raise _none_of(settings, reasons)

    def choose(self, settings: TranscribeSettings, *, report: StageReport) -> EngineChoice:
        """Return the engine asked for, or for `auto` the best that knows the language and loads.

        Raises:
            InvalidInput: no such engine, or no engine here knows the language.
            EngineUnavailable: the engine asked for cannot run here.
        """
        flags: list[str] = []
        reasons: dict[str, str] = {}
        for source, model in self._wishes(settings):
            available = self._availability(source, model)
            if available.ok:
                try:
                    engine = self._load(source, model, report)
                except EngineUnavailable as error:
                    log.warning("engine failed to load", extra={"engine": source.name})
                    available = self._gone(source, model, error.message)
                    flags.append(f"fallback:{source.name}")
                else:
                    if model != settings.model:
                        flags.append(f"fallback:model {settings.model}")
                    name = f"{engine.name} {engine.model} on {engine.device}"
                    line = _line(name, source.accuracy(model), reasons, of=source.name)
                    return EngineChoice(engine, line, tuple(flags))
            reasons.setdefault(source.name, available.detail)
        raise _none_of(settings, reasons)

    def _wishes(self, settings: TranscribeSettings) -> list[tuple[EngineSource, str]]:
        """Return the engines and models to try, best first; one only, where one was named."""
        language = language_code(settings.language)
        if settings.engine != AUTO:
            return [(self._named(settings.engine, language), settings.model)]
        able = [source for source in self._sources if source.knows(language)]
        if not able:
            raise InvalidInput(
                f"no engine here knows the language {language!r}",
                hint=f"engines here: {', '.join(self.names)}",
                code="language_unsupported",
            )
        models = [settings.model, ""] if settings.model else [""]  # better the default than none
        return [(source, model) for model in models for source in able]

    def _named(self, engine: str, language: str) -> EngineSource:
        source = next((source for source in self._sources if source.name == engine), None)
        if source is None:
            raise InvalidInput(
                f"unknown engine {engine[:40]!r}",
                hint=f"known are {AUTO}, {', '.join(self.names)}",
                code="engine_unknown",
            )
        if not source.knows(language):
            others = [other.name for other in self._sources if other.knows(language)]
            raise InvalidInput(
                f"the engine {engine} does not know the language {language!r}",
                hint=f"use {' or '.join(others)}" if others else "leave the language out",
                code="language_unsupported",
            )
        return source

    def _availability(self, source: EngineSource, model: str) -> Availability:
        known = self._missing.get((source.name, model))
        if known is not None and self._clock() - known[0] < REMEMBER_S:
            return known[1]
        found = source.availability(model, ask_hub=True)
        return found if found.ok else self._gone(source, model, found.detail)

    def _gone(self, source: EngineSource, model: str, detail: str) -> Availability:
        gone = Availability(ok=False, detail=detail)
        self._missing[source.name, model] = (self._clock(), gone)
        return gone

    def _load(self, source: EngineSource, model: str, report: StageReport) -> SpeechEngine:
        key = (source.name, model)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # free the old one's memory first
            self._loaded = (key, source.load(model, report=report))
        return self._loaded[1]


def _line(name: str, accuracy: str, reasons: Mapping[str, str], *, of: str = "") -> str:
    passed_over = "; ".join(f"{other}: {why}" for other, why in reasons.items() if other != of)
    return f"speech engine: {name} - {accuracy}" + (f" ({passed_over})" if passed_over else "")


def _none_of(settings: TranscribeSettings, reasons: Mapping[str, str]) -> EngineUnavailable:
    if settings.engine != AUTO:
        return EngineUnavailable(
            f"the engine {settings.engine} cannot run here: {reasons[settings.engine]}",
            hint="choose the engine auto, or see everyword doctor",
        )
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    return EngineUnavailable(
        f"no engine for the language {settings.language!r} can run here ({why})",
        hint="everyword doctor shows what is missing",
    )
