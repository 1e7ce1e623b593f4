"""Each format by example: exact bytes, and the traps of text and time."""

import json
from typing import Any

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from captions.config import CaptionsSettings
from captions.domain.ass import write_ass
from captions.domain.cues import Captions, Cue, CueLine
from captions.domain.file_formats import FORMATS
from captions.domain.formats import TranscriptWriter
from captions.domain.srt import write_srt
from captions.domain.text import write_markdown
from captions.domain.timestamps import clock
from captions.domain.vtt import write_karaoke, write_vtt
from captions.standalone import format_of, render, render_files
from everyword_events import InvalidInput
from everyword_transcripts import Segment, Transcript, Word, read_transcript

SPEAKER = "<b>A & B</b>"
PODCAST = CaptionsSettings(profile="podcast-srt")


def cue(*lines: str, start: int = 0, end: int = 1000, speaker: str | None = None) -> Cue:
    made = []
    for text in lines:
        words = tuple(text.split(" "))
        step = (end - start) // (len(words) + 1)
        made.append(
            CueLine(text, speaker, words, tuple(start + step * at for at in range(len(words))))
        )
    return Cue(start, end, tuple(made))


def captions(*cues: Cue, named: tuple[str, ...] = ()) -> Captions:
    return Captions(list(cues), " ", frozenset(named), 42)


def test_vtt_is_written_to_the_byte() -> None:
    written = write_vtt(
        captions(
            cue("Hello", "there.", start=1000, end=2500, speaker="Ada"),
            cue("1 < 2 & 3 > 2 --> x", start=3_661_001, end=400_000_000),
        )
    )
    assert written == (
        "WEBVTT\n"
        "\n00:00:01.000 --> 00:00:02.500\n<v Ada>Hello\nthere.\n"
        "\n01:01:01.001 --> 111:06:40.000\n1 &lt; 2 &amp; 3 &gt; 2 --&gt; x\n"
    )


def test_vtt_voices_may_be_prefixes_or_left_out_and_settings_added() -> None:
    two = Cue(
        0, 900, (cue("Well?", speaker="Ada").lines[0], cue("Yes.", speaker="Bo & Co").lines[0])
    )
    both = captions(two, named=("Ada", "Bo & Co"))
    assert "<v Ada>Well?</v>\n<v Bo &amp; Co>Yes.</v>\n" in write_vtt(both)
    assert write_vtt(both, voices="prefixes", settings="line:90% align:center").endswith(
        "00:00:00.900 line:90% align:center\nAda: Well?\nBo &amp; Co: Yes.\n"
    )
    assert write_vtt(both, voices="none").endswith("Well?\nYes.\n")


def test_karaoke_stamps_rise_inside_the_cue() -> None:
    line = CueLine("a b c d e", None, tuple("abcde"), (1000, 1200, 1200, 900, 2000))
    written = write_karaoke(captions(Cue(1000, 2000, (line,))))
    assert written.endswith("\na <00:00:01.200>b c d e\n")


def test_ass_lights_up_each_word_for_its_time() -> None:
    first = CueLine("Say {x}", "A, B", ("Say", "{x}"), (1100, 1504))
    second = CueLine("a\\N b", "A, B", ("a\\N", "b"), (1504, 1400))
    cues = captions(Cue(1000, 2000, (first, second)))
    written = TranscriptWriter(Transcript("en", 5.0), cues=cues).write("ass").decode()
    (event,) = pysubs2.SSAFile.from_string(written, format_="ass")
    assert (event.start, event.end, event.name) == (1000, 2000, "A; B")
    assert event.text == ("{\\k10}{\\k40}Say {\\k0}\\{x\\}\\N{\\k0}a\\\u2060N {\\k50}b")
    late = captions(cue("Late.", start=36_000_000, end=36_001_000))
    with pytest.raises(InvalidInput):
        write_ass(late)


def test_srt_names_who_speaks_when_that_changes() -> None:
    written = write_srt(
        captions(
            cue("Hello.", speaker="Ada"),
            cue("Still me.", start=1000, end=2000, speaker="Ada"),
            cue("AT&T > x", start=2000, end=3000, speaker="Bo"),
            cue("Me.", start=3000, end=4000, speaker="unnamed"),
            named=("Ada", "Bo"),
        )
    )
    assert written == (
        "1\n00:00:00,000 --> 00:00:01,000\nAda: Hello.\n\n"
        "2\n00:00:01,000 --> 00:00:02,000\nStill me.\n\n"
        "3\n00:00:02,000 --> 00:00:03,000\nBo: AT&T > x\n\n"
        "4\n00:00:03,000 --> 00:00:04,000\nMe.\n\n"
    )


def test_the_podcast_srt_holds_32_columns_with_the_name(spoken: Any) -> None:
    talk = spoken(
        ("A", "When the fog came in my father started the engine of the horn."),
        ("B", "And then?"),
        names=[("A", "Margaret"), ("B", "Daniel")],
        word_s=0.4,
    )
    written = render(talk, "srt", PODCAST).decode()
    assert "Margaret: " in written
    assert "\nDaniel: And then?\n" in written
    texts = [line for line in written.split("\n") if "-->" not in line]
    assert max(map(len, texts)) <= 32


def test_a_name_too_long_to_share_a_line_gets_its_own(spoken: Any) -> None:
    name = "Her Excellency the Ambassador X"
    talk = spoken(("A", "Thank you all very much for coming here tonight."), names=[("A", name)])
    blocks = render(talk, "srt", PODCAST).decode().split("\n\n")
    assert blocks[0].split("\n")[2] == f"{name}:"
    assert all(len(block.split("\n")) <= 4 for block in blocks)


def test_a_lone_unnamed_speaker_is_not_announced(spoken: Any) -> None:
    talk = spoken(("SPEAKER_00", "Hello there."))
    for name in ("srt", "txt", "md", "html"):
        assert b"SPEAKER_00" not in render(talk, name, CaptionsSettings())
    assert b"<v SPEAKER_00>" in render(talk, "vtt", CaptionsSettings())


@pytest.mark.parametrize(
    ("seconds", "stamp"),
    [
        (1.9996, "00:00:02.000"),
        (59.9995, "00:01:00.000"),
        (3599.9999, "01:00:00.000"),
        (0.0004, "00:00:00.000"),
        (359999.9999, "100:00:00.000"),
    ],
)
def test_times_are_rounded_before_they_are_split(seconds: float, stamp: str) -> None:
    word = Word("Hi.", seconds, seconds + 1.0)
    talk = Transcript("en", seconds + 2, (Segment.of([word], speaker=None, language="en"),))
    assert f"\n{stamp} --> " in render(talk, "vtt", CaptionsSettings()).decode()


@given(st.integers(0, 10**10))
def test_clock_fields_are_in_range_and_add_up(ms: int) -> None:
    hours, minutes, rest = clock(ms).split(":")
    seconds, millis = rest.split(".")
    assert (len(minutes), len(seconds), len(millis)) == (2, 2, 3)
    assert len(hours) >= 2
    assert int(minutes) < 60
    assert int(seconds) < 60
    assert ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(millis) == ms


def test_podcast_json_has_the_namespace_s_shape(spoken: Any) -> None:
    talk = spoken(("A", "Hello there."), ("B", "Hi."), names=[("A", "Ada")], pause_s=2.0)
    form = json.loads(render(talk, "podcast-json", CaptionsSettings()))
    assert form["version"] == "1.0.0"
    assert [(s["speaker"], s["body"]) for s in form["segments"]] == [
        ("Ada", "Hello there."),
        ("B", "Hi."),
    ]
    for segment in form["segments"]:
        assert 0 <= segment["startTime"] < segment["endTime"]


def test_json_is_our_transcript_again(spoken: Any) -> None:
    talk = spoken(("A", "Hello there."), names=[("A", "Ada")])
    written = render(talk, "json", CaptionsSettings())
    again = read_transcript(written)
    assert [word.word for word in again.words()] == ["Hello", "there."]
    assert again.speaker_name("A") == "Ada"
    assert render(again, "json", CaptionsSettings()) == written


def test_html_is_escaped_and_in_the_podcast_form(spoken: Any) -> None:
    talk = spoken(("A", "if a < b & c"), ("B", "</p><script>"), names=[("A", SPEAKER)])
    page = render(talk, "html", CaptionsSettings(), title='"Tom" & <Jerry>\n').decode()
    assert "<title>&quot;Tom&quot; &amp; &lt;Jerry&gt;</title>" in page
    assert (
        '<cite dir="auto">&lt;b&gt;A &amp; B&lt;/b&gt;:</cite>\n<time>0:00</time>\n'
        '<p dir="auto">if a &lt; b &amp; c</p>\n'
    ) in page
    assert "<script" not in page
    assert '<html lang="en">' in page


def test_text_and_markdown_are_paragraphs(spoken: Any) -> None:
    talk = spoken(
        ("A", "One. Two."), ("A", "Three."), ("B", "# not *a* title"), ("B", "1. nor a list"),
        names=[("A", "Ada")], pause_s=3.0,
    )  # fmt: skip
    assert render(talk, "txt", CaptionsSettings()).decode() == (
        "Ada: One. Two.\n\nThree.\n\nB: # not *a* title\n\n1. nor a list\n"
    )
    marked = render(talk, "md", CaptionsSettings(), title="T_1").decode()
    assert marked.startswith("# T\\_1\n\n**Ada** [0:00]\n\nOne. Two.\n\n**Ada** [0:03]\n\n")
    assert "\n\\# not \\*a\\* title\n" in marked
    assert "\n1\\. nor a list\n" in marked


def test_long_speech_is_broken_into_paragraphs(spoken: Any) -> None:
    talk = spoken((None, " ".join(["This is a sentence of seven words."] * 60)), pause_s=0.0)
    written = render(talk, "txt", CaptionsSettings()).decode()
    paragraphs = written.strip().split("\n\n")
    assert len(paragraphs) > 3
    assert all(paragraph.endswith(".") for paragraph in paragraphs)
    endless = spoken((None, " ".join(["and"] * 2000)), pause_s=0.0)
    assert max(map(len, render(endless, "txt", CaptionsSettings()).decode().split("\n"))) < 1600


def test_an_empty_transcript_has_no_title_in_markdown_unless_given() -> None:
    assert write_markdown([], title="") == ""
    assert write_markdown([], title="X") == "# X\n"


def test_files_are_named_by_stem_and_format(spoken: Any) -> None:
    talk = spoken((None, "Hello."))
    files = render_files(talk, ["vtt", "srt", "podcast-json"], CaptionsSettings(), stem="ep1")
    assert list(files) == ["ep1.vtt", "ep1.srt", "ep1.podcast.json"]
    assert files["ep1.vtt"] == render(talk, "vtt", CaptionsSettings())
    with pytest.raises(InvalidInput, match="docx"):
        render(talk, "docx", CaptionsSettings())
    with pytest.raises(InvalidInput):
        render_files(talk, [], CaptionsSettings(), stem="x")


def test_a_file_s_ending_names_its_format(tmp_path: Any) -> None:
    for form in FORMATS.values():
        assert format_of(tmp_path / f"Ep.1{form.suffix.upper()}") == form.name
    with pytest.raises(InvalidInput):
        format_of(tmp_path / "x.docx")


@pytest.mark.parametrize(
    "wrong",
    [
        {"profile": "cinema"},
        {"max_cps": float("nan")},
        {"min_duration_s": 8.0},
        {"cue_settings": "line:1 --> x"},
        {"cue_settings": "colour:red"},
        {"max_lines": 0},
        {"max_line_char": 42},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CaptionsSettings(**wrong)


def test_a_limit_left_out_is_the_profile_s() -> None:
    limits = CaptionsSettings(profile="podcast-srt", max_lines=1, close_gaps_under_s=0.0).limits()
    assert (limits.max_line_chars, limits.max_lines, limits.close_gaps_under_ms) == (32, 1, 0)
    assert limits.cue_per_speaker
    assert (
        not CaptionsSettings(profile="podcast-srt", cue_per_speaker=False).limits().cue_per_speaker
    )
