"""The steps of refinement in their order."""

import time
from collections.abc import Callable

from everyword_transcripts import Transcript
from everyword_transcripts.json_form import in_order
from everyword_transcripts.timing import put_in_order
from refine.config import RefineSettings
from refine.domain.clean import clean_words
from refine.domain.glossary import heard_rules
from refine.domain.normalize import NormalizeReport, has_capitals, normalize
from refine.domain.report import RefineReport, listed
from refine.domain.rules import RulesReport, apply_rules, compile_rules
from refine.domain.timing import fill_timing


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


def run_steps(transcript: Transcript, settings: RefineSettings) -> tuple[Transcript, RefineReport]:
    """Refine a transcript: clean, fill timing, rules, glossary, normalize.

    Raises:
        Misconfigured: a rule is not valid.
    """
    watch = Stopwatch()
    spelled = has_capitals(transcript)
    current, cleaned = clean_words(transcript)
    watch.lap("clean")
    current, filled = fill_timing(current)
    watch.lap("timing")
    language = current.language
    current, ruled = apply_rules(current, compile_rules(settings.replacements, language=language))
    watch.lap("rules")
    current, heard = apply_rules(
        current, heard_rules(settings.glossary, language=language), step="glossary"
    )
    watch.lap("glossary")
    current, shaped = _normalized(current, settings, spelled=spelled)
    watch.lap("normalize")
    changes, left_out = listed([*ruled.changes, *heard.changes])
    report = RefineReport(
        episode_id=transcript.episode_id,
        run_id=transcript.run_id,
        rules=ruled.applied | heard.applied,
        rules_stopped=(*ruled.stopped, *heard.stopped),
        times_filled=filled,
        words_cleaned=cleaned,
        words_capitalised=shaped.capitalised,
        segments_merged=shaped.merged,
        segments_split=shaped.split,
        changes=changes,
        changes_left_out=left_out,
        degraded=_stopped_reason(ruled, heard),
        steps_s=watch.steps_s,
    )
    if report.degraded:
        current = current.with_flag(f"degraded:{report.degraded}")
    return current, report


def _normalized(
    transcript: Transcript, settings: RefineSettings, *, spelled: bool
) -> tuple[Transcript, NormalizeReport]:
    capitals = settings.normalization.capitals
    shaped, report = normalize(
        transcript,
        settings.normalization.shape(),
        capitalise=capitals == "on" or (capitals == "auto" and not spelled),
        keep=frozenset(entry.term for entry in settings.glossary),
    )
    segments = list(shaped.segments)
    if not in_order(segments, shaped.duration_s):
        segments, _ = put_in_order(segments, shaped.duration_s)
        shaped = shaped.with_segments(segments)
    return shaped, report


def _stopped_reason(*reports: RulesReport) -> str | None:
    stopped = [name for report in reports for name in report.stopped]
    return f"{', '.join(stopped)} took too long and was stopped" if stopped else None
