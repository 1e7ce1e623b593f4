"""Generated chapters: where they begin, what they are called, and when there are none."""

import json
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captions.domain.chapters import (
    LEAST_CHAPTER_S,
    MOST_CHAPTERS,
    generate_chapters,
    write_chapters,
)
from everyword_transcripts import Segment, Transcript, Word

TOPICS = (
    ("lighthouse", "keeper", "storm", "foghorn", "beacon", "harbour"),
    ("bread", "flour", "oven", "sourdough", "baker", "yeast"),
    ("Voltaire", "letters", "enlightenment", "tolerance", "Geneva", "candide"),
)


def talk(
    topics: tuple[tuple[str, ...], ...], *, minutes: float = 8, pause_s: float = 2.5
) -> Transcript:
    """So many minutes on each topic, its words among small ones."""
    draw = random.Random(4)
    segments, at = [], 0.3
    for number, topic in enumerate(topics):
        end = (number + 1) * minutes * 60
        while at < end:
            said = [
                word
                for _ in range(6)
                for word in (draw.choice(topic), draw.choice(("that", "with")))
            ]
            words = [Word(word, at + n * 0.4, at + n * 0.4 + 0.3) for n, word in enumerate(said)]
            segments.append(Segment(at, words[-1].end, " ".join(said), None, tuple(words)))
            at = words[-1].end + 0.2
        at += pause_s
    return Transcript("en", at, tuple(segments))


def test_a_chapter_begins_where_the_talk_turns_and_is_named_by_it() -> None:
    transcript = talk(TOPICS)
    chapters = generate_chapters(transcript)
    assert [round(each.start_s / 60) for each in chapters] == [0, 8, 16]
    for chapter, topic in zip(chapters, TOPICS, strict=True):
        named = {word.lower() for word in chapter.title.split(", ")}
        assert len(named) == 3
        assert named <= {word.lower() for word in topic}
    starts = {round(segment.start, 3) for segment in transcript.segments}
    assert all(each.start_s in starts for each in chapters[1:])


def test_it_is_written_as_podcasting_chapters_and_says_that_nobody_wrote_it() -> None:
    document = json.loads(write_chapters(generate_chapters(talk(TOPICS))))
    assert document["version"] == "1.2.0"
    assert document["generated"] is True
    assert "not by the creator" in document["description"]
    assert document["chapters"][0]["startTime"] == 0
    assert set(document["chapters"][0]) == {"startTime", "title"}


@pytest.mark.parametrize(
    "transcript",
    [
        Transcript("en", 3600.0),
        talk(TOPICS, minutes=1),
        talk(TOPICS[:1], minutes=20, pause_s=0),
    ],
    ids=["nothing said", "short", "of one piece"],
)
def test_where_there_is_nothing_to_cut_there_are_none(transcript: Transcript) -> None:
    assert generate_chapters(transcript) == []


def test_a_correction_is_in_the_titles_of_the_next_run() -> None:
    first = talk(TOPICS)
    named = {word for each in generate_chapters(first) for word in each.title.lower().split(", ")}
    gone = min(named)

    def corrected(text: str) -> str:
        return text.replace(gone, "something")

    segments = tuple(
        Segment(
            each.start, each.end, corrected(each.text), None,
            tuple(Word(corrected(word.word), word.start, word.end) for word in each.words),
        )
        for each in first.segments
    )  # fmt: skip
    again = generate_chapters(Transcript("en", first.duration_s, segments))
    assert again
    assert not any(gone in each.title.lower() for each in again)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 3000), st.text(min_size=1, max_size=12).filter(str.split)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(["en", "ja", "und", "th"]),
)
def test_whatever_is_said_they_are_in_order_apart_and_deterministic(
    spoken: list[tuple[float, str]], language: str
) -> None:
    segments = []
    for at, text in sorted(spoken):
        words = tuple(Word(part, at, at + 1) for part in text.split())
        segments.append(Segment(at, at + 1, text, None, words))
    transcript = Transcript(language, 3010.0, tuple(segments))
    chapters = generate_chapters(transcript)
    assert chapters == generate_chapters(transcript)
    assert len(chapters) <= MOST_CHAPTERS
    starts = [each.start_s for each in chapters]
    assert all(b - a >= LEAST_CHAPTER_S - 0.01 for a, b in pairwise(starts))
    json.loads(write_chapters(chapters))
