"""ASS and SSA of others: karaoke times words, all other markup goes."""

import pytest

from captions.reading import read_captions, sniff
from everyword_events import InvalidInput
from everyword_transcripts import Transcript

HEAD = (
    "\ufeff[Script Info]\r\n; by hand\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\n"
    "Style: Broken,,x\r\n\r\n[Events]\r\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"
)


def line(text: str, *, name: str = "", kind: str = "Dialogue") -> str:
    return f"{kind}: 0,0:00:01.00,0:00:03.00,Default,{name},0,0,x,,{text}\r\n"


def words(transcript: Transcript) -> list[tuple[str, float, bool]]:
    return [(word.word, word.start, word.estimated) for word in transcript.words()]


def test_karaoke_times_words_by_their_first_syllable() -> None:
    raw = (HEAD + line("{\\k50}{\\fad(9,9)\\kf20}Hel{\\K30}lo {\\ko40\\i1}you, {\\i0}all")).encode()
    assert sniff(raw) == "ass"
    assert words(read_captions(raw)) == [
        ("Hello", 1.5, False),
        ("you,", 2.0, True),
        ("all", pytest.approx(2.0 + 4 / 7, abs=0.001), True),
    ]


def test_overrides_comments_and_drawings_are_not_spoken() -> None:
    raw = (
        HEAD
        + line("not this", kind="Comment")
        + line(
            "{\\an8\\pos(1,2)}{a note}One,\\htwo\\N{\\p1}m 0 0 l 9 9{\\p0}three \\{4\\}",
            name=" Ada ",
        )
        + line("{\\p4}m 0 0")
        + line("a { b")
    ).encode()
    transcript = read_captions(raw)
    assert [(each.speaker, each.text) for each in transcript.segments] == [
        ("Ada", "One, two three {4}"),
        (None, "a { b"),
    ]
    assert all(word.estimated for word in transcript.words())


def test_names_are_shared_out_where_there_is_one_for_each_line() -> None:
    raw = (
        HEAD + line("Hi.\\NHo.", name="Ada / Bo") + line("Well\\N\\Nsaid.", name="Cy / Di")
    ).encode()
    transcript = read_captions(raw)
    assert [(each.speaker, each.text) for each in transcript.segments] == [
        ("Ada", "Hi."),
        ("Cy / Di", "Well said."),
        ("Bo", "Ho."),
    ]


def test_ssa_is_read_too() -> None:
    raw = (
        b"[Script Info]\n[V4 Styles]\n[Events]\n"
        b"Dialogue: Marked=0,0:00:01.00,0:00:02.50,Default,Ada,0,0,0,,Hello\n"
    )
    (segment,) = read_captions(raw).segments
    assert (segment.speaker, segment.text, segment.end) == ("Ada", "Hello", 2.5)


@pytest.mark.parametrize(
    "raw",
    [b"", b"Dialogue: 0,0:00:01.00", (HEAD + "Dialogue: 0,soon,late,,,,,,,Hi").encode()],
)
def test_what_is_no_ass_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="not ASS"):
        read_captions(raw, "ass")


def test_no_lines_are_an_empty_transcript() -> None:
    assert read_captions(HEAD.encode()).segments == ()
    with pytest.raises(InvalidInput, match="none of 1 Dialogue lines"):
        read_captions((HEAD + "Dialogue: 0\r\n").encode())
