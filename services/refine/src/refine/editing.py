"""What a person asks to be corrected, and the event that records it."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

from everyword_events import Conflict, NotFound, TranscriptEdited
from everyword_transcripts import Transcript
from refine.domain.anchors import WordRange, anchor_of
from refine.domain.clean import clean_text

MOST_CHARACTERS = 20_000
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)
]


class Correction(BaseModel):
    """A correction of one segment's text or speaker, or of a speaker label's name.

    A segment is named by its number in the newest transcript (from 0) or by a moment inside it;
    `word` (from 0) and `words` name some of its words. `from_here` gives `speaker` all that the
    segment's speaker says from there on; `for_show` names a speaker in every episode of the show
    that has one of that name, later ones too. `language` (BCP 47), alone, is that of all
    that is said. `run_id` and `expect`, what the person saw, guard against correcting something
    else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    segment: int | None = Field(default=None, ge=0)
    at_s: FiniteFloat | None = Field(default=None, ge=0)
    text: str | None = Field(default=None, max_length=MOST_CHARACTERS)
    speaker: Name | None = None
    label: Name | None = None
    name: Name | None = None
    language: Language | None = None
    word: int | None = Field(default=None, ge=0)
    words: int = Field(default=1, ge=1)
    from_here: bool = False
    for_show: bool = False
    expect: str | None = None
    run_id: str | None = None

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        of_label = self.label is not None
        if of_label != (self.name is not None):
            raise ValueError("`label` and `name` go together")
        if of_label and (self.text is not None or self.speaker is not None):
            raise ValueError("name a label, or correct a segment, not both")
        if self.for_show and not of_label:
            raise ValueError("`for_show` goes with `label` and `name`")
        if of_label:
            return self
        if self.language is not None:
            if (self.segment, self.at_s, self.text, self.speaker) != (None,) * 4:
                raise ValueError("`language` is of the whole episode: it stands alone")
            return self
        if (self.segment is None) == (self.at_s is None):
            raise ValueError("say which segment: by `segment` or by `at_s`")
        if self.text is None and self.speaker is None:
            raise ValueError("say what to correct: `text`, `speaker`, or `label` and `name`")
        if self.from_here and (self.speaker is None or self.text is not None):
            raise ValueError("`from_here` goes with `speaker` alone")
        return self


def recorded(correction: Correction, transcript: Transcript, *, edited_by: str) -> TranscriptEdited:
    """Return the event's data: the correction, anchored in `transcript`.

    Raises:
        NotFound: there is no such segment or label.
        Conflict: the segment's text is not what the person expected.
    """
    if correction.language is not None:
        if correction.expect not in {None, transcript.language}:
            raise _outdated("the language is another by now")
        return TranscriptEdited(language=correction.language, edited_by=edited_by)
    if correction.label is not None:
        number = _longest_of(transcript, correction.label)
        anchor = anchor_of(transcript, number)
        return TranscriptEdited(
            anchor=anchor, label=correction.label, speaker=correction.name, edited_by=edited_by
        )
    number = _segment(transcript, correction)
    anchor = anchor_of(transcript, number, _words(transcript, number, correction))
    if correction.expect is not None and clean_text(correction.expect) != clean_text(anchor.text):
        raise _outdated("the segment's text is another by now")
    text = None if correction.text is None else clean_text(correction.text)
    return TranscriptEdited(
        anchor=anchor,
        text=text,
        speaker=correction.speaker,
        edited_by=edited_by,
        from_here=correction.from_here,
    )


def _outdated(message: str) -> Conflict:
    return Conflict(message, hint="read the transcript again", code="edit_outdated")


def renamed(transcript: Transcript, edit: TranscriptEdited) -> Iterator[TranscriptEdited]:
    """Yield the edit that renames in `transcript` whom `edit` renames in the show, if anybody."""
    for speaker in transcript.speakers:
        spoken = any(segment.speaker == speaker.label for segment in transcript.segments)
        if spoken and (speaker.name or speaker.label) == edit.was:
            anchor = anchor_of(transcript, _longest_of(transcript, speaker.label))
            yield edit.model_copy(update={"anchor": anchor, "label": speaker.label})
            return


def _words(transcript: Transcript, number: int, correction: Correction) -> WordRange | None:
    if correction.word is None:
        return None
    count = len(transcript.segments[number].words)
    if correction.word + correction.words > count:
        raise NotFound(f"the segment has {count} words", code="word_missing")
    return WordRange(correction.word, correction.word + correction.words)


def _segment(transcript: Transcript, correction: Correction) -> int:
    segments = transcript.segments
    if correction.segment is not None:
        if correction.segment < len(segments):
            return correction.segment
        raise NotFound(f"there are {len(segments)} segments", code="segment_missing")
    at_s = correction.at_s or 0.0
    inside = [n for n, segment in enumerate(segments) if segment.start <= at_s <= segment.end]
    if not inside:
        raise NotFound(f"nothing is said at {at_s} s", code="segment_missing")
    return inside[-1]


def _longest_of(transcript: Transcript, label: str) -> int:
    own = [n for n, segment in enumerate(transcript.segments) if segment.speaker == label]
    if not own:
        raise NotFound(f"no speaker is labelled {label!r}", code="label_missing")
    return max(own, key=lambda n: len(transcript.segments[n].words))
