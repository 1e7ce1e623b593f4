"""Windows vote for a recording's language until it is settled."""

import pytest

from transcribe_gpu.domain import AUTO, LanguageDetection
from transcribe_gpu.domain.speech import HeardWord, Hypothesis, Utterance


def heard(
    language: str, words: int, probability: float | None = None, *, written: str = ""
) -> Hypothesis:
    spoken = tuple(HeardWord("word", 0.1 * at, 0.1 * at + 0.1) for at in range(words))
    said = (Utterance(0, 1, spoken, written or language),)
    return Hypothesis(
        said, written or language, detected=language, detected_probability=probability
    )


def test_nothing_heard_leaves_it_open() -> None:
    detection = LanguageDetection(AUTO)
    detection.settle()
    assert (detection.pinned, detection.to_ask, detection.flags()) == (None, AUTO, ())


def test_a_clear_vote_settles_it_at_once_and_for_good() -> None:
    detection = LanguageDetection(AUTO)
    detection.hear(heard("de", 3, 0.8))
    assert detection.to_ask == "de"
    for _ in range(9):
        detection.hear(heard("en", 50, 1.0, written="de"))
    assert detection.to_ask == "de"
    assert detection.flags() == ("language_uncertain",)


@pytest.mark.parametrize(("words", "probability"), [(2, 1.0), (30, 0.79)])
def test_few_words_or_a_small_probability_settle_nothing_alone(
    words: int, probability: float
) -> None:
    detection = LanguageDetection(AUTO)
    detection.hear(heard("de", words, probability))
    assert detection.to_ask == AUTO


def test_three_windows_settle_it_by_their_words_and_probabilities() -> None:
    detection = LanguageDetection(AUTO)
    for window in (heard("nl", 2, 0.7), heard("nl", 2, 0.7), heard("en", 10, 0.5)):
        assert detection.to_ask == AUTO
        detection.hear(window)
    assert detection.to_ask == "en"
    assert detection.flags() == ()


def test_a_short_recording_is_settled_by_what_there_is() -> None:
    detection = LanguageDetection(AUTO)
    detection.hear(heard("it", 0, 0.3))
    detection.settle()
    assert detection.to_ask == "it"


def test_an_engine_without_a_probability_is_believed() -> None:
    detection = LanguageDetection(AUTO)
    detection.hear(heard("sv", 3))
    assert detection.to_ask == "sv"


def test_a_language_of_less_than_half_the_votes_is_uncertain() -> None:
    detection = LanguageDetection(AUTO)
    for language, words in (("en", 4), ("de", 3), ("nl", 3)):
        detection.hear(heard(language, words, 0.5))
    assert detection.to_ask == "en"
    assert detection.flags() == ("language_uncertain",)


@pytest.mark.parametrize(("german", "flags"), [(8, ("language_doubt:de",)), (7, ())])
def test_what_was_asked_for_stays_and_is_doubted_where_another_is_heard(
    german: int, flags: tuple[str, ...]
) -> None:
    detection = LanguageDetection("en")
    detection.hear(heard("de", german, 1.0))
    detection.hear(heard("en", 10 - german, 1.0))
    assert detection.to_ask == "en"
    assert detection.flags() == flags


def test_a_window_that_is_surely_in_another_language_is_heard_in_that() -> None:
    detection = LanguageDetection(AUTO)
    detection.hear(heard("en", 30, 0.9))
    in_german = heard("de", 20, 0.95, written="en")
    assert detection.another(in_german) == "de"
    assert detection.another(heard("de", 20, 0.5, written="en")) is None
    assert detection.another(heard("en", 20, 0.95)) is None
    assert LanguageDetection("en").another(in_german) is None
    assert detection.to_ask_again(heard("de", 20, 0.95)) == "de"
    assert LanguageDetection("en").to_ask_again(heard("de", 20, 0.95)) == "en"


def test_several_languages_are_told_the_most_spoken_first() -> None:
    detection = LanguageDetection(AUTO)
    for window in (heard("en", 30, 0.9), heard("de", 50, 0.9), heard("fr", 4, 0.9)):
        detection.hear(window)
    assert detection.flags() == ("languages:de, en",)
