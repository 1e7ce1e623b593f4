"""Apply people's corrections to a transcript, in the order they were made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import regex

from everyword_transcripts import Segment, Speaker, Transcript, Word
from refine.domain.anchors import Missing, WordRange, find
from refine.domain.clean import clean_text
from refine.domain.report import Change
from refine.domain.speakers import with_names
from refine.domain.word_times import reconcile

if TYPE_CHECKING:  # the catalogue of events takes time to import, and seldom is one here
    from everyword_events import TranscriptEdited

DIARIZED = regex.compile(r"SPEAKER_\d+")
"""A label that nobody gave a name."""


@dataclass(frozen=True)
class Edit:
    """A correction and the event that recorded it."""

    event_id: str
    data: "TranscriptEdited"


def undone(edits: Sequence[Edit]) -> dict[str, str]:
    """Return the ids of edits that hold no longer, each with the one that undid it.

    An undoing can be undone like any other edit.
    """
    found: dict[str, str] = {}
    for edit in reversed(edits):
        if edit.data.undoes is not None and edit.event_id not in found:
            found.setdefault(edit.data.undoes, edit.event_id)
    return found


def in_force(edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits that nobody has undone, in their order."""
    gone = undone(edits)
    return [edit for edit in edits if edit.data.undoes is None and edit.event_id not in gone]


def stated_language(edits: Sequence[Edit]) -> str:
    """Return the language that a person said last, or "" where nobody did."""
    said = [edit.data.language for edit in in_force(edits) if edit.data.language]
    return said[-1] if said else ""


def apply_edits(transcript: Transcript, edits: Sequence[Edit]) -> tuple[Transcript, list[Change]]:
    """Apply each edit where its anchor is found; report the others as conflicts.

    What a person wrote is taken as it is: it is cleaned of control characters, never validated.
    """
    changes: list[Change] = []
    for edit in edits:
        transcript, change = _applied(transcript, edit)
        changes.append(change)
    return transcript, changes


def _applied(transcript: Transcript, edit: Edit) -> tuple[Transcript, Change]:
    data = edit.data
    if data.label is not None:
        return _name_label(transcript, edit)
    if data.anchor is None:
        return transcript, _without_anchor(edit)
    span = find(list(transcript.words()), data.anchor, transcript.language)
    if isinstance(span, Missing):
        return transcript, _conflict(edit, span.reason, span.found)
    if data.from_here:
        return _assign_from(transcript, span, edit)
    if data.text is not None:
        transcript, span, change = _rewrite(transcript, span, edit)
        if data.speaker is None or span.first == span.stop:
            return transcript, change
    return _assign_speaker(transcript, span, edit)


def _without_anchor(edit: Edit) -> Change:
    """Say what became of an edit of the whole episode: its language was stated before all else."""
    if edit.data.language:
        return Change("edit", edit.event_id, 0.0, 0.0, "", edit.data.language)
    return _conflict(edit, "the edit says neither where nor whom")


def _rewrite(
    transcript: Transcript, span: WordRange, edit: Edit
) -> tuple[Transcript, WordRange, Change]:
    words = list(transcript.words())[span.first : span.stop]
    before = " ".join(word.word for word in words)
    text = clean_text(edit.data.text or "")
    changed = reconcile(words, text, transcript.language)
    result = _replaced(transcript, span, changed)
    where = WordRange(span.first, span.first + len(changed))
    reason = "already_so" if before == text else ""
    start, end = words[0].start, words[-1].end
    change = Change("edit", edit.event_id, start, end, before, text, reason=reason)
    return result, where, change


def _replaced(transcript: Transcript, span: WordRange, changed: Sequence[Word]) -> Transcript:
    """Put `changed` in place of the span, each word into the segment whose time it falls in."""
    segments: list[Segment] = []
    rest = list(changed)
    at = 0
    for segment in transcript.segments:
        first, stop = max(at, span.first) - at, min(at + len(segment.words), span.stop) - at
        at += len(segment.words)
        if first >= stop:
            segments.append(segment)
            continue
        taken = len(rest)
        if at < span.stop:
            limit = segment.words[stop - 1].end
            taken = sum(word.start < limit for word in rest)
        own = [word.with_speaker(segment.speaker) for word in rest[:taken]]
        words = (*segment.words[:first], *own, *segment.words[stop:])
        rest = rest[taken:]
        if words:
            segments.append(
                Segment.of(words, speaker=segment.speaker, language=transcript.language)
            )
    return transcript.with_segments(segments)


def _assign_speaker(
    transcript: Transcript, span: WordRange, edit: Edit
) -> tuple[Transcript, Change]:
    return _assign_all(transcript, [span], edit)


def _assign_all(
    transcript: Transcript, spans: Sequence[WordRange], edit: Edit
) -> tuple[Transcript, Change]:
    """Give the words of `spans` (rising, disjoint) to a speaker, who may be new."""
    wanted = clean_text(edit.data.speaker or "")
    label = _label_of(transcript, wanted)
    if label is None and (not wanted or DIARIZED.fullmatch(wanted)):
        return transcript, _conflict(edit, "there is no such speaker", wanted)
    speakers = transcript.speakers
    if label is None:
        label = wanted
        speakers = (*speakers, Speaker(label))
    segments: list[Segment] = []
    before: set[str] = set()
    chosen = {at for span in spans for at in range(span.first, span.stop)}
    at = 0
    for segment in transcript.segments:
        stop = at + len(segment.words)
        own = chosen.intersection(range(at, stop))
        if own:
            words = [
                word.with_speaker(label) if at + step in own else word
                for step, word in enumerate(segment.words)
            ]
            before.add(segment.speaker or "")
            segments.extend(
                Segment.of(list(run), speaker=speaker, language=transcript.language)
                for speaker, run in groupby(words, key=lambda word: word.speaker)
            )
        else:
            segments.append(segment)
        at = stop
    result = replace(transcript.with_segments(segments), speakers=speakers)
    words = list(transcript.words())
    start, end = words[spans[0].first].start, words[spans[-1].stop - 1].end
    change = Change("edit", edit.event_id, start, end, ", ".join(sorted(before)), label)
    return result, change


def _assign_from(transcript: Transcript, span: WordRange, edit: Edit) -> tuple[Transcript, Change]:
    """Give all that the span's speaker says, from there on, to another."""
    words = list(transcript.words())
    spoken = [word.speaker for word in words[span.first : span.stop]]
    who = max(set(spoken), key=spoken.count)
    runs: list[WordRange] = []
    for at in range(span.first, len(words)):
        if words[at].speaker != who:
            continue
        if runs and runs[-1].stop == at:
            runs[-1] = WordRange(runs[-1].first, at + 1)
        else:
            runs.append(WordRange(at, at + 1))
    change = _conflict(edit, "nothing is said there any more")
    return _assign_all(transcript, runs, edit) if runs else (transcript, change)


def _label_of(transcript: Transcript, wanted: str) -> str | None:
    labels = {segment.speaker for segment in transcript.segments}
    labels |= {speaker.label for speaker in transcript.speakers}
    if wanted in labels:
        return wanted
    for speaker in transcript.speakers:
        if speaker.name is not None and speaker.name == wanted:
            return speaker.label
    return None


def _name_label(transcript: Transcript, edit: Edit) -> tuple[Transcript, Change]:
    """Name a label; where diarization numbered the voices anew, the one speaking at the anchor."""
    data = edit.data
    label, name = data.label or "", clean_text(data.speaker or "")
    if data.anchor is not None:
        words = list(transcript.words())
        span = find(words, data.anchor, transcript.language)
        if isinstance(span, Missing):
            return transcript, _conflict(edit, span.reason, span.found)
        spoken = [word.speaker for word in words[span.first : span.stop]]
        label = max(set(spoken), key=spoken.count) or label
    if _label_of(transcript, label) is None:
        return transcript, _conflict(edit, "there is no such speaker", label)
    old = transcript.speaker_name(label) or label
    change = Change("edit", edit.event_id, 0.0, 0.0, old, name)
    return with_names(transcript, {label: name}), change


def _conflict(edit: Edit, reason: str, found: str = "") -> Change:
    data = edit.data
    start, end = (data.anchor.start, data.anchor.end) if data.anchor else (0.0, 0.0)
    wanted = data.text if data.text is not None else data.speaker or ""
    return Change("edit", edit.event_id, start, end, found, wanted, "conflict", reason)
