"""The WebVTT parser, by the specification's steps; Chromium agrees in tests/browser."""

import pytest

from captions.domain.parsers.entities import consume
from captions.domain.parsers.timed_text import Piece
from captions.domain.parsers.vtt_file import parse_vtt
from captions.domain.parsers.vtt_text import parse_cue_text
from everyword_events import InvalidInput

TIMES = "00:00.000 --> 00:01.000"


def texts(file: str) -> list[str]:
    return [cue.text for cue in parse_vtt(file.encode())]


@pytest.mark.parametrize(
    "head", ["WEBVTT", "WEBVTT ", "WEBVTT\tx", "WEBVTT - a --> b", "\ufeffWEBVTT", "WEBVTT\nkey: x"]
)
def test_headers_that_are_taken(head: str) -> None:
    assert texts(f"{head}\n\n{TIMES}\nHi\n") == ["Hi"]
    assert texts(head) == []


@pytest.mark.parametrize(
    "head", ["", "WEBVT", "webvtt", " WEBVTT", "WEBVTTx", "\n\nWEBVTT", "WEBVTT:"]
)
def test_headers_that_are_refused(head: str) -> None:
    with pytest.raises(InvalidInput):
        parse_vtt(f"{head}\n\n{TIMES}\nHi\n".encode())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_taken(end: str) -> None:
    file = f"WEBVTT\n\nid\n{TIMES}\nOne\nTwo\n\n\n{TIMES}\nThree".replace("\n", end)
    assert texts(file) == ["One\nTwo", "Three"]
    assert parse_vtt(file.encode())[0].identifier == "id"


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("00:00.000 --> 00:01.500", (0, 1500)),
        ("00:00.000-->00:01.500", (0, 1500)),
        ("\t00:00:00.000\f--> 00:00:01.500line:0", (0, 1500)),
        ("1:00:00.000 --> 100:00:00.000", (3_600_000, 360_000_000)),
        ("00:02.000 --> 00:01.000", (2000, 1000)),
        ("0:00.000 --> 00:01.000", None),
        ("60:00.000 --> 61:00.000", None),
        ("00:60.000 --> 00:61.000", None),
        ("00:00.00 --> 00:01.000", None),
        ("00:00.0000 --> 00:01.000", None),
        ("00:00,000 --> 00:01,000", None),
        ("00:00:0.000 --> 00:00:01.000", None),
        ("00:00.000 -> 00:01.000", None),
        ("00:00.000 - -> 00:01.000", None),
        ("\u0660\u0660:00.000 --> 00:01.000", None),
        ("-->", None),
    ],
)
def test_time_lines(line: str, times: tuple[int, int] | None) -> None:
    cues = parse_vtt(f"WEBVTT\n\n{line}\nHi\n".encode())
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == ([] if times is None else [times])


def test_comments_styles_and_regions_are_no_cues() -> None:
    file = (
        "WEBVTT\n\nNOTE\nnot shown\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:x\n\n"
        f"{TIMES}\nNOTE this is shown\n\nNOTE {TIMES}\n"
    )
    assert texts(file) == ["NOTE this is shown"]


def test_an_arrow_begins_the_next_cue_even_without_a_blank_line() -> None:
    assert texts(f"WEBVTT\n{TIMES}\nOne\n{TIMES}\nTwo") == ["One", "Two"]
    assert texts(f"WEBVTT\n\n--> broken\n{TIMES}\nOne") == ["One"]
    assert texts(f"WEBVTT\n\nid\nsecond\n{TIMES}\nOne") == ["One"]


def test_what_is_not_utf_8_is_replaced_and_nul_too() -> None:
    (cue,) = parse_vtt(b"WEBVTT\n\n00:00.000 --> 00:01.000\na\xffb\x00c")
    assert cue.text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    ("payload", "pieces"),
    [
        ("plain", [("plain", None)]),
        ("<v Ada>Hi</v> all", [("Hi", "Ada"), (" all", None)]),
        ("<v.loud.x  Ada \t B >Hi", [("Hi", "Ada B")]),
        ("<v A &amp; B&gt;>Hi", [("Hi", "A & B>")]),
        ("<v Ada><i>a</i><v Bo>b</v>c", [("a", "Ada"), ("b", "Bo"), ("c", "Ada")]),
        ("<v>Hi", [("Hi", None)]),
        ("<b>a</i>b</b>c", [("a", None), ("b", None), ("c", None)]),
        ("<x>a</x>", [("a", None)]),
        ("a < b", [("a ", None)]),
        ("a <", [("a ", None)]),
        ("1 &lt; 2 &gt 1 &amp;amp;", [("1 < 2 > 1 &amp;", None)]),
        ("&unknown; & &#65;&#x41;", [("&unknown; & AA", None)]),
        ("<lang en>a</lang>b", [("a", None), ("b", None)]),
        ("a\nb", [("a\nb", None)]),
    ],
)  # fmt: skip
def test_cue_text(payload: str, pieces: list[tuple[str, str | None]]) -> None:
    assert [(piece.text, piece.voice) for piece in parse_cue_text(payload)] == pieces


def test_timestamps_and_ruby_mark_the_text_after_them() -> None:
    assert parse_cue_text("a <00:00:01.000>b <bad>c<9>d") == (
        Piece("a "),
        Piece("b ", at_ms=1000),
        Piece("c", at_ms=1000),
        Piece("d", at_ms=1000),
    )
    assert parse_cue_text("<ruby>漢<rt>kan</ruby>!<rt>x") == (
        Piece("漢"),
        Piece("kan", ruby=True),
        Piece("!"),
        Piece("x"),
    )


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("&amp;", "&"),
        ("&ampx", "&"),
        ("&notin;", "∉"),
        ("&notit;", "¬"),
        ("&#0;", "\ufffd"),
        ("&#xD800;", "\ufffd"),
        ("&#99999999999;", "\ufffd"),
        ("&#128;", "€"),
        ("&#x80", "€"),
        ("&#1;", "\x01"),
        ("&;", "&"),
        ("&#;", "&"),
        ("&lrm;", "\u200e"),
    ],
)
def test_character_references(reference: str, value: str) -> None:
    assert consume(reference, 0)[0] == value
