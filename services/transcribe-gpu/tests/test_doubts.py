"""What is doubtful in a window's text, judged against how sure its speech is."""

import numpy as np
import pytest

from transcribe_gpu.domain.doubts import Assessed, assess, is_phantom, missed_s
from transcribe_gpu.domain.speech import HeardWord, Hypothesis, Utterance
from transcribe_gpu.domain.voice_activity import FRAME_S
from transcribe_gpu.domain.windows import Window


def window(*stretches: tuple[float, float]) -> Window:
    """Return stretches of so many seconds, each with its probability of speech."""
    speech = np.concatenate(
        [np.full(round(seconds / FRAME_S), sure, np.float32) for seconds, sure in stretches]
    )
    samples = np.zeros(round(len(speech) * FRAME_S * 16_000), np.float32)
    return Window(0, samples, np.arange(len(speech)), speech, 0.0, len(speech) * FRAME_S)


def said(text: str, *, start: float = 0.0, word_s: float = 0.4, **measures: float) -> Hypothesis:
    words = tuple(
        HeardWord(word, start + word_s * at, start + word_s * (at + 0.9))
        for at, word in enumerate(text.split())
    )
    return Hypothesis(
        (Utterance(start, start + word_s * len(words), words, "en"),), "en", **measures
    )


def test_what_fits_its_sound_is_not_doubted() -> None:
    text = said("the fog came in over the harbour", log_probability=-0.2, compression=1.1)
    assert assess(text, window((3.0, 0.9))).doubts == ()


@pytest.mark.parametrize(
    ("hypothesis", "sound", "doubt"),
    [
        (said("well well", compression=2.5), [(1.0, 0.9)], "repetitive_text"),
        (said("and then " * 12), [(9.6, 0.9)], "repetitive_text"),
        (said("mumble", log_probability=-1.2), [(0.4, 0.9)], "improbable_text"),
        (said("Thank you for watching!"), [(1.6, 0.9), (1.0, 0.3)], "phantom_phrase"),
        (said("only this"), [(6.0, 0.9)], "missed_speech"),
        (said("nobody said these words"), [(4.0, 0.05)], "text_without_speech"),
        (said("oh", word_s=4.0), [(1.0, 0.9), (3.0, 0.2)], "stretched_word"),
    ],
)
def test_each_doubt(hypothesis: Hypothesis, sound: list[tuple[float, float]], doubt: str) -> None:
    assert assess(hypothesis, window(*sound)).doubts == (doubt,)


def test_a_phantom_phrase_amid_much_speech_is_believed() -> None:
    text = said("thanks for watching", word_s=2.0)
    assert assess(text, window((6.0, 0.9))).doubts == ()


@pytest.mark.parametrize(
    ("text", "phantom"),
    [
        ("Thanks for watching!", True),
        ("Please subscribe to my channel.", True),
        ("Untertitel der Amara.org-Community", True),
        ("Sous-titrage Société Radio-Canada", True),
        ("ご視聴ありがとうございました。", True),
        ("thanks for watching the children", False),
        ("the subtitles were wrong", False),
        ("", False),
    ],
)
def test_phantom_phrases(text: str, phantom: bool) -> None:
    assert is_phantom(text.split()) is phantom


def test_missed_speech_is_the_longest_stretch_without_a_word() -> None:
    speech = window((10.0, 0.9)).speech
    word = HeardWord("here", 4.0, 5.0)
    assert missed_s([], speech) == pytest.approx(10.0, abs=0.1)
    assert missed_s([word], speech) == pytest.approx(4.5, abs=0.1)
    assert missed_s([HeardWord("here", None, 5.0)], speech) < 5.0
    assert missed_s([word, HeardWord("somewhere", None, None)], speech) == 0.0
    assert missed_s([word], window((10.0, 0.4)).speech) == 0.0


def test_a_word_that_lasts_over_speech_hides_a_sentence_that_was_left_out() -> None:
    sure = Hypothesis((Utterance(0, 3, (HeardWord("sure", 0.3, 2.6),), "en"),), "en")
    assert assess(sure, window((3.0, 0.9))).doubts == ("missed_speech",)
    assert assess(sure, window((0.6, 0.9), (1.8, 0.02), (0.6, 0.9))).doubts == ("stretched_word",)


def test_fewer_doubts_are_better_then_the_likelier_text() -> None:
    sure = Assessed(said("a", log_probability=-0.9), ())
    likely = Assessed(said("b", log_probability=-0.1), ("missed_speech",))
    unlikely = Assessed(said("c", log_probability=-0.8), ("repetitive_text",))
    unknown = Assessed(said("d"), ("missed_speech",))
    assert sure.better_than(likely)
    assert not likely.better_than(sure)
    assert likely.better_than(unlikely)
    assert not unlikely.better_than(likely)
    assert not unknown.better_than(likely)
    assert not likely.better_than(unknown)


def test_doubts_become_flags_of_the_first_utterance() -> None:
    words = (HeardWord("x", 0.0, 0.1),)
    two = Hypothesis((Utterance(0, 1, words, "en", ("old",)), Utterance(1, 2, words, "en")), "en")
    first, second = Assessed(two, ("missed_speech",)).flagged().utterances
    assert (first.flags, second.flags) == (("old", "missed_speech"), ())
    assert Assessed(two, ()).flagged() is two
    assert Assessed(Hypothesis((), "en"), ("missed_speech",)).flagged().utterances == ()
