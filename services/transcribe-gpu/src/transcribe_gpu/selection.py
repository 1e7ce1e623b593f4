"""Which engine and model recognise a recording, and what a person should be told about it."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from everyword_events import BrokenHost, InvalidInput
from transcribe_gpu.broken_gpu import broken_gpu, is_broken_gpu
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import AUTO, language_code
from transcribe_gpu.domain.tiers import TIERS
from transcribe_gpu.errors import EngineUnavailable
from transcribe_gpu.ports import (
    Availability,
    EngineSource,
    KnowsOneLanguage,
    SpeechEngine,
    StageReport,
)
from transcribe_gpu.shared_batches import SharedBatches
from transcribe_gpu.short_of_memory import HalvingEngine

log = logging.getLogger(__name__)

CPU: Final = "cpu"
ENGINE_UNKNOWN: Final = "engine_unknown"
_UNCHECKED: Final = "language_unchecked:"
REMEMBER_S: Final = 60.0
"""How long "not available" is believed: a queue of jobs must not ask a dead hub 3 s each."""


@dataclass(frozen=True)
class EngineChoice:
    """A loaded engine, one line to announce it by, and flags for the transcript."""

    engine: SpeechEngine
    announcement: str
    flags: tuple[str, ...] = ()

    @property
    def unchecked_language(self) -> str:
        """The language that everything is taken for, where none was said; else empty."""
        found = [
            flag.removeprefix(_UNCHECKED) for flag in self.flags if flag.startswith(_UNCHECKED)
        ]
        return found[0] if found else ""


@dataclass(frozen=True)
class _Candidate:
    source: EngineSource
    model: str

    def __str__(self) -> str:
        return f"{self.source.name} {self.model}".strip()


class EngineSelector:
    """Chooses among `sources`, best first; keeps the engine loaded last for the next job.

    The chain to try is declared by the sources: for `auto` or a tier, what each offers for it; for
    an engine or a model asked for by name, that alone. Whatever is passed over is flagged on the
    transcript (`fallback:faster-whisper base`). Threads may share it: engines are loaded one at a
    time, and recordings that are recognised at once share the batches of one on a GPU; one on a
    processor takes one recording at a time.
    """

    def __init__(
        self,
        sources: Sequence[EngineSource],
        *,
        clock: Callable[[], float] = time.monotonic,
        self_test: Callable[[SpeechEngine], None] = lambda _: None,
    ) -> None:
        self._sources = tuple(sources)
        self._clock = clock
        self._self_test = self_test
        self._loading = threading.Lock()
        self._loaded: tuple[tuple[str, str], SpeechEngine, SharedBatches] | None = None
        self._worked: set[tuple[str, str]] = set()
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
        passed_over: list[tuple[_Candidate, Availability]] = []
        for candidate in self._chain(settings):
            available = self._availability(candidate)
            if available.ok:
                accuracy = candidate.source.accuracy(candidate.model)
                return _line(str(candidate), accuracy, settings, passed_over)
            passed_over.append((candidate, available))
        raise _none_of(settings, passed_over)

    def choose(self, settings: TranscribeSettings, *, report: StageReport) -> EngineChoice:
        """Return the engine asked for, or the first of the chain that loads and hears.

        Raises:
            InvalidInput: no such engine, or no engine here knows the language.
            EngineUnavailable: what was asked for cannot run here.
            BrokenHost: an engine that loaded before in this process loads no more.
        """
        passed_over: list[tuple[_Candidate, Availability]] = []
        chain = self._chain(settings)
        for place, candidate in enumerate(chain):
            available = self._availability(candidate)
            if available.ok:
                try:
                    engine, shared = self._load(candidate, report)
                except EngineUnavailable as error:
                    log.warning("engine failed to load", extra={"engine": str(candidate)})
                    available = self._gone(candidate, Availability(ok=False, detail=error.message))
                else:
                    name = f"{engine.name} {engine.model} on {engine.device}"
                    accuracy = candidate.source.accuracy(candidate.model)
                    flags = _flags(settings, candidate, passed_over, engine)
                    line = _line(name, accuracy, settings, passed_over)
                    if engine.device != CPU:
                        rest = chain[place + 1 :]
                        engine = HalvingEngine(shared, partial(self._next, rest, report))
                    return EngineChoice(engine, line, flags)
            passed_over.append((candidate, available))
        raise _none_of(settings, passed_over)

    def _chain(self, settings: TranscribeSettings) -> list[_Candidate]:
        """Return what to try, best first; one only, where an engine was named."""
        language = language_code(settings.language)
        tier = settings.engine if settings.engine in TIERS else AUTO
        if settings.engine not in (AUTO, *TIERS):
            source = self._named(settings.engine, language)
            offered = [settings.model] if settings.model else source.offers(AUTO, language)
            return [_Candidate(source, model) for model in offered or [""]]
        able = [source for source in self._sources if source.knows(language)]
        if not able:
            raise InvalidInput(
                f"no engine here knows the language {language!r}",
                hint=f"engines here: {', '.join(self.names)}",
                code="language_unsupported",
            )
        offers = {source.name: source.offers(tier, language) for source in able}
        # An engine that offers nothing here (WhisperX on a CPU) is asked for a named model last.
        by_fitness = sorted(able, key=lambda source: not offers[source.name])
        wanted = [_Candidate(source, settings.model) for source in by_fitness if settings.model]
        offered_by_tier = [
            _Candidate(source, model) for source in able for model in offers[source.name]
        ]
        return list(dict.fromkeys([*wanted, *offered_by_tier]))

    def _next(self, rest: Sequence[_Candidate], report: StageReport) -> SpeechEngine:
        """Return the next engine of the chain that loads, in place of one whose memory ran out.

        Raises:
            EngineUnavailable: there is none.
        """
        for candidate in rest:
            if self._availability(candidate).ok:
                try:
                    return self._load(candidate, report)[1]
                except EngineUnavailable as error:
                    self._gone(candidate, Availability(ok=False, detail=error.message))
        raise EngineUnavailable(
            "the memory of the GPU ran out, and no smaller model can be had",
            hint="choose a smaller model, or the tier fast",
            code="out_of_memory",
        )

    def _named(self, engine: str, language: str) -> EngineSource:
        source = next((source for source in self._sources if source.name == engine), None)
        if source is None:
            raise InvalidInput(
                f"unknown engine {engine[:40]!r}",
                hint=f"known are {AUTO}, {', '.join((*TIERS, *self.names))}",
                code=ENGINE_UNKNOWN,
            )
        if not source.knows(language):
            others = [other.name for other in self._sources if other.knows(language)]
            raise InvalidInput(
                f"the engine {engine} does not know the language {language!r}",
                hint=f"use {' or '.join(others)}" if others else "leave the language out",
                code="language_unsupported",
            )
        return source

    def _availability(self, candidate: _Candidate) -> Availability:
        known = self._missing.get((candidate.source.name, candidate.model))
        if known is not None and self._clock() - known[0] < REMEMBER_S:
            return known[1]
        found = candidate.source.availability(candidate.model, ask_hub=True)
        return found if found.ok else self._gone(candidate, found)

    def _gone(self, candidate: _Candidate, found: Availability) -> Availability:
        self._missing[candidate.source.name, candidate.model] = (self._clock(), found)
        return found

    def _load(
        self, candidate: _Candidate, report: StageReport
    ) -> tuple[SpeechEngine, SharedBatches]:
        key = (candidate.source.name, candidate.model)
        with self._loading:
            if self._loaded is None or self._loaded[0] != key:
                self._loaded = None  # free the old one's memory first
                try:
                    engine = candidate.source.load(candidate.model, report=report)
                    self._self_test(engine)
                except (EngineUnavailable, OSError, RuntimeError) as error:
                    if key in self._worked:
                        raise _no_longer(candidate, error) from error
                    raise
                self._worked.add(key)
                self._loaded = (key, engine, SharedBatches(engine))
            return self._loaded[1:]


def _no_longer(candidate: _Candidate, error: Exception) -> BrokenHost:
    if is_broken_gpu(error):
        return broken_gpu(error)
    return BrokenHost(
        f"{candidate} worked before and loads no more: {error}",
        hint="check the disk and the model's files (`everyword models list`), then start again",
        code="model_unreadable",
    )


def _flags(
    settings: TranscribeSettings,
    taken: _Candidate,
    passed_over: Sequence[tuple[_Candidate, Availability]],
    engine: SpeechEngine,
) -> tuple[str, ...]:
    """Return what the transcript should say of the choice."""
    flags = [
        f"fallback:{missed}"
        for missed, _ in passed_over
        if not settings.model or missed.model != settings.model
    ]
    if settings.model and taken.model != settings.model:
        flags.append(f"fallback:model {settings.model}")
    if isinstance(engine, KnowsOneLanguage) and language_code(settings.language) == AUTO:
        flags.append(f"{_UNCHECKED}{engine.only_language}")
    return tuple(flags)


def _line(
    name: str,
    accuracy: str,
    settings: TranscribeSettings,
    passed_over: Sequence[tuple[_Candidate, Availability]],
) -> str:
    why = _why(settings, passed_over)
    remedies = list(dict.fromkeys(found.remedy for _, found in passed_over if found.remedy))
    better = f" - for a better one: {remedies[0]}" if remedies else ""
    return f"speech engine: {name} - {accuracy}" + (f" ({why})" if why else "") + better


def _why(
    settings: TranscribeSettings, passed_over: Sequence[tuple[_Candidate, Availability]]
) -> str:
    """Say why each was passed over; of a model that was named, what may be done about it."""
    named = [found for missed, found in passed_over if settings.model == missed.model != ""]
    likeliest = sorted(named, key=lambda found: not found.remedy)[:1]
    reasons = [f"model {settings.model}: {found.detail}" for found in likeliest]
    reasons += [
        f"{missed}: {found.detail}"
        for missed, found in passed_over
        if missed.model != settings.model or not missed.model
    ]
    return "; ".join(reasons)


def _none_of(
    settings: TranscribeSettings, passed_over: Sequence[tuple[_Candidate, Availability]]
) -> EngineUnavailable:
    remedies = [found.remedy for _, found in passed_over if found.remedy]
    hint = f"try {remedies[0]}" if remedies else "everyword doctor shows what is missing"
    if settings.engine not in (AUTO, *TIERS):
        why = "; ".join(found.detail for _, found in passed_over)
        return EngineUnavailable(f"the engine {settings.engine} cannot run here: {why}", hint=hint)
    why = _why(settings, passed_over)
    return EngineUnavailable(
        f"no engine for the language {settings.language!r} can run here ({why})", hint=hint
    )
