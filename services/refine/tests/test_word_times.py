import time
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everyword_transcripts import Word
from refine.domain.diff import Hunk, hunks
from refine.domain.word_times import reconcile, respan

WORDS = st.sampled_from(["a", "the", "of", "Kubernetes", "kubernetes,", "net", "cluster", "ÅÄÖ"])


@st.composite
def utterances(draw: Any) -> Any:
    """Words in order without overlap, with and without silence between them."""
    at = draw(st.integers(0, 50)) / 10
    words = []
    for text in draw(st.lists(WORDS, min_size=1, max_size=25)):
        at += draw(st.sampled_from([0.0, 0.0, 0.02, 0.1, 1.5]))
        end = at + draw(st.sampled_from([0.05, 0.3, 0.8]))
        words.append(Word(text, at, end, 0.5, "S1", estimated=draw(st.booleans())))
        at = end
    return words


def test_unchanged_text_changes_nothing(say: Callable[..., list[Word]]) -> None:
    words = say("every word has its time")
    assert reconcile(words, "every word has its time", "en") == words


def test_a_split_word_shares_its_span_in_proportion_to_characters() -> None:
    got = reconcile([Word("everyword", 1.0, 1.9, 0.8, "A")], "every word", "en")
    assert [(w.word, w.start, w.end, w.speaker, w.estimated) for w in got] == [
        ("every", 1.0, pytest.approx(1.5), "A", True),
        ("word", pytest.approx(1.5), pytest.approx(1.9), "A", True),
    ]


def test_a_merged_word_takes_the_union(say: Callable[..., list[Word]]) -> None:
    words = say("run cube cuttle now")
    got = reconcile(words, "run kubectl now", "en")
    assert [w.word for w in got] == ["run", "kubectl", "now"]
    assert (got[1].start, got[1].end, got[1].estimated) == (words[1].start, words[2].end, False)
    assert got[0] is words[0]
    assert got[2] is words[3]


def test_an_inserted_word_fills_the_silence_between_its_neighbours() -> None:
    words = [Word("over", 0.0, 0.4), Word("world", 1.0, 1.5)]
    got = reconcile(words, "over the world", "en")
    assert got[1] == Word("the", 0.4, 1.0, None, None, estimated=True)
    assert got[0] is words[0]
    assert got[2] is words[1]


def test_an_inserted_word_without_silence_is_a_sliver_and_moves_nobody() -> None:
    words = [Word("over", 0.0, 0.7), Word("world", 0.7, 1.2)]
    got = reconcile(words, "over the world", "en")
    assert got[0] is words[0]
    assert got[2] is words[1]
    assert (got[1].word, got[1].start, got[1].end) == ("the", pytest.approx(0.68), 0.7)
    assert got[1].estimated


def test_a_word_inserted_first_is_a_sliver() -> None:
    words = [Word("house", 2.0, 2.8), Word("stands", 2.8, 3.0)]
    got = reconcile(words, "the house stands", "en")
    assert (got[0].word, got[0].start, got[0].end) == ("the", 2.0, 2.02)
    assert got[1:] == words


def test_a_deleted_words_span_goes_to_nobody(say: Callable[..., list[Word]]) -> None:
    words = say("so um yes")
    assert reconcile(words, "so yes", "en") == [words[0], words[2]]
    words = say("um so yes")
    assert reconcile(words, "so yes", "en") == words[1:]


def test_case_and_punctuation_keep_time_and_score(say: Callable[..., list[Word]]) -> None:
    words = say("welcome to berlin")
    got = reconcile(words, "Welcome to Berlin.", "en")
    assert [(w.start, w.end, w.score) for w in got[:2]] == [
        (w.start, w.end, w.score) for w in words[:2]
    ]
    assert (got[2].word, got[2].start, got[2].end) == ("Berlin.", words[2].start, words[2].end)


def test_a_deleted_speaker_does_not_lend_time_to_another() -> None:
    words = [Word("yes", 0.0, 0.4, None, "A"), Word("uh", 0.5, 0.7, None, "B")]
    words += [Word("right", 0.8, 1.0, None, "A")]
    got = reconcile(words, "yes right", "en")
    assert [(w.word, w.start, w.end, w.speaker) for w in got] == [
        ("yes", 0.0, 0.4, "A"),
        ("right", 0.8, 1.0, "A"),
    ]


def test_all_words_deleted_leaves_none(say: Callable[..., list[Word]]) -> None:
    assert reconcile(say("thanks for watching"), " ", "en") == []
    assert reconcile([], "anything", "en") == []


def test_unspaced_languages_are_reconciled_by_character() -> None:
    words = [Word("東", 0, 0.2), Word("京", 0.2, 0.4), Word("に", 0.4, 0.6)]
    got = reconcile(words, "東京へ", "ja")
    assert [(w.word, w.start, w.end) for w in got] == [
        ("東", 0, 0.2),
        ("京", 0.2, 0.4),
        ("へ", 0.4, 0.6),
    ]


@given(utterances(), st.lists(WORDS, max_size=25))
def test_any_edit_keeps_order_and_speakers(words: list[Word], new: list[str]) -> None:
    got = reconcile(words, " ".join(new), "en")
    assert [w.word for w in got] == new
    assert {w.speaker for w in got} <= {"S1"}
    assert all(w.start <= w.end for w in got)
    assert all(a.start <= b.start + 1e-9 for a, b in pairwise(got))
    assert all(words[0].start <= w.start <= w.end <= words[-1].end + 1e-9 for w in got)


@given(utterances(), st.data())
def test_random_hunks_keep_order_and_untouched_words(
    words: list[Word], data: st.DataObject
) -> None:
    edits = []
    at = 0
    while at < len(words):
        start = data.draw(st.integers(at, len(words) - 1))
        stop = data.draw(st.integers(start, min(len(words), start + 4)))
        tokens = tuple(data.draw(st.lists(WORDS, min_size=start == stop, max_size=4)))
        edits.append(Hunk(start, stop, tokens))
        at = stop + 1
    got = respan(words, edits)
    expected: list[str | Word] = list(words)
    for edit in reversed(edits):
        expected[edit.start : edit.stop] = edit.tokens
    assert [w.word for w in got] == [w if isinstance(w, str) else w.word for w in expected]
    for old, new in zip(expected, got, strict=True):
        assert isinstance(old, str) or new is old
    assert all(a.start <= b.start + 1e-9 for a, b in pairwise(got))


@given(st.lists(WORDS, max_size=30), st.lists(WORDS, max_size=30))
def test_hunks_turn_the_old_words_into_the_new(old: list[str], new: list[str]) -> None:
    result = list(old)
    for hunk in reversed(hunks(old, new)):
        result[hunk.start : hunk.stop] = hunk.tokens
    assert result == new


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([10, 2500, 6000]))
def test_hunks_of_long_texts_turn_the_old_words_into_the_new(seed: int, size: int) -> None:
    random = Random(seed)
    old = [str(random.randrange(3 * size)) for _ in range(size)]
    new = [w if random.random() > 0.3 else str(random.randrange(9)) for w in old]
    new = [w for w in new if random.random() > 0.1]
    result = list(old)
    for hunk in reversed(hunks(old, new)):
        result[hunk.start : hunk.stop] = hunk.tokens
    assert result == new


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary", [3, 1_000_000], ids=["repetitive", "varied"])
def test_a_quarter_million_words_are_reconciled_in_seconds(vocabulary: int) -> None:
    size = 250_000
    words = [Word(f"w{i * 7919 % vocabulary}", i * 0.5, i * 0.5 + 0.4) for i in range(size)]
    new = [w.word if i % 10 else f"x{i % 77}" for i, w in enumerate(words) if i % 23]
    started = time.process_time()
    got = reconcile(words, " ".join(new), "en")
    assert time.process_time() - started < 10
    assert len(got) == len(new)
    assert all(a.start <= b.start for a, b in pairwise(got))


def test_overlapping_input_words_never_make_starts_go_back() -> None:
    words = [Word("a", 0.0, 2.0), Word("bb", 1.0, 1.5), Word("c", 1.2, 3.0), Word("d", 3, 4)]
    for text in ("x y z w d", "xx d", "a q d", "a bb c d e", "c d"):
        got = reconcile(words, text, "en")
        assert all(a.start <= b.start for a, b in pairwise(got))
        assert all(w.start <= w.end for w in got)
