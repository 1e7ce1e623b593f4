"""Written and read again: by our own readers, and by the libraries where they are right."""

import json
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pysubs2
import srt
import webvtt
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from captions.config import CaptionsSettings
from captions.domain.cue_building import build_cues
from captions.domain.cues import Captions
from captions.domain.formats import TranscriptWriter
from captions.domain.limits import PROFILES
from captions.domain.parsers.srt_file import parse_srt
from captions.domain.parsers.vtt_file import parse_vtt
from captions.reading import convert, read_captions
from everyword_transcripts import Segment, Speaker, Transcript, Word

PIECES = st.sampled_from(
    [
        "-->",
        "&",
        "<",
        ">",
        "&amp;",
        "&lt;",
        "</v>",
        "<v",
        "<b>",
        "<i>",
        "00:00:01.000",
        "00:00:01,000",
        "1",
        "42",
        "NOTE",
        "STYLE",
        "WEBVTT",
        ":",
        "Ada:",
        "\n",
        "\r",
        "\x00",
        "\u200b",
        "\u2028",
        "\x85",
        "\u200d",
        "\u202e",
        "שלום",
        "日本",
        "🙂",
        "{\\an8}",
        "hello",
        "world.",
        "well,",
    ]
)
TEXT = st.one_of(PIECES, st.text(min_size=1, max_size=8), st.text("abc<>&-:", min_size=1))
NAMES = st.one_of(st.none(), st.sampled_from(["Ada", "<b>A & B</b>", "-->", "Ö: x"]), st.text())


@st.composite
def talks(draw: Any) -> Transcript:
    """Two people taking turns, with any words and any names."""
    clock, segments = 0.0, []
    for _ in range(draw(st.integers(0, 5))):
        label = draw(st.sampled_from([None, "S0", "S1"]))
        words = []
        for text in draw(st.lists(TEXT, min_size=1, max_size=20)):
            clock = round(clock + draw(st.sampled_from([0.0, 0.25, 0.3333, 1.9996])), 4)
            words.append(Word(text, clock, clock + 0.2, None, label))
        clock += draw(st.sampled_from([0.2, 0.7, 4.0]))
        segments.append(Segment.of(words, speaker=label, language="en"))
    speakers = (Speaker("S0", draw(NAMES)), Speaker("S1", draw(NAMES)))
    return Transcript("en", clock + 1, tuple(segments), speakers)


def expected(captions: Captions) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in captions.cues]


@given(talks())
def test_vtt_read_by_the_specification_is_what_was_meant(talk: Transcript) -> None:
    script = TranscriptWriter(talk)
    for name in ("vtt", "karaoke-vtt"):
        cues = parse_vtt(script.write(name))
        assert [(c.start_ms, c.end_ms, c.text) for c in cues] == expected(script.captions)
        for cue, read in zip(script.captions.cues, cues, strict=True):
            voices = {piece.voice for piece in read.pieces if piece.text.strip()}
            assert voices == {line.speaker for line in cue.lines}


@given(talks())
def test_karaoke_stamps_rise_within_their_cue(talk: Transcript) -> None:
    for cue in parse_vtt(TranscriptWriter(talk).write("karaoke-vtt")):
        stamps = [piece.at_ms for piece in cue.pieces if piece.at_ms is not None]
        assert stamps == sorted(stamps)
        assert all(cue.start_ms < stamp < cue.end_ms for stamp in stamps)


def unnamed(talk: Transcript) -> Transcript:
    """The same talk by one nameless voice: SRT then carries its words and nothing else."""
    return Transcript(
        talk.language,
        talk.duration_s,
        tuple(
            Segment.of(
                [Word(w.word, w.start, w.end) for w in segment.words], speaker=None, language="en"
            )
            for segment in talk.segments
        ),
    )


@given(talks())
def test_srt_is_read_back_by_ours_and_by_the_srt_library(talk: Transcript) -> None:
    script = TranscriptWriter(unnamed(talk))
    written = script.write("srt")
    meant = [(a, b, text.replace("-->", "→")) for a, b, text in expected(script.captions)]
    assert [(c.start_ms, c.end_ms, c.raw) for c in parse_srt(written)] == meant
    theirs = [
        (round(s.start.total_seconds() * 1000), round(s.end.total_seconds() * 1000), s.content)
        for s in srt.parse(written.decode())
    ]
    assert theirs == meant


@given(talks())
def test_podcast_json_carries_the_same_words(talk: Transcript) -> None:
    script = TranscriptWriter(talk)
    segments = json.loads(script.write("podcast-json"))["segments"]
    words = " ".join(segment["body"] for segment in segments).split()
    assert words == " ".join(cue.text for cue in script.captions.cues).split()
    for segment in segments:
        assert 0 <= segment["startTime"] < segment["endTime"]
    if words:
        again = read_captions(script.write("podcast-json"), "podcast-json", language="en")
        assert [w.word for w in again.words()] == words


@given(talks())
def test_a_transcript_read_from_vtt_has_the_same_words_and_voices(talk: Transcript) -> None:
    script = TranscriptWriter(talk)
    again = read_captions(script.write("vtt"), language="en")
    assume(any(line.speaker for cue in script.captions.cues for line in cue.lines))
    meant = [
        (line.speaker, word)
        for cue in script.captions.cues
        for line in cue.lines
        for word in line.words
    ]
    assert [(word.speaker, word.word) for word in again.words()] == meant
    assert all(word.estimated for word in again.words())


@given(talks())
def test_converting_to_vtt_and_back_changes_nothing(talk: Transcript) -> None:
    assume(any(segment.speaker for segment in talk.segments))
    script = TranscriptWriter(talk)
    lines = [line.text for cue in script.captions.cues for line in cue.lines]
    assume(all(before != after for before, after in pairwise(lines)))
    written = script.write("vtt")
    assert convert(written, "vtt", "vtt").data == written


class _Page(HTMLParser):
    """Collects the texts of `cite` and `p`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self._open = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._open = tag
        self.tags.add(tag)
        if tag in {"cite", "p"}:
            self.found.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in {"cite", "p"}:
            tag, text = self.found[-1]
            self.found[-1] = (tag, text + data)


@given(talks())
def test_html_shows_the_words_and_no_tag_of_theirs(talk: Transcript) -> None:
    script = TranscriptWriter(talk)
    page = _Page()
    page.feed(script.write("html").decode())
    words = " ".join(text for tag, text in page.found if tag == "p").split()
    assert words == " ".join(paragraph.text for paragraph in script.paragraphs).split()
    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "cite", "time", "p",
    }  # fmt: skip


ENGLISH = st.lists(
    st.sampled_from(
        [
            "we",
            "kept",
            "the",
            "light",
            "all",
            "winter,",
            "and",
            "nobody",
            "came.",
            "it",
            "was",
            "quiet",
        ]
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=40, deadline=None)
@given(ENGLISH)
@example(["hello"])
def test_webvtt_py_and_pysubs2_read_plain_speech_alike(texts: list[str]) -> None:
    """On text without markup, where neither library errs."""
    words = [Word(text, at * 0.3, at * 0.3 + 0.25) for at, text in enumerate(texts)]
    talk = Transcript("en", len(words) * 0.3, (Segment.of(words, speaker=None, language="en"),))
    script = TranscriptWriter(talk)
    meant = expected(build_cues(talk, PROFILES["web"]))
    vtt = webvtt.from_string(script.write("vtt").decode())
    assert [
        (c.start_in_seconds * 1000 + c.start_time.milliseconds, c.text) for c in vtt.captions
    ] == [(start, text) for start, _, text in meant]
    for name in ("srt", "vtt"):
        subs = pysubs2.SSAFile.from_string(script.write(name).decode(), format_=name)
        assert [(e.start, e.end, e.plaintext) for e in subs] == meant


def test_a_podcast_srt_gives_its_speakers_back(spoken: Any) -> None:
    talk = spoken(
        ("A", "Where did you keep the light?"),
        ("B", "At the end of the island. We kept it for forty years, my father and I."),
        ("A", "And then?"),
        names=[("A", "Daniel"), ("B", "Margaret")],
    )
    written = TranscriptWriter(talk, CaptionsSettings(profile="podcast-srt").limits()).write("srt")
    again = read_captions(written, language="en")
    assert [(w.speaker, w.word) for w in again.words()] == [
        (talk.speaker_name(w.speaker), w.word) for w in talk.words()
    ]
