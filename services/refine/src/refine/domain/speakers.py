"""Speaker names: of a known voice or suggested by a model, checked before anybody is called so."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import regex

from everyword_transcripts import Speaker, Transcript, is_unspaced
from refine.domain.capitals import has_capitals
from refine.domain.clean import clean_text
from refine.domain.diff import bare, key
from refine.domain.report import Change, Verdict
from refine.domain.voices import SpeakerMatch
from refine.domain.word_lists import ARTICLES, NO_NAMES

_NAME_WORD = r"\p{L}[\p{L}\p{M}'\u2019.\-]*"
_NAME = regex.compile(rf"{_NAME_WORD}(?: {_NAME_WORD}){{0,3}}")
_LONGEST_NAME = 60


RECOGNISED = "voice_recognised:"
"""How the flag of a speaker begins who was named by the voice, and by nobody since."""


def recognise_speakers(
    transcript: Transcript, found: Sequence[SpeakerMatch], *, least: float
) -> tuple[Transcript, list[Change]]:
    """Name labels that have no name after the people whose voices they have.

    A match needs the confidence `least`; where two labels have one person's voice, the surer one
    has the name.
    """
    labels = _labels(transcript)
    taken = {name.casefold() for name in labels.values() if name}
    named: dict[str, str] = {}
    changes: list[Change] = []
    for each in sorted(found, key=lambda match: -match.confidence):
        verdict: Verdict = "rejected"
        if labels.get(each.label, ""):
            reason = "already_named"
        elif each.label not in labels:
            reason = "unknown_label"
        elif each.confidence < least:
            reason = "not_sure"
        elif each.name.casefold() in taken:
            reason = "name_taken"
        else:
            verdict, reason = "applied", f"confidence {each.confidence}"
            named[each.label] = each.name
            taken.add(each.name.casefold())
        changes.append(
            Change("speakers", "voice", 0.0, 0.0, each.label, each.name, verdict, reason)
        )
    return with_names(transcript, named), changes


def recognised(transcript: Transcript, changes: Sequence[Change]) -> list[str]:
    """Return the flags of those whose names the voice alone gave."""
    by_voice = {
        change.before: change.after
        for change in changes
        if (change.by, change.verdict) == ("voice", "applied")
    }
    names = _labels(transcript)
    return [f"{RECOGNISED}{name}" for label, name in by_voice.items() if names.get(label) == name]


def name_speakers(
    transcript: Transcript, suggested: Sequence[tuple[str, str]], *, by: str
) -> tuple[Transcript, list[Change]]:
    """Give labels the names suggested most often, where these pass.

    A name passes when its label is in the transcript and has no name yet, it looks like a name,
    no other label would get it too, and its words are said one after the other somewhere.
    """
    if not suggested:
        return transcript, []
    votes: dict[str, Counter[str]] = {}
    for label, name in suggested:
        votes.setdefault(label, Counter())[clean_text(name)] += 1
    winners = {label: counts.most_common(1)[0][0] for label, counts in votes.items()}
    labels = _labels(transcript)
    taken = Counter(name.casefold() for name in winners.values())
    taken.update(name.casefold() for name in labels.values() if name)
    exact = has_capitals(transcript)
    said = _said(transcript, exact=exact)
    named: dict[str, str] = {}
    changes: list[Change] = []
    for label, name in winners.items():
        reason = _implausible(label, name, labels)
        if not reason and _is_tied(votes[label]):
            reason = "ambiguous"
        if not reason and taken[name.casefold()] > 1:
            reason = "name_taken"
        if not reason and _key(name, transcript.language, exact=exact) not in said:
            reason = "name_not_spoken"
        if not reason:
            named[label] = name
        verdict: Verdict = "rejected" if reason else "applied"
        changes.append(Change("speakers", by, 0.0, 0.0, label, name, verdict, reason))
    return with_names(transcript, named), changes


def rename_speakers(
    transcript: Transcript, renames: Sequence[tuple[str, str]]
) -> tuple[Transcript, list[Change]]:
    """Call speakers as people call them in the whole show, one rename after the other."""
    changes = []
    for old, new in renames:
        labels = [label for label, name in _labels(transcript).items() if (name or label) == old]
        transcript = with_names(transcript, dict.fromkeys(labels, new))
        changes += [
            Change("speakers", "show", 0.0, 0.0, label, new, "applied", "") for label in labels
        ]
    return transcript, changes


def with_names(transcript: Transcript, named: Mapping[str, str]) -> Transcript:
    """Return the transcript with names for labels; a label it does not list yet is added."""
    if not named:
        return transcript
    speakers = [
        replace(speaker, name=named.get(speaker.label, speaker.name))
        for speaker in transcript.speakers
    ]
    listed = {speaker.label for speaker in speakers}
    speakers += [Speaker(label, name) for label, name in named.items() if label not in listed]
    return replace(transcript, speakers=tuple(speakers))


def _labels(transcript: Transcript) -> dict[str, str | None]:
    labels: dict[str, str | None] = {
        segment.speaker: None for segment in transcript.segments if segment.speaker is not None
    }
    labels.update({speaker.label: speaker.name for speaker in transcript.speakers})
    return labels


def _implausible(label: str, name: str, labels: Mapping[str, str | None]) -> str:
    if label not in labels:
        return "unknown_label"
    if labels[label]:
        return "already_named"
    words = name.casefold().split()
    plain = len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
    if not plain or words[0] in ARTICLES or not NO_NAMES.isdisjoint(words):
        return "not_a_name"
    return ""


def _is_tied(counts: Counter[str]) -> bool:
    first_two = counts.most_common(2)
    return len(first_two) > 1 and first_two[0][1] == first_two[1][1]


def _said(transcript: Transcript, *, exact: bool) -> str:
    """Return all that is said, word by word; with `exact` capitals count: a king is not King."""
    if is_unspaced(transcript.language):
        return "\n".join(segment.text for segment in transcript.segments)
    return f" {' '.join(_bare(word.word, exact=exact) for word in transcript.words())} "


def _key(name: str, language: str, *, exact: bool) -> str:
    if is_unspaced(language):
        return name.replace(" ", "")
    return f" {' '.join(_bare(word, exact=exact) for word in name.split())} "


def _bare(word: str, *, exact: bool) -> str:
    return bare(word) if exact else key(word)
