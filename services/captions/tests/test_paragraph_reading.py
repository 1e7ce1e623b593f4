"""Pages, Markdown and text of others: what is told is believed, what is not is estimated."""

import math
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest

from captions.reading import format_by_name, read_captions, sniff
from everyword_events import InvalidInput
from everyword_transcripts import Transcript


def said(transcript: Transcript) -> list[tuple[str | None, float, str]]:
    return [(each.speaker, each.start, each.text) for each in transcript.segments]


# As the podcast namespace shows it.
SNIPPET = """<cite>Kevin:</cite>
<time>0:00</time>
<p>We have an update planned where we would like to give the ability to upload an artwork</p>
<cite>Alban :</cite>
<time>0:09</time>
<p>You're triggering Tom right now.</p>
"""


def test_the_snippet_of_the_specification() -> None:
    transcript = read_captions(SNIPPET.encode())
    assert [(who, start) for who, start, _ in said(transcript)] == [("Kevin", 0.0), ("Alban", 9.0)]
    assert transcript.segments[0].end == 9.0
    assert transcript.segments[1].end == pytest.approx(9 + 5 * 0.35)


def test_html_as_it_is_found() -> None:
    raw = """<!DOCTYPE html><!-- <p>no</p> --><HTML class=x lang='sv-SE'><head><title>T</title>
    <style>p{content:"<p>no</p>"}</style><script>document.write("<p>no</p>")</script></head><body>
    <h1>T</h1><nav><p></p></nav>
    <P class="a"><cite>Ada</cite> <time datetime=x>1:02:03.5</time> Fish &amp; <b>chips</b><br>for
    &#50;&hellip;<P>as <cite>Moby Dick</cite> says.</p>
    <div><time>1:02:20</time><p>Who&nbsp;knows</p></div>
    <time>yesterday</time><p>Untimed <script>"</p>no"</script>and last"""
    transcript = read_captions(raw.encode())
    assert transcript.language == "sv-SE"
    assert [(who, start) for who, start, _ in said(transcript)][0::2] == [
        ("Ada", 3723.5),
        (None, 3740.0),
    ]
    assert [text for _, _, text in said(transcript)] == [
        "Fish & chips for 2…",
        "as Moby Dick says.",
        "Who knows",
        "Untimed and last",
    ]
    assert transcript.segments[1].speaker == "Ada"
    assert read_captions(raw.encode(), language="en").language == "en"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_page_in_any_usual_encoding(encoding: str) -> None:
    raw = "<html><p><time>0:01</time>Blåbær".encode(encoding)
    assert said(read_captions(raw)) == [(None, 1.0, "Blåbær")]


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>",
        b"<!doctype html><p>An article.</p><p>On <time>2026-01-02</time> and <cite>x</cite>.</p>",
        b"<!doctype html><cite>Ada:</cite><time>0:01</time>",
    ],
)
def test_a_page_that_is_no_transcript_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="not a transcript"):
        read_captions(raw)


def test_times_are_shared_out_as_people_speak() -> None:
    page = (
        "<time>0:00</time><p>one two three four</p>"  # until the next
        "<cite>A:</cite><time>0:02</time><p>one two</p>"  # then a pause
        "<cite>A:</cite><time>1:00</time><p>" + "word " * 100 + "</p>"  # over whom B speaks
        "<cite>B:</cite><time>1:05</time><p>yes</p>"
        "<cite>B:</cite><time>1:05</time><p>yes</p>"  # in the same second
        "<cite>A:</cite><time>1:40</time><p>so</p>"
    )
    transcript = read_captions(page.encode())
    assert [(each.start, each.end) for each in transcript.segments] == [
        (0.0, 2.0),
        (2.0, pytest.approx(2.7)),
        (60.0, 100.0),
        (65.0, 65.5),
        (65.5, pytest.approx(65.85)),
        (100.0, pytest.approx(100.35)),
    ]
    assert transcript.flags == ()


def test_paragraphs_without_times_share_what_there_is() -> None:
    page = "<p>ab cd</p><cite>A:</cite><p>ef gh</p><time>0:02</time><p>ij</p>"
    transcript = read_captions(page.encode(), "html")
    assert said(transcript) == [(None, 0.0, "ab cd"), ("A", 1.0, "ef gh"), (None, 2.0, "ij")]


def test_markdown_of_a_careful_hand() -> None:
    raw = (
        "# Our talk\r\n\r\n**Ada** [0:05] Hello\r\nthere\r\n\r\nand on.\r\n\r\n## Part\r\n\r\n"
        "[1:00:00]\r\n\r\n1\\. No \\[one\\]\r\n\r\n[99:99]\r\n"
    )
    assert said(read_captions(raw.encode(), "md")) == [
        ("Ada", 5.0, "Hello there"),
        ("Ada", pytest.approx(5.0 + 4 * 0.35 * 10 / 16, abs=0.001), "and on."),
        (None, 3600.0, "1. No [one]"),
        (None, pytest.approx(3600.7, abs=0.2), "[99:99]"),
    ]


def test_plain_text_of_others() -> None:
    raw = (
        b"Ada: Hello there,\nsaid she.\nludwig van Beethoven: Hi.\n\nAs I said: no.\n\n\n"
        b"ludwig van Beethoven: Yes.\n"
    )
    assert [(who, text) for who, _, text in said(read_captions(raw, "txt"))] == [
        ("Ada", "Hello there, said she."),
        ("ludwig van Beethoven", "Hi."),
        ("ludwig van Beethoven", "As I said: no."),
        ("ludwig van Beethoven", "Yes."),
    ]
    prose = b"So I said\n\nNever: no.\n\nthe end: it is"
    assert {who for who, _, _ in said(read_captions(prose, "txt"))} == {None}
    assert read_captions(b"", "txt").segments == ()


@pytest.mark.parametrize("name", ["txt", "md"])
def test_binary_files_are_no_text(name: str) -> None:
    with pytest.raises(InvalidInput, match="not text"):
        read_captions(b"ID3\x04\x00\x00\xff\xfb", name)


@pytest.mark.parametrize("raw", [b"Just words.", b"# Title\n\n**Ada** [0:05]\n\nHi.", b"Ada: Hi."])
def test_prose_is_never_sniffed(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        sniff(raw)
    assert ".md" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("a.txt", "txt"),
        ("A.MD", "md"),
        ("a.b.html", "html"),
        ("a.ass", "ass"),
        ("a.srt", None),
        ("a.podcast.json", None),
        ("a.doc", None),
        ("txt", None),
    ],
)
def test_endings_that_tell_a_format(name: str, meant: str | None) -> None:
    assert format_by_name(Path("x.txt") / name) == meant


BEFORE = {
    "html": "<time>0:01</time><p>",
    "md": "",
    "txt": "",
    "ass": "[Events]\nDialogue: 0,0:00:01.00,0:00:03.00,Default,A,0,0,0,,",
}
GARBAGE = {
    "html": ["<", "<!--", "<a ", "</", "<p> <time>", "<script>", "<script ", "<a b='", "&", "&#9"],
    "md": ["**", "**a", "\\", "**a** [0:00] x\n\n", "\n \n", "\t", "# "],
    "txt": ["a: ", "A: b\n", "word "],
    "ass": ["{", "}", "\\", "{\\k", "{\\k1}x"],
}


@pytest.mark.parametrize(
    ("size", "seconds"), [(100_000, math.inf), pytest.param(1_000_000, 30, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("name", "piece"), [(name, piece) for name, pieces in GARBAGE.items() for piece in pieces]
)
def test_much_of_the_same_is_read_or_refused_soon(
    name: str, piece: str, size: int, seconds: float
) -> None:
    text = BEFORE[name] + piece * (size // len(piece))
    begin = time.process_time()
    with suppress(InvalidInput):
        read_captions(text.encode(), name)
    assert time.process_time() - begin < seconds


@pytest.mark.parametrize("name", ["html", "md", "txt", "ass"])
def test_a_megabyte_of_chance_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        read_captions(random.Random(7).randbytes(1_000_000), name)
