"""A window's utterance is cut into sentences; no word is lost or moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_transcripts import PhoneSpan
from transcribe_gpu.domain.phrases import PAUSE_S, sentences
from transcribe_gpu.domain.speech import HeardWord, Utterance


def uttered(text: str, *, pause_s: float = 0.05) -> Utterance:
    words, at = [], 0.0
    for word in text.split():
        words.append(HeardWord(word, at, at + 0.3))
        at += 0.3 + pause_s
    return Utterance(0.0, at, tuple(words), "en", ("flag",))


def cut(utterance: Utterance) -> list[str]:
    return [" ".join(word.text for word in each.words) for each in sentences(utterance)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It rained. We left.", ["It rained.", "We left."]),
        ("Did it? Yes! 1984 was wet.", ["Did it?", "Yes!", "1984 was wet."]),
        ("He said “no.” She left.", ["He said “no.”", "She left."]),
        ("ask Dr. Smith or Mrs. Jones", ["ask Dr. Smith or Mrs. Jones"]),
        ("apples, e.g. green ones etc. and pears", ["apples, e.g. green ones etc. and pears"]),
        ("雨だ。 帰ろう。", ["雨だ。", "帰ろう。"]),
        ("no end at all", ["no end at all"]),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert cut(uttered(text)) == pieces


def test_an_abbreviation_before_a_breath_ends_a_sentence() -> None:
    assert cut(uttered("at the B.B. Then we left", pause_s=0.2)) == ["at the B.B.", "Then we left"]


def test_a_long_pause_ends_a_phrase_whatever_is_said() -> None:
    assert cut(uttered("well then", pause_s=PAUSE_S + 0.01)) == ["well", "then"]
    assert cut(uttered("well then", pause_s=PAUSE_S - 0.1)) == ["well then"]


def test_where_times_are_missing_nothing_is_cut() -> None:
    words = (HeardWord("Yes.", 0.0, None), HeardWord("No.", None, 1.0), HeardWord("Oh", 5.0, 6.0))
    whole = Utterance(0.0, 6.0, words, "en")
    assert cut(whole) == ["Yes. No.", "Oh"]


def test_flags_stay_with_the_first_and_sounds_with_their_time() -> None:
    whole = uttered("It rained. We left.")
    early, late = PhoneSpan(0.1, 0.2, "IH T"), PhoneSpan(0.8, 0.9, "W IY")
    first, second = sentences(
        Utterance(whole.start, whole.end, whole.words, "en", ("flag",), (early, late))
    )
    assert (first.flags, second.flags) == (("flag",), ())
    assert (first.phones, second.phones) == ((early,), (late,))


TIMES = st.none() | st.floats(0, 60)
WORDS = st.lists(
    st.builds(HeardWord, st.sampled_from(["A.", "b", "No!", "d?", "Dr."]), TIMES, TIMES)
)


@given(WORDS)
def test_no_word_is_lost_or_changed(words: list[HeardWord]) -> None:
    pieces = list(sentences(Utterance(0.0, 60.0, tuple(words), "en")))
    assert [word for piece in pieces for word in piece.words] == words
    assert all(piece.words for piece in pieces)
