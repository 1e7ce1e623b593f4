"""The shipped cases: what was said, what a recogniser made of it, and what a model might answer.

`cases.jsonl` holds one case a line. The scripted answers are of both sorts: what a good model says,
and, where `truth` differs from them, what one says that was led astray. Written for this purpose.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict

from everyword_transcripts import Segment, Transcript, Word, split_words
from refine.config import RefineSettings
from refine.domain.diff import hunks
from refine.domain.word_times import respan
from refine.ports import Reply

_LETTER_S = 0.06
_GAP_S = 0.08
_PAUSE_S = 0.7


class Case(BaseModel):
    """Lines as they were recognised, and the `truth`: the same lines as they were said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kind: str
    language: str = "en"
    lines: tuple[str, ...]
    truth: tuple[str, ...]
    model: dict[str, Any]
    glossary: tuple[Any, ...] = ()
    replacements: tuple[Any, ...] = ()
    speakers: tuple[str, ...] = ("SPEAKER_00",)

    def settings(self) -> RefineSettings:
        """Return the settings the case is refined with."""
        form = {"glossary": self.glossary, "replacements": self.replacements}
        return RefineSettings.model_validate(form)

    def spoken(self) -> Transcript:
        """Return the truth with the times at which each word was said."""
        segments: list[Segment] = []
        at = 0.5
        for number, line in enumerate(self.truth):
            words: list[Word] = []
            speaker = self.speakers[number % len(self.speakers)]
            for text in split_words(line, self.language):
                end = at + _LETTER_S * len(text)
                words.append(Word(text, at, end, 0.9, speaker))
                at = end + _GAP_S
            segments.append(Segment.of(words, speaker=speaker, language=self.language))
            at += _PAUSE_S
        return Transcript(self.language, at, tuple(segments))

    def recognised(self) -> Transcript:
        """Return what the recogniser made of it: its own words, at the times of what was said."""
        spoken = self.spoken()
        return spoken.with_segments(
            Segment.of(
                respan(
                    segment.words,
                    hunks([word.word for word in segment.words], split_words(line, self.language)),
                ),
                speaker=segment.speaker,
                language=self.language,
            )
            for segment, line in zip(spoken.segments, self.lines, strict=True)
        )


class ScriptedModel:
    """Answers with what a case's script says, whatever it is asked."""

    name = "scripted"

    def __init__(self, case: Case) -> None:
        self._text = json.dumps(case.model, ensure_ascii=False)

    def complete(
        self,
        *,
        system: str,  # noqa: ARG002 - the port's signature
        user: str,  # noqa: ARG002
        schema: Mapping[str, Any],  # noqa: ARG002
        max_tokens: int,  # noqa: ARG002
        timeout_s: float,  # noqa: ARG002
    ) -> Reply:
        """Return the script."""
        return Reply(self._text)


def load_cases() -> list[Case]:
    """Return the shipped cases."""
    text = (files("refine.evaluation") / "cases.jsonl").read_text(encoding="utf-8")
    return [Case.model_validate_json(line) for line in text.splitlines() if line]
