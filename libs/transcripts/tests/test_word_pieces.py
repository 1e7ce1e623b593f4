# ruff: noqa: RUF001 - signs of many scripts are what is tested
"""Words out of a recogniser's pieces, in languages with spaces and without."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_transcripts import WordPiece, begin_with_spaces, join_pieces


def words(*texts: str) -> list[str]:
    return [word.text for word in join_pieces(WordPiece(text) for text in texts)]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((" C", "'est", " vrai", "."), ["C'est", "vrai."]),
        ((" aujourd", "'", "hui"), ["aujourd'hui"]),
        ((" l", "’", "homme"), ["l’homme"]),
        ((" self", "-", "substantial"), ["self-substantial"]),
        ((" self", " -", "substantial"), ["self", "-substantial"]),
        ((" 3", ",000", " words"), ["3,000", "words"]),
        ((" 12", ".", "5"), ["12.5"]),
        ((" 40", "%", " of", " Node", ".js"), ["40%", "of", "Node.js"]),
        ((" 40", " %", " des", " gens"), ["40%", "des", "gens"]),
        ((" ça", " va", " ?"), ["ça", "va?"]),
        ((" «", " Oui", " »", ",", " dit", "-il"), ["«Oui»,", "dit-il"]),
        ((" ¿", "Qué", " tal", "?"), ["¿Qué", "tal?"]),
        ((" $", "30"), ["$30"]),
        ((" $", " 30"), ["$30"]),
        ((" -", " Yes", "."), ["-Yes."]),
        ((" A", " –", " B"), ["A–", "B"]),
        ((" C", "++", " code"), ["C++", "code"]),
        ((" AT", "&", "T"), ["AT&T"]),
        ((" user", "@", "example", ".org"), ["user@example.org"]),
        ((" foo", "(", "bar", ")"), ["foo(bar)"]),
        (("And", " so"), ["And", "so"]),
        ((" And ", "so"), ["And", "so"]),
        ((" And", " ", "so"), ["And", "so"]),
        ((" And", "", "roid"), ["Android"]),
        ((" ...",), []),
        ((" ♪",), ["♪"]),
        ((), []),
    ],
)
def test_a_word_begins_with_a_space(pieces: tuple[str, ...], expected: list[str]) -> None:
    assert words(*pieces) == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("你", "好", "，", "世", "界", "。"), ["你", "好，", "世", "界。"]),
        (("我", "用", " Node", ".js", "写"), ["我", "用", "Node.js", "写"]),
        (("100", "%", "的"), ["100%", "的"]),
        (("3", ".", "5", "度"), ["3.5", "度"]),
        (("「", "東京", "」", "です"), ["「東京」", "です"]),
        (("ラ", "ー", "メン"), ["ラー", "メン"]),
        (("人", "々"), ["人々"]),
        (("ก", "ำ", "ล", "ั", "ง"), ["ก", "ำ", "ลั", "ง"]),
        (("བོད་", "སྐད་"), ["བོད་", "སྐད་"]),
        ((" 안녕", "하세요", " 여러분"), ["안녕하세요", "여러분"]),
        ((" नम", "स्ते", " दुनिया"), ["नमस्ते", "दुनिया"]),
        ((" مرح", "با", "،", " يا"), ["مرحبا،", "يا"]),
    ],
)
def test_scripts_without_spaces_begin_a_word_with_every_piece(
    pieces: tuple[str, ...], expected: list[str]
) -> None:
    assert words(*pieces) == expected


def test_times_span_what_is_spoken_and_scores_are_averaged() -> None:
    (percent, done) = join_pieces(
        [
            WordPiece(" 40", 1.0, 1.4, 0.9),
            WordPiece("%", 1.4, 1.8, 0.7),
            WordPiece(" done", 2.0, 2.5, 0.8),
            WordPiece(" ?", 4.0, 4.2, 0.1),
        ]
    )
    assert (percent.start, percent.end) == (1.0, 1.8)
    assert percent.score == pytest.approx(0.8)
    assert done == WordPiece("done?", 2.0, 2.5, 0.8)


def test_a_time_that_is_missing_stays_missing() -> None:
    assert join_pieces([WordPiece(" a"), WordPiece("b", None, 2.0)]) == [
        WordPiece("ab", None, 2.0, None)
    ]


def test_pieces_are_told_from_words() -> None:
    assert begin_with_spaces(["And", " so"])
    assert not begin_with_spaces(["And", "so", "-", ""])


ALPHABETS = st.sampled_from("aZé9'’-.,?%$&«»(¿ñß你好ラー々ก็한가न्م♪ ")
TEXTS = st.lists(st.text(ALPHABETS, max_size=4), max_size=12)


@given(TEXTS)
def test_nothing_that_is_said_is_lost_and_no_word_is_empty_or_broken(texts: list[str]) -> None:
    joined = words(*texts)
    everything = re.sub(r"\s", "", "".join(texts))
    assert re.sub(r"\s", "", "".join(joined)) in (everything, "")
    assert bool(joined) or not any(c.isalnum() for c in everything)
    assert all(word == word.strip() and word for word in joined)
    if any(c.isalnum() for c in everything):
        assert all(any(c.isalnum() for c in word) for word in joined)


@given(st.lists(st.text(st.sampled_from("aZé9'-.,%한न"), min_size=1, max_size=5), max_size=9))
def test_text_cut_anywhere_gives_its_own_words_again(chosen: list[str]) -> None:
    """Where each word has a letter, the pieces' joins do not matter, only the spaces."""
    said = [f"{word}x" for word in chosen]
    whole = "".join(f" {word}" for word in said)
    pieces = [whole[at : at + 2] for at in range(0, len(whole), 2)]
    assert words(*pieces) == said


@given(
    st.lists(
        st.tuples(st.text(ALPHABETS, min_size=1, max_size=3), st.floats(0, 1), st.floats(0, 1)),
        max_size=12,
    )
)
def test_times_stay_in_order_and_inside(raw: list[tuple[str, float, float]]) -> None:
    at = 0.0
    pieces = []
    for text, gap, length in raw:
        start = at + gap
        at = start + length
        pieces.append(WordPiece(text, start, at))
    times = [time for word in join_pieces(pieces) for time in (word.start, word.end)]
    assert None not in times
    assert times == sorted(times, key=float)  # type: ignore[arg-type]
