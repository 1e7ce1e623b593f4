"""What other programs export, from meeting rooms, editors, recognisers and players of old."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from captions.domain.parsers.json_found import found_transcript
from captions.reading import ReadFile, format_of_file, read_file
from everyword_events import InvalidInput

Heard = list[tuple[float, str | None, str]]
ADA, BO = "Gulls nest here.", "They stay."
BOTH = [(3.0, "Ada Byron", ADA), (69.0, "Bo Lund", BO)]
NOBODY = [(start, None, text) for start, _, text in BOTH]


def read(name: str, raw: str | bytes | dict[str, Any] | list[Any]) -> ReadFile:
    if not isinstance(raw, str | bytes):
        raw = json.dumps(raw)
    raw = raw.encode() if isinstance(raw, str) else raw
    return read_file(raw, format_of_file(Path(name), raw))


TIMES = ("00:00:03,000 --> 00:00:05,000", "00:01:09,000 --> 00:01:10,000")


def srt(*lines: str) -> str:
    return "".join(
        f"{number}\n{time}\n{line}\n\n"
        for number, (time, line) in enumerate(zip(TIMES, lines, strict=True), 1)
    )


def heard(found: ReadFile) -> Heard:
    names = {one.label: one.name or one.label for one in found.transcript.speakers}
    return [
        (round(one.start, 2), names.get(one.speaker or ""), one.text)
        for one in found.transcript.segments
    ]


# Text with names and times


@pytest.mark.parametrize(
    "raw",
    [
        (
            "Call-20240305\n\nMarch 5, 2024, 1:02PM\n31m 5s\n\nAda Byron started transcription\n\n"
            f"Ada Byron   0:03\n{ADA}\n\nBo Lund   1:09\n{BO}\n"
        ),
        f"0:0:3.0 --> 0:0:5.870\nAda Byron\n{ADA}\n\n0:1:9.0 --> 0:1:10.5\nBo Lund\n{BO}\n",
        f"Ada Byron: [00:00:03] {ADA}\n\nBo Lund: [00:01:09] {BO}\n",
        f"[00:00:03.000] - Ada Byron\n{ADA}\n\n[00:01:09.000] - Bo Lund\n{BO}\n",
        f"00:00:03\tAda Byron:\t{ADA}\n00:01:09\tBo Lund:\t{BO}\n",
        f"Ada Byron (00:03.0)\n{ADA}\n\nBo Lund (01:09.0)\n{BO}\n",
        (
            f"Meeting\nTue, Mar 5, 2024 • 31:05\n\nSPEAKERS\nAda Byron, Bo Lund\n\n"
            f"Ada Byron  00:03\n{ADA}\n\nBo Lund  01:09\n{BO}\n\nTranscribed by https://otter.ai\n"
        ),
    ],
    ids=["teams", "stream", "sonix", "happyscribe", "zoom", "riverside", "otter"],
)
def test_text_of_meetings_and_services(raw: str) -> None:
    assert heard(read("talk.txt", raw)) == BOTH


@pytest.mark.parametrize(
    "raw",
    [
        f"Ada Byron\n00:03\n{ADA}\nBo Lund\n01:09\n{BO}\n",
        f"Ada Byron:\n0:03\n{ADA}\nBo Lund:\n1:09\n{BO}\n",
        f"Ada Byron: 00:00:03\n{ADA}\nBo Lund: 00:01:09\n{BO}\n",
        f"0:03 - Ada Byron\n  {ADA}\n\n1:09 - Bo Lund\n  {BO}\n",
        f"00:00:03:00 - 00:00:05:12\nAda Byron\n{ADA}\n\n00:01:09:00 - 00:01:10:00\nBo Lund\n{BO}",
        (
            f"[00:00:03:00 - 00:00:05:12]\n\nAda Byron\n{ADA}\n\n"
            f"[00:01:09:00 - 00:01:10:00]\n\nBo Lund\n{BO}"
        ),
        f"00:00:03,000 [Ada Byron]\n{ADA}\n\n00:01:09,000 [Bo Lund]\n{BO}\n",
        f"#00:00:03-0# Ada Byron: {ADA}\n#00:01:09-0# Bo Lund: {BO}\n",
        f"[3.00s -> 5.00s] Ada Byron: {ADA}\n[69.00s -> 71.00s] Bo Lund: {BO}\n",
        f"[3.0 --> 5.0]  Ada Byron: {ADA}\n[69.0 --> 71.0]  Bo Lund: {BO}\n",
        (
            f"Timespan\tContent\tSpeaker\n0:03.0 - 0:05.5\t{ADA}\tAda Byron\n"
            f"1:09.0 - 1:10.0\t{BO}\tBo Lund\n"
        ),
    ],
    ids=[
        *("fireflies", "names with colons", "colons before times", "fathom", "premiere"),
        *("resolve", "names in brackets", "maxqda", "faster-whisper", "seconds", "nvivo"),
    ],
)
def test_text_of_editors_and_transcribers(raw: str) -> None:
    assert heard(read("talk.txt", raw)) == BOTH


def test_times_behind_what_was_said_are_its_end() -> None:
    raw = f"Ada Byron: {ADA} #00:00:04-5#\n\nBo Lund: {BO} #00:00:09-1#\n"
    assert heard(read("interview.txt", raw)) == [(0.0, "Ada Byron", ADA), (4.5, "Bo Lund", BO)]


def test_hours_of_half_a_day_are_times_of_day() -> None:
    raw = f"11:59:50 AM Ada Byron: {ADA}\n1:01:09 PM Bo Lund: {BO}\n"
    found = read("a.txt", raw)
    assert heard(found) == [(0.0, "Ada Byron", ADA), (3679.0, "Bo Lund", BO)]
    assert "11:59:50" in found.warnings[0]


@pytest.mark.parametrize(
    "aloud", [("3 seconds", "1 minute, 9 seconds"), ("3 Sekunden", "1 Minute und 9 Sekunden")]
)
def test_times_that_a_page_says_once_more_are_not_spoken(aloud: tuple[str, str]) -> None:
    raw = f"0:03\n{aloud[0]}\n{ADA}\n1:09\n{aloud[1]}\n{BO}\n"
    assert heard(read("a.txt", raw)) == NOBODY
    assert heard(read("b.txt", f"0:03\n3 gulls\n{ADA}\n1:09\n{BO}\n"))[0][2] == f"3 gulls {ADA}"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("talk.txt", f"0001 00:00:03:00 00:00:05:00 {ADA}\n0002 00:01:09:00 00:01:10:00 {BO}\n"),
        (
            "talk.stl",
            f"$Bold = FALSE\n00:00:03:00 , 00:00:05:12 , {ADA}\n00:01:09:00 , 00:01:10:00 , {BO}",
        ),
        ("talk.txt", "00:00:03:Gulls|nest here.\n00:01:09:They|stay.\n"),
        ("talk.txt", f"0:00:03={ADA}\n0:01:09={BO}\n"),
    ],
    ids=["encore", "spruce", "tmplayer", "tmplayer with an equals sign"],
)
def test_captions_of_authoring_programs_in_lines(name: str, raw: str) -> None:
    assert heard(read(name, raw)) == NOBODY


@pytest.mark.parametrize("label", ["[SPEAKER_{n:02}] ", "(speaker {n})", "[Speaker {n}]: "])
def test_labels_in_brackets_are_speakers(label: str) -> None:
    lines = [f"{label.format(n=n)}{text}" for n, text in enumerate((ADA, BO))]
    txt = "".join(
        f"[{time.replace(',', '.')}]  {line}\n" for time, line in zip(TIMES, lines, strict=True)
    )
    for found in (read("a.srt", srt(*lines)), read("a.txt", txt)):
        assert [(text, bool(who)) for _, who, text in heard(found)] == [(ADA, True), (BO, True)]
        assert len(found.transcript.speakers) == 2
    sounds = read("a.srt", "1\n00:00:03,000 --> 00:00:05,000\n[Music] plays\n")
    assert heard(sounds) == [(3.0, None, "[Music] plays")]


def test_colons_of_full_width_stand_behind_names() -> None:
    found = read("a.txt", "話者1\uff1aかもめです。\n話者2\uff1aはい。\n")
    assert [who for _, who, _ in heard(found)] == ["話者1", "話者2"]
    prose = read("b.txt", "海鸥很多。\n他说\uff1a好的。\n我们走了。\n")
    assert [who for _, who, _ in heard(prose)] == [None]


def test_a_name_with_a_remark_is_the_name() -> None:
    raw = srt(f"ADA BYRON (V.O.): {ADA}", f"BO LUND: {BO}")
    assert [who for _, who, _ in heard(read("a.srt", raw))] == ["ADA BYRON", "BO LUND"]


def test_webex_names_speakers_in_the_cues_identifiers() -> None:
    raw = (
        f'WEBVTT\n\n1 "Ada Byron" (1536479232)\n00:00:03.000 --> 00:00:05.000\n{ADA}\n\n'
        f'2 "Bo Lund" (99)\n00:01:09.000 --> 00:01:10.000\n{BO}\n'
    )
    assert heard(read("call.vtt", raw)) == BOTH


@pytest.mark.parametrize("number", ["", "1 "])
def test_webex_text_names_speakers_above_the_times(number: str) -> None:
    raw = (
        f'{number}"Ada Byron" (1536479232)\n00:00:03.000 --> 00:00:05.000\n{ADA}\n\n'
        f'{number}"Bo Lund" (99)\n00:01:09.000 --> 00:01:10.000\n{BO}\n'
    )
    assert heard(read("call.txt", raw)) == BOTH
    assert not read("call.txt", raw).warnings


def test_what_stands_above_a_text_s_timed_names_is_no_speaker() -> None:
    raw = (
        f"Meeting: Birds\nDate: 2023-05-01\n\nAda Byron, 00:00:03 - 00:00:05\n{ADA}\n"
        f"Bo Lund, 00:01:09 - 00:01:10\n{BO}\n"
    )
    assert heard(read("call.txt", raw)) == BOTH


def test_minutes_of_half_a_day_are_not_seconds() -> None:
    raw = f"Ada Byron 12:03 PM\n{ADA}\n\nBo Lund 12:04 PM\n{BO}\n"
    assert [(at, who) for at, who, _ in heard(read("call.txt", raw))] == [
        *((0.0, "Ada Byron"), (60.0, "Bo Lund"))
    ]


def test_a_family_name_before_a_comma_and_a_guest_are_names() -> None:
    raw = f"Byron, Ada   0:03\n{ADA}\n\nBo Lund (Guest)   1:09\n{BO}\n"
    assert [speaker for _, speaker, _ in heard(read("talk.txt", raw))] == [
        "Byron, Ada",
        "Bo Lund (Guest)",
    ]


def test_a_meeting_whose_times_are_five_minutes_apart() -> None:
    raw = (
        "Weekly (2024-03-05 at 14:02 GMT) - Transcript\nAttendees\n\nAda Byron, Bo Lund\n\n"
        f"Transcript\n\nAda Byron: {ADA}\nBo Lund: {BO}\n\n00:05:00\n\nAda Byron: Later.\n"
        "Meeting ended after 00:05:12\n"
    )
    found = read("talk.txt", raw)
    assert [(who, text) for _, who, text in heard(found)] == [
        ("Ada Byron", ADA),
        ("Bo Lund", BO),
        ("Ada Byron", "Later."),
    ]
    assert found.transcript.segments[-1].start == 300.0
    assert "left out (4 lines)" in found.warnings[0]


def test_times_of_day_are_counted_from_the_first_and_told() -> None:
    found = read("a.txt", f"[Ada Byron] 12:00:03\n{ADA}\n\n[Bo Lund] 12:01:09\n{BO}\n")
    assert [start for start, _, _ in heard(found)] == [0.0, 66.0]
    assert "12:00:03" in found.warnings[0]


def test_what_is_said_before_the_first_time_stays() -> None:
    raw = f"Welcome, all of you. It is a fine day.\n\n[00:01:00] {ADA}\n\n[00:01:09] {BO}\n"
    found = read("a.txt", raw)
    assert heard(found)[0] == (0.0, None, "Welcome, all of you. It is a fine day.")
    assert not found.warnings


def docx(*paragraphs: str) -> bytes:
    body = "".join(
        "<w:p><w:r><w:rPr><w:b/></w:rPr>"
        + "<w:br/>".join(f"<w:t>{part}</w:t>" for part in one.split("\n"))
        + "</w:r></w:p>"
        for one in paragraphs
    )
    raw = BytesIO()
    with ZipFile(raw, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document><w:body>{body}</w:body></w:document>")
    return raw.getvalue()


def test_word_documents_of_meetings_are_read() -> None:
    new = docx("Call", f"Ada Byron   0:03\n{ADA}", f"Bo Lund   1:09\n{BO}")
    old = docx(f"0:0:3.0 --> 0:0:5.0\nAda Byron\n{ADA}", f"0:1:9.0 --> 0:1:11.0\nBo Lund\n{BO}")
    for raw in (new, old):
        assert heard(read("call.docx", raw)) == BOTH
    escaped = read_file(docx("Ada Byron   0:03\nGulls &amp; terns."))
    assert escaped.transcript.segments[0].text == "Gulls & terns."


def test_a_word_document_that_is_damaged_is_refused() -> None:
    raw = docx(f"Ada Byron   0:03\n{ADA}" * 50)
    with pytest.raises(InvalidInput, match="damaged"):
        read_file(raw[:-200], "docx")


# Captions of other players and programs


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        (
            "a.sub",
            f"{{1}}{{1}}25.000\n{{75}}{{125}}Gulls nest|here.\n{{1725}}{{1775}}{{y:i}}{BO}\n",
        ),
        ("a.txt", f"[30][50] Gulls nest|/here.\n[690][710] {BO}\n"),
        (
            "a.sub",
            (
                "[INFORMATION]\n[TITLE]x\n[END INFORMATION]\n[SUBTITLE]\n[COLF]&HFFFFFF,[SIZE]18\n"
                f"00:00:03.00,00:00:05.00\nGulls nest[br]here.\n\n00:01:09.00,00:01:11.00\n{BO}\n"
            ),
        ),
        (
            "a.smi",
            (
                '<SAMI><HEAD><STYLE TYPE="text/css"><!-- .EN {lang: en;} --></STYLE></HEAD><BODY>\n'
                f"<SYNC Start=3000><P Class=EN>Gulls nest<br>here.<P Class=FR>Les mouettes\n"
                f"<SYNC Start=5000><P Class=EN>&nbsp;\n<SYNC Start=69000><P Class=EN>{BO}</SAMI>"
            ),
        ),
        (
            "a.xml",
            (
                '<?xml version="1.0"?><transcript><text start="3.0" dur="2">Gulls nest here.</text>'
                f'<text start="69" dur="2">{BO}</text></transcript>'
            ),
        ),
        (
            "a.srv3",
            (
                '<timedtext format="3"><body><p t="3000" d="2000"><s>Gulls</s><s t="500"> nest</s>'
                f'<s t="900"> here.</s></p><p t="5000">\n</p><p t="69000" d="9">{BO}</p></body>'
                "</timedtext>"
            ),
        ),
        ("a.ctm", "a 1 3.0 0.5 Gulls\na 1 3.5 0.4 nest 0.9\na 1 4 0.4 here.\na 1 69 1 They stay."),
    ],
    ids=["microdvd", "mpl2", "subviewer", "sami", "srv1", "srv3", "ctm"],
)
def test_captions_of_other_players(name: str, raw: str) -> None:
    if name == "a.ctm":
        raw = raw.replace("69 1 They stay.", "69 0.5 They 1.0\na 1 69.5 0.5 stay.")
    found = read(name, raw)
    expected = [e for e in NOBODY if name != "a.smi" or "mouettes" not in e[2]]
    assert heard(found) == expected


def test_sami_of_two_languages_is_read_in_the_first() -> None:
    raw = "<SAMI><SYNC Start=1000><P Class=EN>Gulls<SYNC Start=1000><P Class=FR>Mouettes</SAMI>"
    assert [text for _, _, text in heard(read("a.smi", raw))] == ["Gulls"]


def test_frames_without_a_rate_are_told() -> None:
    found = read("a.sub", f"{{75}}{{125}}{ADA}\n")
    assert "23.976" in found.warnings[0]


@pytest.mark.parametrize(
    "raw",
    [
        (
            '"Speaker Name","Start Time","End Time","Text"\n'
            f'"Ada Byron","00:00:03:00","00:00:05:12","{ADA}"\n'
            f'"Bo Lund","00:01:09:00","00:01:11:23","{BO}"\n'
        ),
        f'speaker;start;end;text\n"Ada Byron";3,0;5,0;{ADA}\n"Bo Lund";69,0;71,0;{BO}\n',
        f'start,end,speaker,text\n3000,5000,Ada Byron," {ADA}"\n69000,71000,Bo Lund," {BO}"\n',
        f"Timecode\tSpeaker\tTranscript\n00:00:03\tAda Byron\t{ADA}\n00:01:09\tBo Lund\t{BO}\n",
    ],
    ids=["premiere", "semicolons", "whisper.cpp", "tabs"],
)
def test_tables_are_read_by_their_head(raw: str) -> None:
    assert heard(read("a.csv", raw)) == BOTH


def test_durations_and_frames_of_tables() -> None:
    raw = f"#,Timecode,Duration,Speakers,Text\n1,00;00;03;00,00;00;01;12,Ada Byron,{ADA}\n"
    found = read("t.csv", raw + f"2,00;01;09;00,00;00;01;00,Bo Lund,{BO}\n")
    assert heard(found) == BOTH
    assert found.transcript.segments[0].end == pytest.approx(4.5)
    alone = read("t.csv", f"start,text\n3.0,{ADA}\n69.0,{BO}\n")
    assert heard(alone) == NOBODY
    assert not alone.warnings


def test_a_row_without_a_time_is_told() -> None:
    found = read("a.csv", f"start,end,text\n1,2,{ADA}\nsoon,,{BO}\n")
    assert [text for _, _, text in heard(found)] == [ADA]
    assert "1 of 2 captions has no time" in found.warnings[0]


def test_times_of_words_in_apple_s_ttml_are_the_file_s_own() -> None:
    raw = (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata">'
        '<body><div><p begin="3.0" end="5.0" ttm:agent="SPEAKER_1">'
        '<span begin="3.0" end="4.5"><span begin="3.0" end="3.4">Gulls</span> '
        '<span begin="1:03.5" end="3.9">nest</span></span></p></div></body></tt>'
    ).replace("1:03.5", "0:03.5")
    words = list(read("a.ttml", raw).transcript.words())
    assert [(w.word, w.start, w.estimated) for w in words] == [
        ("Gulls", 3.0, False),
        ("nest", 3.5, False),
    ]


def test_metadata_of_meetings_in_webvtt_is_what_was_said() -> None:
    cue = {"speakerName": "Ada Byron", "spokenText": ADA, "spokenLanguage": "en-us"}
    raw = f"WEBVTT\n\n00:00:03.000 --> 00:00:05.000\n{json.dumps(cue)}\n"
    assert heard(read("a.vtt", raw)) == BOTH[:1]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"\x00\x00\x01\xba" + bytes(60), "pictures"),
        (b"# VobSub index file, v7\n", "pictures"),
        (b"SPEAKER talk 1 0.1 2.3 <NA> <NA> A <NA> <NA>\n", "who speaks"),
    ],
)
def test_what_holds_no_words_is_refused_with_what_to_export(raw: bytes, what: str) -> None:
    with pytest.raises(InvalidInput, match=what) as refused:
        read_file(raw)
    assert "SRT" in str(refused.value.hint)


# JSON


def words(start: str, end: str, text: str, *, per_s: float = 1) -> list[dict[str, Any]]:
    """Return the words of both lines, under a service's names."""
    spoken = [(3.0, "Gulls"), (3.5, "nest"), (4.0, "here."), (69.0, "They"), (69.5, "stay.")]
    long = 0.4 if "dur" in end.lower() else None
    return [
        {
            text: word,
            start: type(per_s)(at * per_s) if per_s != 1 else at,
            end: type(per_s)((long or at + 0.4) * per_s) if per_s != 1 else long or at + 0.4,
        }
        for at, word in spoken
    ]


SEGMENTS: dict[str, Any] = {
    "youtube-transcript-api": [
        {"text": ADA, "start": 3.0, "duration": 2.0},
        {"text": BO, "start": 69.0, "duration": 2.0},
    ],
    "transformers": {
        "text": f"{ADA} {BO}",
        "chunks": [
            {"timestamp": [3.0, 5.0], "text": f" {ADA}"},
            {"timestamp": [69.0, None], "text": f" {BO}"},
        ],
    },
    "azure fast": {
        "combinedPhrases": [{"text": f"{ADA} {BO}"}],
        "phrases": [
            {"offsetMilliseconds": 3000, "durationMilliseconds": 2000, "text": ADA},
            {"offsetMilliseconds": 69000, "durationMilliseconds": 2000, "text": BO},
        ],
    },
    "faster-whisper": [
        [1, 0, 3.0, 5.0, f" {ADA}", [50364, 2], -0.2, 1.2],
        [2, 0, 69.0, 71.0, f" {BO}", [50364, 2], -0.2, 1.2],
    ],
    "podcastindex-like": {
        "lines": [{"begin": "0:03", "stop": "0:05", "body": ADA}, {"begin": "1:09", "body": BO}]
    },
    "trint": {"transcript": {"words": words("time", "duration", "value", per_s=1000)}},
    "vosk": [
        {"result": words("start", "end", "word")[:3], "text": ADA},
        {"result": words("start", "end", "word")[3:], "text": BO},
    ],
    "nemo": {"timestamp": {"word": words("start", "end", "word"), "segment": []}},
    "happyscribe": [
        {"words": words("data_start", "data_end", "text")[:3]},
        {"words": words("data_start", "data_end", "text")[3:]},
    ],
    "azure sdk": [
        {"DisplayText": text, "NBest": [{"Words": spoken}]}
        for text, spoken in (
            (ADA, words("Offset", "Duration", "Word", per_s=10_000_000)[:3]),
            (BO, words("Offset", "Duration", "Word", per_s=10_000_000)[3:]),
        )
    ],
    "google operation": {
        "response": {
            "results": [
                {
                    "alternatives": [
                        {
                            "transcript": f"{ADA} {BO}",
                            "words": [
                                {"word": "Gulls", "startTime": "3s", "endTime": "3.4s"},
                                {"word": "nest", "startTime": "3.500s", "endTime": "3.9s"},
                            ],
                        }
                    ],
                }
            ]
        }
    },
}


@pytest.mark.parametrize("maker", SEGMENTS)
def test_json_of_any_maker_is_read_by_what_its_lists_hold(maker: str) -> None:
    if maker == "google operation":
        expected: Heard = [(3.0, None, "Gulls nest")]
    else:
        expected = NOBODY
    assert heard(read("a.json", SEGMENTS[maker])) == expected


NAMED: dict[str, Any] = {
    "podlove": [
        {"start": "00:00:03.000", "start_ms": 3000, "speaker": "1", "voice": "Ada Byron"}
        | {"text": ADA},
        {"start": "00:01:09.000", "start_ms": 69000, "speaker": "2", "voice": "Bo Lund"}
        | {"text": BO},
    ],
    "premiere": {
        "segments": [
            {"duration": 2.0, "speaker": "a-1", "start": 3.0}
            | {"words": words("start", "duration", "text")[:3]},
            {"duration": 2.0, "speaker": "b-2", "start": 69.0}
            | {"words": words("start", "duration", "text")[3:]},
        ],
        "speakers": [{"id": "a-1", "name": "Ada Byron"}, {"id": "b-2", "name": "Bo Lund"}],
    },
    "video indexer": {
        "videos": [
            {
                "insights": {
                    "transcript": [
                        {"text": ADA, "speakerId": 1}
                        | {"instances": [{"start": "0:00:03", "end": "0:00:05.2"}]},
                        {"text": BO, "speakerId": 2}
                        | {"instances": [{"start": "0:01:09", "end": "0:01:11"}]},
                    ],
                    "speakers": [{"id": 1, "name": "Ada Byron"}, {"id": 2, "name": "Bo Lund"}],
                }
            }
        ]
    },
    "sonix": {
        "transcript": [
            {"speaker": "Ada Byron", "start_time": 3.0, "end_time": 5.0, "text": ADA},
            {"speaker": "Bo Lund", "start_time": 69.0, "end_time": 71.0, "text": BO},
        ]
    },
    "insanely-fast-whisper": {
        "speakers": [
            {"speaker": "Ada Byron", "timestamp": [3.0, 5.0], "text": ADA},
            {"speaker": "Bo Lund", "timestamp": [69.0, 71.0], "text": BO},
        ],
        "chunks": [
            {"timestamp": [3.0, 5.0], "text": ADA},
            {"timestamp": [69.0, 71.0], "text": BO},
        ],
    },
    "deepgram, two channels": {
        "results": {
            "channels": [
                {"alternatives": [{"words": words("start", "end", "word")[:3]}]},
                {"alternatives": [{"words": words("start", "end", "word")[3:]}]},
            ]
        }
    },
}


def participant(name: str, said: list[dict[str, Any]]) -> dict[str, Any]:
    """Return Recall's form: who took part, and words with times of day beside the seconds."""
    words = [
        {
            "text": one["text"],
            "start_timestamp": {"absolute": "2025-01-01T10:00:00Z", "relative": one["a"]},
            "end_timestamp": {"absolute": "2025-01-01T10:00:01Z", "relative": one["b"]},
        }
        for one in said
    ]
    return {"participant": {"id": 7, "name": name}, "words": words}


NAMED |= {
    "recall": [
        participant("Ada Byron", words("a", "b", "text")[:3]),
        participant("Bo Lund", words("a", "b", "text")[3:]),
    ],
    "editor": {
        "blocks": [
            {"text": ADA, "data": {"speaker": "Ada Byron", "start": 3.0}}
            | {"words": words("start", "end", "text")[:3]},
            {"text": BO, "data": {"speaker": "Bo Lund", "start": 69.0}}
            | {"words": words("start", "end", "text")[3:]},
        ],
        "entityMap": {},
    },
    "words beside paragraphs": {
        "words": [{"id": n, **one} for n, one in enumerate(words("start", "end", "text"))],
        "paragraphs": [
            {"id": 0, "start": 3.0, "end": 5.0, "speaker": "Ada Byron"},
            {"id": 1, "start": 69.0, "end": 71.0, "speaker": "Bo Lund"},
        ],
    },
    "turns in milliseconds": {
        "words": words("start", "end", "word", per_s=1000.0),
        "turns": [
            {"start": 2900.0, "end": 5000.0, "speaker": {"name": "Ada Byron"}},
            {"start": 68000.0, "end": 71000.0, "speaker": {"name": "Bo Lund"}},
        ],
    },
    "zoom": {
        "timeline": [
            {"text": ADA, "ts": "00:00:03.000", "end_ts": "00:00:05.000"}
            | {"users": [{"username": "Ada Byron", "multiple_people": False}]},
            {"text": BO, "ts": "00:01:09.000", "end_ts": "00:01:11.000"}
            | {"users": [{"username": "Bo Lund"}]},
        ]
    },
    "stream": {
        "entries": [
            {"text": ADA, "speakerId": "x", "speakerDisplayName": "Ada Byron"}
            | {"startOffset": "00:00:03.0000000", "endOffset": "00:00:05.0000000"},
            {"text": BO, "speakerId": "y", "speakerDisplayName": "Bo Lund"}
            | {"startOffset": "00:01:09.0000000", "endOffset": "00:01:11.0000000"},
        ]
    },
    "trint's monologues": {
        "monologues": [
            {"speaker": {"id": "x", "name": name}}
            | {"elements": [{"type": "text", **one} for one in said]}
            for name, said in (
                ("Ada Byron", words("ts", "end_ts", "value")[:3]),
                ("Bo Lund", words("ts", "end_ts", "value")[3:]),
            )
        ]
    },
    "deepgram, a long silence": {
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {
                            "transcript": f"{ADA} {BO}",
                            "words": [
                                {**one, "speaker": "Ada Byron" if one["start"] < 60 else "Bo Lund"}
                                for one in words("start", "end", "word")
                            ],
                        }
                    ]
                }
            ]
        }
    },
}


@pytest.mark.parametrize("maker", NAMED)
def test_json_of_any_maker_keeps_who_speaks(maker: str) -> None:
    expected = BOTH
    if "channels" in maker:
        expected = [(3.0, "Channel 1", ADA), (69.0, "Channel 2", BO)]
    assert heard(read("a.json", NAMED[maker])) == expected


def test_lines_of_json_are_one_transcript() -> None:
    lines = "\n".join(json.dumps(one) for one in SEGMENTS["youtube-transcript-api"])
    assert heard(read("a.jsonl", lines)) == NOBODY


def test_a_page_inside_json_keeps_its_times() -> None:
    page = "".join(
        f'<p><span class="timestamp" data-timestamp="3">{at}</span> {text}</p>'
        for at, text in (("0:03", ADA), ("1:09", BO))
    )
    assert heard(read("a.otr", {"text": page, "media": "a.mp3"})) == NOBODY


def test_text_without_times_is_read_and_told() -> None:
    found = read("a.json", {"text": f"{ADA} {BO}"})
    assert found.transcript.segments[0].text == f"{ADA} {BO}"
    assert "no times" in found.warnings[0]


@pytest.mark.parametrize(
    "form",
    [
        {"chapters": [{"startTime": 0, "title": "Intro"}]},
        {"a": 1},
        [],
        [1, 2],
        [[1.0, 2.0]],
        {"items": [{"text": "no times"}]},
    ],
)
def test_json_that_is_no_transcript_is_refused(form: Any) -> None:
    assert found_transcript(form) is None
    with pytest.raises(InvalidInput):
        read("a.json", form)


def test_deep_and_odd_json_is_looked_at_in_bounds() -> None:
    form: Any = {"text": "x", "start": 1}
    for _ in range(12):
        form = [form, {"words": form}] if isinstance(form, dict) else {"a": form}
    assert found_transcript(form) is None
