"""TextGrid, EAF and STM: tiers and lines of who says what from when until when."""

from pathlib import Path

import pytest

from captions.reading import format_of_file, read_file
from everyword_events import InvalidInput

Heard = list[tuple[float, float, str | None, str]]
BOTH: Heard = [(3.0, 5.0, "Ada", 'Gulls nest "here".'), (69.0, 71.0, "Bo", "They stay.")]


def heard(name: str, text: str | bytes) -> Heard:
    raw = text if isinstance(text, bytes) else text.encode()
    found = read_file(raw, format_of_file(Path(name), raw)).transcript
    return [(s.start, s.end, found.speaker_name(s.speaker), s.text) for s in found.segments]


def interval(number: int, start: float, end: float, text: str) -> str:
    return f'intervals [{number}]:\n xmin = {start}\n xmax = {end}\n text = "{text}"\n'


LONG = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 72\n'
    "tiers? <exists>\nsize = 3\nitem []:\n"
    'item [1]:\n class = "IntervalTier"\n name = "Ada"\n xmin = 0\n xmax = 72\n'
    "intervals: size = 2\n"
    + interval(1, 0, 3, "")
    + interval(2, 3, 5, 'Gulls nest ""here"".')
    + 'item [2]:\n class = "TextTier"\n name = "clicks"\n xmin = 0\n xmax = 72\n'
    'points: size = 1\npoints [1]:\n number = 4\n mark = "click"\n'
    'item [3]:\n class = "IntervalTier"\n name = "Bo"\n xmin = 0\n xmax = 72\n'
    "intervals: size = 1\n" + interval(1, 69, 71, "They stay.")
)
SHORT = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n72\n<exists>\n2\n'
    '"IntervalTier"\n"Ada"\n0\n72\n1\n3\n5\n"Gulls nest ""here""."\n'
    '"IntervalTier"\n"Bo"\n0\n72\n1\n69\n71\n"They stay."\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
def test_a_textgrid_s_tiers_are_speakers(text: str, encoding: str) -> None:
    assert heard("talk.TextGrid", text.encode(encoding)) == BOTH


@pytest.mark.parametrize(("tier", "who"), [("Ada - words", "Ada"), ("words", None)])
def test_an_aligner_s_words_keep_their_times_and_its_sounds_are_not_spoken(
    tier: str, who: str | None
) -> None:
    words = '3\n3.4\n"gulls"\n3.5\n3.9\n"nest"\n9\n9.4\n"here"\n'
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n72\n<exists>\n2\n'
        f'"IntervalTier"\n"{tier}"\n0\n72\n3\n{words}'
        f'"IntervalTier"\n"{tier.replace("words", "phones")}"\n0\n72\n1\n3\n3.2\n"G"\n'
    )
    assert heard("talk.TextGrid", text) == [(3.0, 3.9, who, "gulls nest"), (9.0, 9.4, who, "here")]
    found = read_file(text.encode()).transcript
    assert [(w.start, w.end, w.estimated) for w in found.words()][1] == (3.5, 3.9, False)


def eaf(slots: list[int | None]) -> str:
    times = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{n}"' + ("/>" if ms is None else f' TIME_VALUE="{ms}"/>')
        for n, ms in enumerate(slots)
    )

    def tier(name: str, more: str, text: str, a: int, b: int) -> str:
        return (
            f'<TIER TIER_ID="{name}" {more}><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{a}"'
            f' TIME_SLOT_REF1="ts{a}" TIME_SLOT_REF2="ts{b}"><ANNOTATION_VALUE>{text}'
            "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        )

    said = tier("tier 1", 'PARTICIPANT="Ada"', 'Gulls nest "here".', 0, 1)
    gloss = tier("gloss", 'PARENT_REF="tier 1"', "bird nests", 0, 1)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="" VERSION="3.0">'
        f"<TIME_ORDER>{times}</TIME_ORDER>{said}{gloss}{tier('Bo', '', 'They stay.', 2, 3)}"
        "</ANNOTATION_DOCUMENT>"
    )


def test_elan_s_tiers_are_speakers_and_their_glosses_are_not_spoken() -> None:
    assert heard("talk.eaf", eaf([3000, 5000, 69000, 71000])) == BOTH


def test_slots_without_a_time_lie_between_their_neighbours() -> None:
    assert [one[:2] for one in heard("talk.eaf", eaf([3000, None, None, 72000]))] == [
        *((3.0, 26.0), (49.0, 72.0))
    ]


@pytest.mark.parametrize("labels", ["", "<o,f0,female> "])
def test_stm_names_who_speaks(labels: str) -> None:
    text = (
        f';; a comment\ntalk 1 Ada 3.0 5.0 {labels}Gulls nest "here".\n'
        "talk 1 inter_segment_gap 5.0 69.0 <o,,> \n"
        f"talk 1 Bo 69.00 71.00 {labels}They stay.\n"
    )
    assert heard("talk.stm", text) == BOTH


@pytest.mark.parametrize(
    "text",
    [
        'File type = "ooTextFile"\nObject class = "PitchTier"\n0\n1\n',
        'File type = "ooTextFile"\n"IntervalTier"\n"Ada"\n0\n1\nmany\n',
        "<ANNOTATION_DOCUMENT/>",
        "<ANNOTATION_DOCUMENT>",
    ],
)
def test_what_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        heard("a.x", text)


def test_a_song_s_words_keep_their_times_each_time_it_is_sung() -> None:
    text = "[00:03.00][01:09.00]<00:03.00>Gulls <00:03.50>nest <00:04.00>here.\n[00:08.00]x y\n"
    found = read_file(text.encode(), "lrc").transcript
    assert [(w.word, w.start) for w in found.words() if not w.estimated] == [
        *(("Gulls", 3.0), ("nest", 3.5), ("here.", 4.0)),
        *(("Gulls", 69.0), ("nest", 69.5), ("here.", 70.0)),
    ]
    assert [one.text for one in found.segments] == ["Gulls nest here.", "x y", "Gulls nest here."]
