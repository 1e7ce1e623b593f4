"""Text says where words end, words say when."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from everyword_transcripts import Word, read_transcript
from everyword_transcripts.words_along import words_along


def pieces(*texts: str) -> list[Word]:
    return [Word(text, at / 2, at / 2 + 0.4, 0.5) for at, text in enumerate(texts)]


def test_letters_become_the_words_of_the_text() -> None:
    words = words_along("by the sea", pieces(*"bythesea"), "ja")
    assert words is not None
    assert [(w.word, w.start, w.end) for w in words] == [
        ("by", 0.0, 0.9),
        ("the", 1.0, 2.4),
        ("sea", 2.5, 3.9),
    ]


def test_a_word_that_is_several_shares_its_time() -> None:
    words = words_along("New York is big", pieces("New York", "is big"), "en")
    assert words is not None
    assert [(w.word, round(w.start, 2), w.estimated) for w in words] == [
        ("New", 0.0, True),
        ("York", 0.17, True),
        ("is", 0.5, True),
        ("big", 0.66, True),
    ]


def test_the_text_does_not_cut_what_is_written_without_spaces() -> None:
    said = words_along("港に住む", pieces("港", "に", "住む"), "ja")
    assert said is not None
    assert [word.word for word in said] == ["港", "に", "住む"]


@given(st.lists(st.text("abcd", min_size=1, max_size=5), min_size=1, max_size=8), st.data())
def test_whatever_the_pieces_the_text_is_spelled_and_times_rise(
    tokens: list[str], data: st.DataObject
) -> None:
    letters = "".join(tokens)
    cuts = data.draw(st.sets(st.integers(1, max(1, len(letters) - 1))))
    bounds = [0, *sorted(cut for cut in cuts if cut < len(letters)), len(letters)]
    cut = pieces(*(letters[a:b] for a, b in pairwise(bounds)))
    words = words_along(" ".join(tokens), cut, "en")
    assert words is not None
    assert [word.word for word in words] == tokens
    times = [round(moment, 6) for word in words for moment in (word.start, word.end)]
    assert times == sorted(times)


def test_a_word_with_only_an_end_keeps_it() -> None:
    form = {
        "segments": [
            {
                "start": 0.0,
                "end": 9.0,
                "words": [
                    {"word": "a", "start": 0.0, "end": 1.0},
                    {"word": "b", "end": 5.0},
                    {"word": "c", "start": 6.0, "end": 7.0},
                ],
            }
        ]
    }
    a, b, c = read_transcript(json.dumps(form)).words()
    assert (b.end, b.estimated) == (5.0, True)
    assert 1.0 <= b.start < 5.0
    assert (a.end, c.start) == (1.0, 6.0)


def test_text_in_a_sound_file_decides_too() -> None:
    words = [
        {"word": "C", "start": 0.0, "end": 0.2},
        {"word": "'est", "start": 0.2, "end": 0.5},
    ]
    form = {
        "language": "fr",
        "segments": [{"start": 0.0, "end": 1.0, "text": " C'est", "words": words}],
    }
    assert [word.word for word in read_transcript(json.dumps(form)).words()] == ["C'est"]
