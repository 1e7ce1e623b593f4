"""Case is the recogniser's, the file's or a person's; only recognisers without any get capitals."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from everyword_transcripts import Engine, Segment, Transcript, Word
from refine.config import RefineSettings
from refine.domain.capitals import capitalise, has_capitals
from refine.standalone import refine_transcript


def texts(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


def lines(*said: tuple[str, float], engine: str = "imported") -> Transcript:
    """A segment for each line, its words 0.3 s each, after a pause."""
    at, segments = 0.0, []
    for line, pause in said:
        at += pause
        words = []
        for word in line.split():
            words.append(Word(word, round(at, 3), round(at + 0.3, 3)))
            at += 0.3
        segments.append(Segment.of(words, speaker=None, language="en"))
    return Transcript("en", at + 5, tuple(segments), engine=Engine(engine))


def refined(transcript: Transcript, capitals: str = "auto") -> tuple[list[str], int]:
    settings = RefineSettings.model_validate({"normalization": {"capitals": capitals}})
    got, report = refine_transcript(transcript, settings)
    return texts(got), report.words_capitalised


@pytest.mark.parametrize("engine", ["imported", "faster-whisper", "whisperx", "unknown"])
@pytest.mark.parametrize(
    "said", [["we took the boat", "tape engine three"], ["we met Ada", "iPhone users", "eBay"]]
)
def test_the_case_of_a_file_or_recogniser_is_not_touched(engine: str, said: list[str]) -> None:
    transcript = lines(*((line, 1.0) for line in said), engine=engine)
    assert refined(transcript) == (said, 0)


def test_without_case_sentences_begin_after_pauses_and_marks() -> None:
    transcript = lines(
        ("we took the boat", 0.0),
        ("tape engine three", 0.4),
        ("and then it stopped. so i waited", 0.9),
        engine="pocketsphinx",
    )
    said, count = refined(transcript)
    assert said == ["We took the boat", "tape engine three", "And then it stopped. So I waited"]
    assert count == 4
    assert refined(transcript, "off") == (texts(transcript), 0)


def test_capitals_can_be_asked_for(transcribe: Callable[..., Transcript]) -> None:
    before = transcribe("well i think i'm here", "kubectl works", "élan vital")
    assert not has_capitals(before)
    spread = [replace_times(segment, at * 9.0) for at, segment in enumerate(before.segments)]
    apart = replace(before, segments=tuple(spread), duration_s=99.0)
    got, count = capitalise(apart, frozenset({"kubectl"}))
    assert texts(got) == ["Well I think I'm here", "kubectl works", "Élan vital"]
    assert count == 4


def replace_times(segment: Segment, by: float) -> Segment:
    words = [word.with_times(word.start + by, word.end + by) for word in segment.words]
    return Segment.of(words, speaker=segment.speaker, language="en")


def test_a_script_without_capitals_needs_none(transcribe: Callable[..., Transcript]) -> None:
    assert has_capitals(transcribe("東 京", language="ja"))
    assert has_capitals(transcribe("Yes"))
