"""What we write as HTML, Markdown, text and ASS is read back: words, speakers and times."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from captions.config import CaptionsSettings
from captions.domain.file_formats import FORMATS
from captions.domain.formats import TranscriptWriter
from captions.domain.paragraphs import Paragraph
from captions.reading import READABLE, convert, read_captions, sniff
from everyword_transcripts import Segment, Speaker, Transcript, Word

HOSTILE = st.sampled_from(
    [
        "-->", "&", "<", ">", "&amp;", "&lt;p&gt;", "</p>", "<p>", "<cite>Eve:</cite>", "<!--",
        "<time>0:00</time>", "<script>", "\\", "\\N", "\\h", "{", "}", "{\\k99}", "{\\p1}", "\\{",
        "#", "##", "-", "+", "1.", "12)", "*", "**", "**Eve**", "[0:05]", "`", "_", "\\*", "|",
        "[Events]", "Dialogue:", "WEBVTT", ",", "\n", "\x00", "\u200b", "\u2028", "\u2060",
        "שלום", "日本", "🙂", "hello", "world.", "well,",
    ]
)  # fmt: skip
# A word holds no space: that is the model's promise.
TEXT = (
    st.one_of(HOSTILE, st.text(min_size=1, max_size=8), st.text("\\{}<>&*[]#Nk1", min_size=1))
    .map(lambda text: text.replace(" ", ""))
    .filter(bool)
)
NAMES = st.one_of(
    st.sampled_from(["Ada", "<b>A & B</b>", "**", "Ö: x", "x:", "[1:00]", "\\", "{}", "AC / DC"]),
    st.text(min_size=1),
)
PLAIN = st.sampled_from(["we", "kept", "the", "light", "<b>", "&", "\\N", "[0:05]", "came.", "ja"])
PLAIN_NAMES = st.sampled_from(["Ada", "Margaret Hay", "Dr. Ö", "SPEAKER_02", "Åke's Friend"])


@st.composite
def talks(draw: Any, *, text: Any = TEXT, names: Any = NAMES, nobody: bool = True) -> Transcript:
    """Up to three people taking turns, some of whom nobody knows."""
    labels = ["S0", "S1", "S2", *([None] if nobody else [])]
    clock, segments = 0.0, []
    for _ in range(draw(st.integers(1, 6))):
        label = draw(st.sampled_from(labels))
        words = []
        for spoken in draw(st.lists(text, min_size=1, max_size=20)):
            clock = round(clock + draw(st.sampled_from([0.0, 0.25, 0.3333, 1.9996])), 4)
            words.append(Word(spoken, clock, clock + 0.2, None, label))
        clock += draw(st.sampled_from([0.2, 0.7, 4.0, 3600.0]))
        segments.append(Segment.of(words, speaker=label, language="en"))
    speakers = tuple(Speaker(label, draw(names)) for label in ("S0", "S1", "S2"))
    return Transcript("en", clock + 1, tuple(segments), speakers)


def meant(paragraphs: list[Paragraph]) -> list[tuple[str | None, str]]:
    return [(each.speaker, word) for each in paragraphs for word in each.text.split()]


def heard(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(transcript.speaker_name(word.speaker), word.word) for word in transcript.words()]


@given(talks())
def test_html_and_markdown_give_words_speakers_and_seconds_back(talk: Transcript) -> None:
    script = TranscriptWriter(talk, title="# <p>It & **I**")
    assume(script.paragraphs)
    for name in ("html", "md"):
        again = read_captions(script.write(name), name)
        assert heard(again) == meant(script.paragraphs)
        begins = [segment.words[0].start for segment in again.segments]
        assert [int(begin) for begin in begins] == [p.start_ms // 1000 for p in script.paragraphs]
        assert all(word.estimated for word in again.words())
        assert again.engine.name == "imported"


@given(talks(text=PLAIN, names=PLAIN_NAMES, nobody=False))
def test_plain_text_gives_words_and_speakers_back(talk: Transcript) -> None:
    paragraphs = TranscriptWriter(talk).paragraphs
    again = read_captions(TranscriptWriter(talk).write("txt"), "txt")
    assert heard(again) == meant(paragraphs)
    starts = [word.start for word in again.words()]
    assert starts == sorted(starts)
    assert again.duration_s == pytest.approx(0.35 * again.n_words(), abs=0.001)


@given(talks(text=TEXT.filter(lambda text: ":" not in text)))
def test_words_of_plain_text_survive_whatever_they_are(talk: Transcript) -> None:
    nameless = talk.with_segments(
        Segment.of([word.with_speaker(None) for word in segment.words], speaker=None, language="en")
        for segment in talk.segments
    )
    paragraphs = TranscriptWriter(nameless).paragraphs
    again = read_captions(TranscriptWriter(nameless).write("txt"), "txt")
    assert heard(again) == meant(paragraphs)


@given(talks())
def test_ass_gives_words_speakers_and_hundredths_back(talk: Transcript) -> None:
    script = TranscriptWriter(talk)
    cues = script.captions.cues
    lines = [line.text for cue in cues for line in cue.lines]
    # What begins as the line before it looks like a growing caption, which is read once.
    assume(not any(after.startswith(before) for before, after in pairwise(lines)))
    assume(any(line.speaker for cue in cues for line in cue.lines))
    again = read_captions(script.write("ass"), "ass", language="en")
    assert heard(again) == [
        (line.speaker and as_field(line.speaker), word)
        for cue in cues
        for line in cue.lines
        for word in line.words
    ]
    told = iter(again.words())
    for cue in cues:
        latest = cue.start_ms
        for line in cue.lines:
            for start_ms in line.starts_ms:
                word = next(told)
                latest = max(latest, min(start_ms, cue.end_ms))
                if not word.estimated:
                    assert abs(word.start * 1000 - latest) <= 5.001
                assert cue.start_ms - 5.001 <= word.start * 1000 <= cue.end_ms + 5.001


def test_ass_keeps_every_word_s_own_time(spoken: Any) -> None:
    talk = spoken((None, "One two three four."), word_s=0.5)
    again = read_captions(TranscriptWriter(talk).write("ass"))
    assert [(word.start, word.estimated) for word in again.words()] == [
        (0.0, False),
        (0.5, False),
        (1.0, False),
        (1.5, False),
    ]


def as_field(name: str) -> str:
    """A name as a field of ASS can hold it."""
    for space in (" / ", " /", "/ "):
        name = name.replace(space, "/")
    return name.replace(",", ";")


def test_every_format_is_read_and_converted(spoken: Any) -> None:
    talk = spoken(
        ("A", "Where did you keep the light?"),
        ("B", "At the end of the island, my father and I."),
        names=[("A", "Daniel"), ("B", "Margaret")],
    )
    script = TranscriptWriter(talk, CaptionsSettings().limits(), title="The light")
    assert set(READABLE) > set(FORMATS)
    for name in FORMATS:
        again = read_captions(script.write(name), name, language="en")
        assert heard(again) == heard_by_name(talk), name
        for target in FORMATS:
            turned = convert(script.write(name), name, target, language="en").data
            assert heard(read_captions(turned, target)) == heard_by_name(talk), (name, target)


def heard_by_name(talk: Transcript) -> list[tuple[str | None, str]]:
    return [(talk.speaker_name(word.speaker), word.word) for word in talk.words()]


def test_all_but_prose_is_known_by_its_content(spoken: Any) -> None:
    script = TranscriptWriter(spoken(("A", "Hello --> there."), names=[("A", "Ada")]), title="x")
    known = {name: sniff(script.write(name)) for name in FORMATS if name not in {"md", "txt"}}
    assert known == {name: "vtt" if name == "karaoke-vtt" else name for name in known}


def test_ass_that_is_converted_keeps_its_cues() -> None:
    raw = (
        "[Script Info]\n[Events]\n"
        "Dialogue: 0,0:00:01.00,0:00:03.00,Default,Ada / Bo,0,0,0,,Hello there\\NFine.\n"
    )
    assert convert(raw.encode(), None, "vtt").data.decode() == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n<v Ada>Hello there</v>\n<v Bo>Fine.</v>\n"
    )
