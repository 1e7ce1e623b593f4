"""The steps of refinement in their order."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from everyword_transcripts import Transcript
from everyword_transcripts.json_form import in_order
from everyword_transcripts.timing import put_in_order
from refine.config import LanguageModelSettings, RefineSettings
from refine.domain.capitals import capitalise, lacks_case
from refine.domain.clean import clean_words
from refine.domain.missing_times import fill_timing
from refine.domain.normalize import normalize
from refine.domain.prompt import PROMPT_VERSION
from refine.domain.report import Change, RefineReport, listed
from refine.domain.rules import compile_rules
from refine.domain.speakers import (
    name_speakers,
    recognise_speakers,
    recognised,
    rename_speakers,
)
from refine.domain.substitution import RulesReport, apply_rules
from refine.domain.voices import SpeakerMatch
from refine.model_result import ChapterStepResult, ModelStepResult

if TYPE_CHECKING:  # what a run does not use is not imported
    from refine.chapter_step import ChapterStep
    from refine.domain.edits import Edit
    from refine.model_step import ModelStep


@dataclass(frozen=True)
class RefineInputs:
    """What refinement may use beyond the transcript and the settings; each may be absent."""

    show: str = ""
    model: "ModelStep | None" = None
    chapters: "ChapterStep | None" = None
    voices: Sequence[SpeakerMatch] = ()
    """Whom the labels' voices belong to."""
    edits: "Sequence[Edit]" = field(default_factory=tuple)
    """Every edit there is, those too that were undone since."""
    renames: Sequence[tuple[str, str]] = ()
    """Who is called what in the whole show: so far, and from now on."""


class Stopwatch:
    """Measures what each step takes, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self.steps_s: dict[str, float] = {}

    def lap(self, step: str) -> None:
        """End `step`, which began where the one before it ended."""
        now = self._clock()
        self.steps_s[step] = self.steps_s.get(step, 0.0) + now - self._last
        self._last = now


def run_steps(
    transcript: Transcript, settings: RefineSettings, inputs: RefineInputs | None = None
) -> tuple[Transcript, RefineReport]:
    """Refine a transcript by every step from cleaning to people's edits, and divide it.

    Raises:
        Misconfigured: a rule is not valid.
    """
    inputs = inputs or RefineInputs()
    watch = Stopwatch()
    if inputs.edits:
        transcript = _in_stated_language(transcript, inputs.edits)
    caseless = lacks_case(transcript)
    current, cleaned = clean_words(transcript)
    watch.lap("clean")
    current, filled = fill_timing(current)
    watch.lap("timing")
    rules = compile_rules(settings.replacements, language=current.language)
    current, ruled = apply_rules(current, rules)
    watch.lap("rules")
    current, heard, near = _glossary(current, settings)
    wanted = settings.model.provider != "off"
    missing = "the language model of the settings is not to be had here" if wanted else None
    outcome = ModelStepResult(current, degraded=missing)
    if inputs.model is not None:
        from refine.domain.glossary_candidates import glossary_candidates  # noqa: PLC0415

        hints = glossary_candidates(
            current, [entry.term for entry in settings.glossary], hints=True
        )
        watch.lap("glossary")
        outcome = inputs.model.run(current, show=inputs.show, near=hints)
    watch.lap("model" if inputs.model is not None else "glossary")
    current, named = _speakers(outcome, inputs, settings)
    current, renamed = rename_speakers(current, inputs.renames)
    watch.lap("speakers")
    current, shaped = normalize(current, settings.normalization.shape())
    current, capitalised = _with_capitals(current, settings, caseless=caseless)
    watch.lap("normalize")
    uncorrected = current
    current, edited = _edited(current, inputs.edits)
    current = _ordered(current)
    watch.lap("edits")
    divided = ChapterStepResult()
    if inputs.chapters is not None:
        divided = inputs.chapters.run(_ordered(uncorrected), corrected=current, show=inputs.show)
        watch.lap("chapters")
    changes, left_out = listed(
        [*edited, *outcome.changes, *named, *renamed, *near, *ruled.changes, *heard.changes]
    )
    report = RefineReport(
        episode_id=transcript.episode_id,
        run_id=transcript.run_id,
        rules=ruled.applied | heard.applied,
        rules_stopped=(*ruled.stopped, *heard.stopped),
        times_filled=filled,
        words_cleaned=cleaned,
        words_capitalised=capitalised,
        segments_merged=shaped.merged,
        segments_split=shaped.split,
        changes=changes,
        changes_left_out=left_out,
        degraded=_degraded(outcome, ruled, heard),
        edits=tuple(edit.event_id for edit in inputs.edits),
        prompt_version=PROMPT_VERSION if inputs.model is not None else "",
        tokens_in=outcome.tokens_in + divided.tokens_in,
        tokens_out=outcome.tokens_out + divided.tokens_out,
        cost_usd=_cost(settings.model, outcome, divided),
        steps_s=watch.steps_s,
        chapters=divided.chapters,
        chapters_rejected=divided.rejected,
        chapters_failure=divided.failure,
    )
    return _flagged(current, report, recognised(current, named)), report


def _glossary(
    transcript: Transcript, settings: RefineSettings
) -> tuple[Transcript, RulesReport, list[Change]]:
    """Write known mishearings as their terms, then what is sure to be one."""
    if not settings.glossary:
        return transcript, RulesReport({}, ()), []
    from refine.domain.glossary import apply_candidates, heard_rules  # noqa: PLC0415
    from refine.domain.glossary_candidates import glossary_candidates  # noqa: PLC0415

    rules = heard_rules(settings.glossary, language=transcript.language)
    transcript, heard = apply_rules(transcript, rules, step="glossary")
    terms = [entry.term for entry in settings.glossary]
    places = glossary_candidates(transcript, terms, hints=False)
    limits = settings.model.validation.limits()
    transcript, near = apply_candidates(transcript, places, terms, limits)
    return transcript, heard, near


def _speakers(
    outcome: ModelStepResult, inputs: RefineInputs, settings: RefineSettings
) -> tuple[Transcript, list[Change]]:
    """Name labels: known voices first, where they are sure, then what the model read."""
    transcript, changes = recognise_speakers(
        outcome.transcript, inputs.voices, least=settings.speaker_confidence
    )
    transcript, more = name_speakers(transcript, outcome.names, by="model")
    return transcript, [*changes, *more]


def _in_stated_language(transcript: Transcript, edits: "Sequence[Edit]") -> Transcript:
    from refine.domain.edits import stated_language  # noqa: PLC0415 - few episodes have any

    return replace(transcript, language=stated_language(edits) or transcript.language)


def _edited(transcript: Transcript, edits: "Sequence[Edit]") -> tuple[Transcript, list[Change]]:
    if not edits:
        return transcript, []
    from refine.domain.edits import apply_edits, in_force  # noqa: PLC0415 - few episodes have any

    return apply_edits(transcript, in_force(edits))


def _with_capitals(
    transcript: Transcript, settings: RefineSettings, *, caseless: bool
) -> tuple[Transcript, int]:
    wanted = settings.normalization.capitals
    if wanted == "off" or (wanted == "auto" and not caseless):
        return transcript, 0
    return capitalise(transcript, frozenset(entry.term for entry in settings.glossary))


def _ordered(transcript: Transcript) -> Transcript:
    """Hold what `Transcript` promises, whatever the steps were given."""
    segments = list(transcript.segments)
    if in_order(segments, transcript.duration_s):
        return transcript
    return transcript.with_segments(put_in_order(segments, transcript.duration_s)[0])


def _degraded(outcome: ModelStepResult, *rules: RulesReport) -> str | None:
    stopped = [name for report in rules for name in report.stopped]
    reasons = [f"{name} took too long and was stopped" for name in stopped]
    if outcome.degraded:
        reasons.append(outcome.degraded)
    return "; ".join(reasons) or None


def _cost(
    model: LanguageModelSettings, *results: ModelStepResult | ChapterStepResult
) -> float | None:
    """Return what the tokens of this run cost, where the settings name prices."""
    if model.usd_per_million_tokens_in is None or model.usd_per_million_tokens_out is None:
        return None
    paid = sum(each.tokens_in for each in results) * model.usd_per_million_tokens_in
    paid += sum(each.tokens_out for each in results) * model.usd_per_million_tokens_out
    return paid / 1e6


def _flagged(
    transcript: Transcript, report: RefineReport, recognised_names: Sequence[str]
) -> Transcript:
    for flag in recognised_names:
        transcript = transcript.with_flag(flag)
    if report.degraded:
        transcript = transcript.with_flag(f"degraded:{report.degraded}")
    conflicts = len(report.conflicts())
    if conflicts:
        transcript = transcript.with_flag(f"edit_conflicts:{conflicts}")
    return transcript
