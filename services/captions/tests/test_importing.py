"""Files as people bring them: nothing lost or invented in silence, and each line read once."""
# ruff: noqa: RUF001 - letters of other scripts are meant

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captions.domain.parsers.lenient_times import looks_like_time_line, read_time_line
from captions.reading import ReadFile, convert, format_of_file, read_file
from everyword_events import InvalidInput


def read(raw: str | bytes | dict[str, Any] | list[Any], name: str | None = None) -> ReadFile:
    if isinstance(raw, dict | list):
        raw = json.dumps(raw)
    return read_file(raw.encode() if isinstance(raw, str) else raw, name)


def texts(found: ReadFile) -> list[str]:
    return [segment.text for segment in found.transcript.segments]


def timed(found: ReadFile) -> list[tuple[str, float, float]]:
    return [(word.word, word.start, word.end) for word in found.transcript.words()]


def srt(*cues: tuple[str, str]) -> str:
    return "\n".join(f"{n}\n{time}\n{text}\n" for n, (time, text) in enumerate(cues, 1))


def in_a_row(texts: list[str]) -> str:
    """Return captions of two seconds each, one after the other."""
    times = (f"00:00:{at * 2:02},000 --> 00:00:{at * 2 + 2:02},000" for at in range(len(texts)))
    return srt(*zip(times, texts, strict=True))


# Times


@pytest.mark.parametrize(
    ("line", "start_ms", "end_ms"),
    [
        ("0:0:1.540 --> 0:0:3.850", 1540, 3850),
        ("0:1.5 --> 0:2.25", 1500, 2250),
        ("00:00:59,1000 --> 00:00:60,250", 60_000, 60_250),
        ("00:75:00,000 --> 00:99:00,000", 75 * 60_000, 99 * 60_000),
        ("00:00:01,9 --> 00:00:02", 1900, 2000),
        ("00:00:01.123456 --> 00:00:02.999999", 1123, 2999),
        ("00:00:01,000 -> 00:00:02,000", 1000, 2000),
        ("00: 00: 01, 000 -> 00: 00: 02, 000", 1000, 2000),
        ("00:00:01,000 \u2013> 00:00:02,000", 1000, 2000),
        ("-00:00:01,865 --> 00:00:00,230", 0, 230),
        ("0-1:59:58,135 --> 00:-1:59,000", 0, 0),
        ("100:00:00,000 --> 100:00:01,000 X1:1 Y1:2", 360_000_000, 360_001_000),
        ("00.00.01,500 --> 00.00.02,250", 1500, 2250),
        ("00\uff1a00\uff1a01\uff0c500 \u2015\u2015> 00\uff1a00\uff1a02\uff0c250", 1500, 2250),
        ("00:00:01:12 --> 00:00:02:24", 1480, 2960),
        ("00:00:01:30 --> 00:00:02:250", 1500, 2250),
    ],
)
def test_a_time_line_means_what_it_says(line: str, start_ms: int, end_ms: int) -> None:
    found = read_time_line(line)
    assert found is not None
    assert (found.start_ms, found.end_ms, found.rest) == (start_ms, end_ms, "")


@pytest.mark.parametrize(
    "line",
    [
        "version 1.20.03 -> 1.20.04",
        "we go from 3 -> 4",
        "5 - 3 > 1",
        "see --> there",
        "a 1:00 -> b 2:00",
        "->",
        "-->",
    ],
)
def test_speech_with_arrows_is_no_time_line(line: str) -> None:
    assert read_time_line(line) is None
    assert not looks_like_time_line(line)


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.sampled_from([",", "."]))
def test_a_written_time_is_read_back(start_ms: int, lasting_ms: int, mark: str) -> None:
    def clock(ms: int) -> str:
        return (
            f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"
        )

    found = read_time_line(f"{clock(start_ms)} --> {clock(start_ms + lasting_ms)}")
    assert found is not None
    assert (found.start_ms, found.end_ms) == (start_ms, start_ms + lasting_ms)
    assert not found.unusual


@given(st.text("0123456789:,.->- \t", max_size=60))
def test_any_line_of_signs_is_read_or_is_none(line: str) -> None:
    found = read_time_line(line)
    assert found is None or min(found.start_ms, found.end_ms) >= 0


def test_unusual_times_are_told_with_their_lines() -> None:
    found = read(
        srt(
            ("00:00:01,000 --> 00:00:02,000", "usual"),
            ("00:00:59,1000 --> 00:01:62,0", "carried"),
            ("00:00:0x,000 --> 00:02:09,000", "never heard"),
            ("-00:00:01,000 --> 00:00:00,900", "early"),
        )
    )
    assert texts(found) == ["early", "usual", "carried"]
    assert timed(found)[2] == ("carried", 60.0, 122.0)
    assert [warning.partition(" captions")[0] for warning in found.warnings] == ["1 of 4"] * 3
    assert "(line 6)" in found.warnings[0]
    assert "left out (line 10)" in found.warnings[1]
    assert "never" not in " ".join(texts(found))
    assert found.transcript.flags == (
        "import_times_mended:1",
        "import_blocks_skipped:1",
        "import_times_negative:1",
    )


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (srt(("00:00:xx,000 --> 00:00:02,000", "a"), ("00:00:yy --> 00:00:03", "b")), "srt"),
        ("WEBVTT\n\n00:xx.000 --> 00:02.000\nlost\n", "vtt"),
        ("[Events]\nDialogue: 0,soon,later,D,A,0,0,0,,lost\n", "ass"),
        ({"segments": [{"startTime": "x", "body": "lost"}]}, None),
        ({"segments": [{"start": 0, "end": 1, "words": [{"w": "lost"}]}]}, None),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_refused(raw: Any, name: str | None) -> None:
    with pytest.raises(InvalidInput):
        read(raw, name)


def test_a_cue_that_ends_before_it_begins_ends_at_a_usual_pace() -> None:
    found = read(srt(("00:00:05,000 --> 00:00:01,000", "two words")))
    assert timed(found)[-1][2] == pytest.approx(5.7)
    assert "ends before the beginning" in found.warnings[0]


# SubRip


def test_numbers_are_counters_only_where_cues_are_counted() -> None:
    bare = (
        "00:00:01,000 --> 00:00:02,000\nThree\n1984\n\n00:00:02,000 --> 00:00:03,000\n2\n\n"
        "00:00:03,000 --> 00:00:04,000\n1\n"
    )
    assert texts(read(bare)) == ["Three 1984", "2", "1"]
    spaced = "1\n\n00:00:01,000 --> 00:00:02,000\n7\n\n2\n\n00:00:02,000 --> 00:00:03,000\n8\n"
    assert texts(read(spaced)) == ["7", "8"]


def test_entities_are_decoded_and_other_brackets_were_said() -> None:
    found = read(
        srt(
            ("00:00:01,000 --> 00:00:02,000", "Fish &amp; chips &lt;3 it&amp;#39;s"),
            ("00:00:02,000 --> 00:00:03,000", "AT&T, R&B; a List<int> &bogus; <b>bold</b>"),
        )
    )
    assert texts(found) == ["Fish & chips <3 it's", "AT&T, R&B; a List<int> &bogus; bold"]


def test_text_behind_a_time_is_kept_and_settings_are_not() -> None:
    found = read(
        "1\n00:00:01,000 --> 00:00:02,000 Hello you\n\n"
        "2\n00:00:02,000 --> 00:00:03,000 X1:4\nfine\n"
    )
    assert texts(found) == ["Hello you", "fine"]
    assert len(found.warnings) == 1


# WebVTT


def test_webvtt_that_browsers_read_in_part_is_read_whole_and_told() -> None:
    found = read(
        "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n\nafter the blank\n\n"
        "0:0:2.5 --> 0:0:3.5\nshort\n\n"
        "00:04.000 --> 00:05.000\nfirst\n\nsecond\n\n3\n\n00:05.000 --> 00:06.000\nlast --> line\n"
    )
    assert texts(found) == ["after the blank", "short", "first second", "last --> line"]
    assert found.transcript.flags[:2] == ("import_blank_line:3", "import_times_mended:1")


def test_regions_styles_and_notes_are_no_speech() -> None:
    raw = (
        "WEBVTT - a title\nKind: captions\n\nREGION\nid:low\nlines:3\n\nSTYLE\n::cue { }\n\n"
        "00:01.000 --> 00:02.000 region:low align:left\nHello\n\nNOTE\nnot said\n\nNOTE again\n\n"
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000\n\n00:02.000 --> 00:03.000 region:none\nyou\n"
    )
    found = read(raw)
    assert texts(found) == ["Hello", "you"]
    assert found.warnings == ()


def test_without_its_signature_a_vtt_is_refused_as_browsers_do(tmp_path: Path) -> None:
    raw = b"00:01.000 --> 00:02.000\nHello\n"
    assert format_of_file(tmp_path / "a.vtt", raw) == "vtt"
    assert format_of_file(tmp_path / "a.srt", raw) == "srt"
    with pytest.raises(InvalidInput, match="does not begin with WEBVTT"):
        read(raw, "vtt")


# Lines that are shown more than once


HIGHLIGHTS = {
    "u": ("<u>", "</u>"),
    "b": ("<b>", "</b>"),
    "i": ("<i>", "</i>"),
    "font": ('<font color="#ff0">', "</font>"),
    "class": ("<c.yellow>", "</c>"),
}


@pytest.mark.parametrize("kind", HIGHLIGHTS)
def test_a_highlighted_line_gives_its_words_times(kind: str) -> None:
    opening, closing = HIGHLIGHTS[kind]
    words = ["Gulls", "&amp;", "terns", "nest"]
    cues = []
    for at in range(4):
        shown = [f"{opening}{w}{closing}" if n == at else w for n, w in enumerate(words)]
        cues.append((f"00:00:0{at + 1}.000 --> 00:00:0{at + 1}.500", f"Ada: {' '.join(shown)}"))
        cues.append((f"00:00:0{at + 1}.500 --> 00:00:0{at + 2}.000", f"Ada: {' '.join(words)}"))
    cues += [
        ("00:00:08.000 --> 00:00:08.500", f"{opening}Yes{closing}"),
        ("00:00:08.500 --> 00:00:09.000", "Yes"),
    ]
    found = read("WEBVTT\n\n" + "\n".join(f"{time}\n{text}\n" for time, text in cues))
    assert timed(found) == [
        ("Gulls", 1.0, 1.5),
        ("&", 2.0, 2.5),
        ("terns", 3.0, 3.5),
        ("nest", 4.0, 4.5),
        ("Yes", 8.0, 8.5),
    ]
    assert not any(word.estimated for word in found.transcript.words())
    assert {segment.speaker for segment in found.transcript.segments} == {"Ada"}


@pytest.mark.parametrize(
    ("on", "off"),
    [("{\\c&H00FF00&}", "{\\c}"), ("{\\1c&HFF&\\b1}", "{\\r}"), ("{\\u1}", "{\\u0}")],
)
def test_a_line_highlighted_by_ass_overrides_is_read_once(on: str, off: str) -> None:
    words = ["Gulls", "nest", "here"]
    shown = [
        " ".join(f"{on}{w}{off}" if k == n else w for k, w in enumerate(words))
        for n in range(len(words))
    ]
    head = "[Script Info]\n[Events]\nFormat: Start, End, Text\n"
    lines = [f"Dialogue: 0:00:0{n}.00,0:00:0{n + 1}.00,{line}\n" for n, line in enumerate(shown)]
    found = read(head + "".join(lines), "ass")
    assert timed(found) == [("Gulls", 0.0, 1.0), ("nest", 1.0, 2.0), ("here", 2.0, 3.0)]


def test_breaks_and_looks_of_other_players_in_srt_are_not_spoken() -> None:
    raw = srt(("00:00:01,000 --> 00:00:02,000", "{y:i}Gulls<br>nest<br />here {quietly}"))
    assert texts(read(raw)) == ["Gulls nest here {quietly}"]


def test_a_highlight_that_fills_the_line_gives_its_words_times() -> None:
    states = ["<b>the</b> old pier", "<b>the old</b> pier", "<b>the old pier</b>"]
    found = read(
        srt(*((f"00:00:0{at},000 --> 00:00:0{at + 1},000", s) for at, s in enumerate(states)))
    )
    assert timed(found) == [("the", 0.0, 1.0), ("old", 1.0, 2.0), ("pier", 2.0, 3.0)]


def test_a_refrain_in_highlighted_captions_is_sung_twice() -> None:
    states = ["<u>come</u> home", "come <u>home</u>"] * 2
    found = read(
        srt(*((f"00:00:0{at},000 --> 00:00:0{at + 1},000", s) for at, s in enumerate(states)))
    )
    assert texts(found) == ["come home", "come home"]
    assert timed(found)[2] == ("come", 2.0, 3.0)


def test_emphasis_is_no_highlight() -> None:
    found = read(
        srt(
            ("00:00:00,000 --> 00:00:01,000", "I <i>never</i> did"),
            ("00:00:01,000 --> 00:00:02,000", "I <i>never</i> did"),
        )
    )
    assert texts(found) == ["I never did", "I never did"]


def test_growing_captions_are_read_once() -> None:
    states = ["boats", "boats come", "boats come home", "and", "and stay"]
    found = read(
        srt(*((f"00:00:0{at},000 --> 00:00:0{at + 1},000", s) for at, s in enumerate(states)))
    )
    assert texts(found) == ["boats come home", "and stay"]
    assert [start for _, start, _ in timed(found)] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_typed_captions_are_read_once() -> None:
    line = "boats come home"
    cues = [
        (f"00:00:00,{at * 40:03} --> 00:00:00,{at * 40 + 40:03}", line[: at + 1].strip())
        for at in range(len(line))
    ]
    assert texts(read(srt(*cues))) == [line]


@pytest.mark.parametrize("lines", [3, 4, 12])
@pytest.mark.parametrize("height", [2, 3])
def test_rolling_captions_are_read_once_however_short(lines: int, height: int) -> None:
    spoken = [f"line number {at} here" for at in range(lines + height)]
    cues = [
        (f"00:00:{at:02},000 --> 00:00:{at + 1:02},000", "\n".join(spoken[at : at + height]))
        for at in range(lines)
    ]
    assert " ".join(texts(read(srt(*cues)))) == " ".join(spoken[: lines + height - 1])


@pytest.mark.parametrize(
    "cues",
    [
        ["Row the boat", "Row the boat", "Row the boat ashore"],
        ["La", "La la", "La la la"],
        ["No.", "No. Never."],
        ["verse one\nlet it be", "let it be\nverse two", "and now", "something else", "the end"],
        ["hey\nhey", "hey\nhey", "hey\nhey"],
    ],
)
def test_refrains_and_repeated_words_stay(cues: list[str]) -> None:
    found = read(in_a_row(cues))
    assert texts(found) == [" ".join(cue.split()) for cue in cues]
    assert found.warnings == ()


@pytest.mark.parametrize("window", [1, 2])
def test_rolling_captions_whose_lines_were_joined_are_read_once(window: int) -> None:
    lines = [
        "so today we are",
        "going to talk",
        "about gulls and",
        "about terns and",
        "how they nest",
    ]
    cues = [" ".join(lines[max(0, at - window) : at + 1]) for at in range(len(lines))]
    cues.insert(2, cues[1])
    found = read(in_a_row(cues))
    assert " ".join(texts(found)) == " ".join(lines)
    assert "read once (5)" in found.warnings[0]


@pytest.mark.parametrize(
    "cues",
    [
        ["Fear leads to anger", "anger leads to hate", "hate leads to pain", "pain leads to this"],
        ["la la la", "la la la", "la la la", "la la la oh", "la la oh"],
        ["I go home", "home I go", "go I must", "must I go home"],
    ],
)
def test_speech_that_begins_as_it_ended_stays(cues: list[str]) -> None:
    assert texts(read(in_a_row(cues))) == cues


def test_a_shadow_of_a_line_is_not_said_again() -> None:
    found = read(
        "[Script Info]\n[Events]\nFormat: Start, End, Text\n"
        "Dialogue: 0:00:01.00,0:00:02.00,Hello, you\nDialogue: 0:00:01.00,0:00:02.00,Hello, you\n"
    )
    assert texts(found) == ["Hello, you"]


# Encodings


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        ("Чайки живут у моря и кричат", "cp1251", "und"),
        ("Чайки живут у моря и кричат", "koi8_r", "ru"),
        ("Чайки живут у моря и кричат", "cp866", "uk"),
        ("かもめは港に住んでいます。", "cp932", "und"),
        ("かもめは港に住んでいます。", "euc_jp", "ja"),
        ("海鸥住在港口附近的岩石上。", "gbk", "und"),
        ("海鷗住在港口附近的岩石上。", "big5", "zh"),
        ("갈매기는 항구에 삽니다", "cp949", "ko"),
        ("Οι γλάροι ζουν στο λιμάνι", "cp1253", "el"),
        ("השחפים חיים ליד הנמל", "cp1255", "he"),
        ("นกนางนวลอยู่ใกล้ท่าเรือ", "cp874", "th"),
        ("Mewy żyją przy porcie, śpiewając", "cp1250", "pl"),
        ("Martılar limanın yanında yaşıyor", "cp1254", "tr"),
        ("Die Möwen schlafen über der Straße", "cp1252", "und"),
        ("Die Möwen grüßen über der Straße", "mac_roman", "und"),
        ("Die Möwen grüßen über der Straße", "cp850", "de"),
        ("Mewy żyją przy porcie, śpiewając", "cp1250", "und"),
        ("Mewy żyją przy porcie, śpiewając", "iso8859_2", "und"),
        ("Rackové žijí u přístavu, říká se", "cp1250", "und"),
        ("A sirályok a kikötőnél élnek, űzik egymást", "cp1250", "und"),
        ("Martılar çok güzel, yanında yaşıyor", "cp1254", "und"),
        ("Les mouettes, là où ça crie à cœur joie", "cp1252", "und"),
        ("As gaivotas não vêm à praia às três", "cp1252", "und"),
        ("השחפים חיים ליד הנמל ועפים גבוה", "cp1255", "und"),
        ("Чайки живут у моря и кричат", "mac_cyrillic", "ru"),
        ("Mewy żyją przy porcie, śpiewając głośno", "mac_latin2", "pl"),
        ("Rackové žijí u přístavu, říká se", "mac_latin2", "und"),
        ("Οι γλάροι ζουν στο λιμάνι", "mac_greek", "el"),
        ("Οι γλάροι ζουν στο λιμάνι", "cp737", "el"),
        ("Martılar limanın yanında yaşıyor", "mac_turkish", "tr"),
        ("かもめは港に住んでいます。", "iso2022_jp", "und"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_old_encodings_are_told_apart_and_named(
    text: str, encoding: str, language: str, as_text: bool
) -> None:
    raw = text if as_text else srt(("00:00:01,000 --> 00:00:02,000", text))
    found = read_file(raw.encode(encoding), "txt" if as_text else None, language=language)
    spoken = "".join("".join(texts(found)).split())
    assert spoken == "".join(text.split())
    assert "not UTF-8" in found.warnings[0]
    assert "name its language" in found.warnings[0]


def test_a_file_put_together_of_two_encodings_is_read_line_by_line() -> None:
    times = [f"00:00:0{n},000 --> 00:00:0{n},900" for n in (1, 2, 3)]
    lines = ["Möwen über dem Meer", "größer als Tauben", "Gänse fliegen"]
    one = srt(*zip(times[:2], lines[:2], strict=True)).encode()
    other = srt((times[2], lines[2])).encode("cp1252")
    found = read(one + b"\n" + other)
    assert texts(found) == lines
    assert "UTF-8 and windows-1252" in found.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "mac_roman"])
def test_json_may_be_in_any_encoding(encoding: str) -> None:
    raw = '{"segments": [{"start": 0, "end": 1, "text": "Größere Möwen"}]}'
    assert texts(read_file(raw.encode(encoding))) == ["Größere Möwen"]


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\ud83d\\ud83d\\ude00"])
def test_half_a_sign_in_json_does_not_lose_the_rest(half: str) -> None:
    found = read('{"segments": [{"start": 0, "end": 1, "text": "Gulls ' + half + ' nest"}]}')
    words = texts(found)[0].split()
    assert (words[0], words[-1]) == ("Gulls", "nest")
    words[1].encode()


def test_damaged_utf_8_is_not_taken_for_another_encoding() -> None:
    raw = srt(("00:00:01,000 --> 00:00:02,000", "Möwen über Brücken fliegen spät")).encode()
    found = read(raw.replace("ä".encode(), b"\xc3"))
    assert texts(found)[0].startswith("Möwen über Brücken")
    assert "damaged" in found.warnings[0]


def test_utf_16_without_a_mark_is_read() -> None:
    raw = srt(("00:00:01,000 --> 00:00:02,000", "Möwen")).encode("utf-16-le")
    assert texts(read(raw)) == ["Möwen"]


# Text exports


@pytest.mark.parametrize(
    "raw",
    [
        "Ada Byron  0:03\nGulls nest.\n\nBo Lund  1:09\nThey stay.\n",
        "Ada Byron (00:03):\nGulls nest.\n\nBo Lund (01:09):\nThey stay.\n",
        "Weekly\n\n[Ada Byron] 00:00:03\nGulls nest.\n\n[Bo Lund] 00:01:09\nThey stay.\n",
        "Ada Byron    00:00:03    Gulls nest.\nBo Lund    00:01:09    They stay.\n",
        "Ada Byron\t0:03\tGulls nest.\nBo Lund\t1:09\tThey stay.\n",
        "[00:00:03] Ada Byron: Gulls nest.\n[00:01:09] Bo Lund: They stay.\n",
        "00:00:03 Ada Byron: Gulls nest.\n00:01:09 Bo Lund: They stay.\n",
        "<html><div>Ada Byron 0:03</div><div>Gulls nest.</div><p>Bo Lund 1:09<br>They stay.</html>",
    ],
)
def test_text_exports_keep_speakers_and_times(raw: str) -> None:
    found = read(raw, "html" if raw.startswith("<") else "txt")
    said = [(s.speaker, s.start, s.text) for s in found.transcript.segments if s.speaker]
    assert said == [("Ada Byron", 3.0, "Gulls nest."), ("Bo Lund", 69.0, "They stay.")]


@pytest.mark.parametrize(
    ("raw", "starts"),
    [
        ("[00:00:03] Gulls nest.\n[00:01:09] They stay.\n", [3.0, 69.0]),
        ("0:03\nGulls\nnest.\n1:09\nThey stay.\n", [3.0, 69.0]),
        (
            "[00:03.500 --> 00:04.750]  Gulls nest.\n[00:04.750 --> 00:06.000]  They stay.",
            [3.5, 4.75],
        ),
    ],
)
def test_text_with_times_alone(raw: str, starts: list[float]) -> None:
    found = read(raw)
    assert [segment.start for segment in found.transcript.segments] == starts
    assert texts(found) == ["Gulls nest.", "They stay."]


def test_times_that_are_spoken_are_speech() -> None:
    raw = "10:30 is when we met.\n\nAnd 11:15 is when we left.\n\nThat was all.\n\nNine: 9:00.\n"
    assert "10:30 is when we met." in texts(read(raw, "txt"))[0]


# JSON of others


PIECES = [
    (" C", 0.1, 0.2),
    ("'est", 0.2, 0.4),
    (" 3", 0.5, 0.6),
    (",000", 0.6, 0.9),
    ("%.", 0.9, 1.0),
]


@pytest.mark.parametrize("text", [" C'est 3,000%.", "", None])
def test_word_pieces_are_joined(text: str | None) -> None:
    words = [{"word": w, "start": a, "end": b} for w, a, b in PIECES]
    found = read(
        {"language": "fr", "segments": [{"start": 0, "end": 1, "text": text, "words": words}]}
    )
    assert timed(found) == [("C'est", 0.1, 0.4), ("3,000%.", 0.5, 1.0)]


def test_words_without_punctuation_get_it_from_the_text() -> None:
    words = [
        {"text": w, "start": at, "end": at + 0.5} for at, w in enumerate(["well", "gulls", "nest"])
    ]
    found = read(
        {"segments": [{"start": 0, "end": 3, "text": " Well – gulls nest.", "words": words}]}
    )
    assert texts(found) == ["Well – gulls nest."]
    assert [w.start for w in found.transcript.words() if not w.estimated] == [0.0, 1.0, 2.0]


def test_words_that_do_not_spell_the_text_are_left() -> None:
    letters = [{"word": c, "start": 0.1, "end": 0.2} for c in "xyzxyzxyz"]
    found = read({"segments": [{"start": 1, "end": 2, "text": "gulls nest", "words": letters}]})
    assert texts(found) == ["gulls nest"]
    assert all(word.estimated for word in found.transcript.words())
    assert "words that cannot be used" in found.warnings[0]


def test_a_wrong_language_does_not_take_the_spaces_away() -> None:
    words = [
        {"word": w, "start": at, "end": at + 0.5} for at, w in enumerate(["Gulls", "nest", "here"])
    ]
    found = read(
        {
            "language": "zh",
            "segments": [{"start": 0, "end": 3, "text": "Gulls nest here", "words": words}],
        }
    )
    assert texts(found) == ["Gulls nest here"]
    assert found.transcript.language == "und"
    assert "zh" in found.warnings[0]


SAID = [("Gulls", 0.25, 0.5), ("nest.", 0.75, 1.0)]
_W = [{"word": w, "start": a, "end": b} for w, a, b in SAID]
_MS = [{"text": w, "start": int(a * 1000), "end": int(b * 1000)} for w, a, b in SAID]
FOREIGN: dict[str, Any] = {
    "openai": {
        "language": "english",
        "segments": [{"id": 0, "start": 0, "end": 1.2, "text": " Gulls nest."}],
        "words": [{**w, "word": w["word"].strip(".")} for w in _W],
    },
    "whisperx word_segments": {
        "segments": [{"start": 0, "end": 1.2, "text": "Gulls nest."}],
        "word_segments": _W,
    },
    "words alone": {"text": "Gulls nest.", "words": _W},
    "assemblyai": {"id": "x", "text": "Gulls nest.", "words": _MS},
    "deepgram": {
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {"words": [{**w, "punctuated_word": w["word"], "word": "x"} for w in _W]}
                    ]
                }
            ]
        }
    },
    "amazon": {
        "results": {
            "items": [
                {
                    "type": "pronunciation",
                    "start_time": str(a),
                    "end_time": str(b),
                    "alternatives": [{"content": w.strip("."), "confidence": "0.9"}],
                }
                for w, a, b in SAID
            ]
            + [{"type": "punctuation", "alternatives": [{"content": "."}]}]
        }
    },
    "rev": {
        "monologues": [
            {
                "speaker": 0,
                "elements": [
                    {"type": "text", "value": "Gulls", "ts": 0.25, "end_ts": 0.5},
                    {"type": "punct", "value": " "},
                    {"type": "text", "value": "nest", "ts": 0.75, "end_ts": 1.0},
                    {"type": "punct", "value": ". "},
                ],
            }
        ]
    },
    "whisper.cpp": {
        "result": {"language": "en"},
        "transcription": [
            {
                "offsets": {"from": 0, "to": 1200},
                "text": " Gulls nest.",
                "tokens": [
                    {"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}},
                    {"text": " Gul", "offsets": {"from": 250, "to": 400}},
                    {"text": "ls", "offsets": {"from": 400, "to": 500}},
                    {"text": " nest.", "offsets": {"from": 750, "to": 1000}},
                ],
            }
        ],
    },
}


@pytest.mark.parametrize("name", FOREIGN)
def test_json_of_other_makers_keeps_word_times(name: str) -> None:
    assert timed(read(FOREIGN[name])) == SAID


def test_json_without_word_times_keeps_those_of_segments() -> None:
    predecessor = {
        "speakers": {"spk_0": "Ada", "spk_1": "SPEAKER_01"},
        "segments": [
            {"speakerLabel": "spk_0", "start": 0, "end": 1, "text": "Gulls nest."},
            {"speakerLabel": "spk_1", "start": 2, "end": 3, "text": "They stay."},
        ],
    }
    bare = [
        {"start": 0, "end": 1, "text": "Gulls nest.", "speaker": "Ada"},
        {"start": "0:02", "end": "0:03.0", "text": "They stay.", "speaker": 1},
    ]
    youtube = {
        "events": [
            {"tStartMs": 0, "dDurationMs": 1000, "segs": [{"utf8": "Gulls nest."}]},
            {"tStartMs": 900, "segs": [{"utf8": "\n"}]},
            {"tStartMs": 2000, "dDurationMs": 1000, "segs": [{"utf8": "They stay."}]},
        ]
    }
    for form in (predecessor, bare, youtube):
        found = read(form)
        assert texts(found) == ["Gulls nest.", "They stay."]
        assert [segment.start for segment in found.transcript.segments] == [0.0, 2.0]
    assert [s.speaker for s in read(predecessor).transcript.segments] == ["Ada", "SPEAKER_01"]


def test_a_conversion_tells_what_it_noticed() -> None:
    converted = convert(b"WEBVTT\n\n0:0:1.5 --> 0:0:2.5\nHello\n", "vtt", "srt")
    assert converted.data == b"1\n00:00:01,500 --> 00:00:02,500\nHello\n\n"
    assert len(converted.warnings) == 1
