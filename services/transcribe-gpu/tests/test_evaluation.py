"""How recognition is measured, on cases that can be counted by hand."""

from pathlib import Path

import jiwer
import pytest

from everyword_events import InvalidInput
from everyword_transcripts import Engine, Segment, Transcript, Word
from everyword_transcripts.truth import TrueTurn, TrueWord, Truth
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.domain import Diarization, SpeakerTurn
from transcribe_gpu.evaluation import (
    RecognisedFile,
    RecognitionScore,
    evaluate_recordings,
    measures,
    table_of,
)
from transcribe_gpu.ports import StageReport


def word(text: str, start: float, speaker: str | None = None, *, estimated: bool = False) -> Word:
    return Word(text, start, start + 0.4, None, speaker, estimated)


def test_case_and_signs_do_not_count_but_letters_do() -> None:
    assert measures.plain_words(["Hello,", "self-made", "C\u2019est", "—", "e\u0301t\u00e9"]) == [
        "hello", "self", "made", "c'est", "\u00e9t\u00e9",
    ]  # fmt: skip
    assert measures.word_errors(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]) == 2
    assert measures.character_errors(["abc"], ["abd"]) == 1


def test_speakers_may_have_any_names_but_not_each_others_words() -> None:
    truth = [TrueWord("one", speaker="Ada"), TrueWord("two", speaker="Ben")]
    same = [word("one", 0, "SPEAKER_07"), word("two", 1, "SPEAKER_01")]
    merged = [word("one", 0, "S"), word("two", 1, "S")]
    assert measures.permuted_errors(truth, same) == 0
    assert measures.permuted_errors(truth, merged) == 2
    assert measures.permuted_errors([TrueWord("one")], same) is None


def test_diarization_counts_missed_invented_and_confused_seconds() -> None:
    truth = [TrueTurn(0, 10, "Ada"), TrueTurn(10, 20, "Ben")]
    assert measures.diarization_errors(truth, [TrueTurn(0, 10, "x"), TrueTurn(10, 20, "y")]) == (
        0.0,
        20.0,
    )
    wrong_s, spoken_s = measures.diarization_errors(
        truth, [TrueTurn(0, 12, "x"), TrueTurn(12, 19, "y"), TrueTurn(25, 26, "y")]
    )
    assert (wrong_s, spoken_s) == pytest.approx((2 + 1 + 1, 20))
    assert measures.diarization_errors(truth, []) == pytest.approx((20.0, 20.0))


def test_word_starts_are_compared_for_words_that_were_heard() -> None:
    truth = [TrueWord("one", 1.0, 1.4), TrueWord("two", 2.0, 2.4), TrueWord("six", 3.0, 3.4)]
    heard = [word("One,", 1.1), word("too", 2.0), word("six", 2.7)]
    assert measures.start_errors(truth, heard) == pytest.approx([0.1, 0.3])
    assert measures.p95([0.1] * 95 + [9.0] * 5) > 0.1


def test_words_where_nobody_speaks_are_invented() -> None:
    speech = [(1.0, 1.4)]
    count, silent_s = measures.invented(speech, [word("one", 1.0), word("thanks", 30.0)], 61.0)
    assert (count, silent_s) == (1, pytest.approx(59.6, abs=0.1))
    assert measures.invented((), [word("one", 1.0)], 61.0) == (0, 0.0)


def test_errors_are_counted_as_others_count_them() -> None:
    """By jiwer, and cpWER by hand: who speaks may be named otherwise, one line is given away."""
    said = ["the", "cat", "sat", "on", "the", "mat", "and", "it", "was", "glad"]
    heard = ["a", "cat", "sat", "on", "mat", "and", "it", "it", "was", "so", "glad"]
    counted = jiwer.process_words(" ".join(said), " ".join(heard))
    wrong = counted.substitutions + counted.deletions + counted.insertions
    assert measures.word_errors(said, heard) == wrong == 4
    truth = [TrueWord(w, speaker=s) for w, s in zip(["a", "b", "c", "d"], "xxyy", strict=True)]
    given = [word(w, at, s) for at, (w, s) in enumerate(zip("abcd", "1122", strict=True))]
    away = [word(w, at, s) for at, (w, s) in enumerate(zip("abcd", "2211", strict=True))]
    moved = [word(w, at, s) for at, (w, s) in enumerate(zip("abcd", "1222", strict=True))]
    third = [word(w, at, s) for at, (w, s) in enumerate(zip("abcd", "1123", strict=True))]
    assert [measures.permuted_errors(truth, one) for one in (given, away, moved, third)] == [
        0, 0, 2, 2,
    ]  # fmt: skip


def test_a_recording_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    truth = Truth(tmp_path / "a.wav", (TrueWord("one"),))

    def recognise(path: Path, settings: TranscribeSettings, report: StageReport) -> RecognisedFile:
        raise InvalidInput("the file is empty", hint="give one with sound", code="empty")

    with pytest.raises(InvalidInput, match=r"a\.wav: the file is empty") as told:
        evaluate_recordings(
            [truth], TranscribeSettings(), recognise=recognise, report=lambda *_: None
        )
    assert (told.value.hint, told.value.code) == ("give one with sound", "empty")


def test_one_recording_that_cannot_be_read_spoils_no_other(tmp_path: Path) -> None:
    truths = [Truth(tmp_path / name, (TrueWord("one"),)) for name in ("a.wav", "b.wav")]

    def recognise(path: Path, settings: TranscribeSettings, report: StageReport) -> RecognisedFile:
        if path.stem == "a":
            raise InvalidInput("the file is empty")
        segment = Segment.of([word("one", 0, "S")], speaker="S", language="en")
        return RecognisedFile(Transcript("en", 10.0, (segment,), engine=Engine("toy", "t")))

    scores, left_out = evaluate_recordings(
        truths, TranscribeSettings(), recognise=recognise, report=lambda *_: None
    )
    assert [(each.file, each.words) for each in scores] == [("b.wav", 1), ("all", 1)]
    assert left_out == (("a.wav", "the file is empty"),)


def test_recordings_are_scored_one_by_one_and_as_a_whole() -> None:
    truths = [
        Truth(Path("a.wav"), tuple(map(TrueWord, ("one", "two", "three")))),
        Truth(Path("b.wav"), (TrueWord("four"),)),
        Truth(Path("c.wav"), (), turns=(TrueTurn(0, 2, "Ada"), TrueTurn(2, 4, "Ben"))),
    ]
    called = Truth(Path("b.wav"), (TrueWord("four", speaker="B."),), turns=truths[2].turns)
    asked: list[int] = []
    turns: Diarization | None = None

    def recognise(path: Path, settings: TranscribeSettings, report: StageReport) -> RecognisedFile:
        said = {"a": ["one", "two", "tree"], "b": ["four"], "c": ["who", "knows"]}[path.stem]
        words = [word(text, at, "S", estimated=at == 0) for at, text in enumerate(said)]
        segment = Segment.of(words, speaker="S", language="en")
        asked.append(settings.speakers)
        return RecognisedFile(Transcript("en", 10.0, (segment,), engine=Engine("toy", "t")), turns)

    told: list[str] = []
    scores, _ = evaluate_recordings(
        truths,
        TranscribeSettings(),
        recognise=recognise,
        report=lambda name, done, of: told.append(name),
    )
    assert told == ["a.wav", "b.wav", "c.wav"]
    assert asked == [0, 0, 2]
    figures = scores[-1].figures()
    assert figures["wer"] == pytest.approx(1 / 4)
    assert figures["cer"] == pytest.approx(1 / len("onetwothreefour"))
    assert figures["untimed"] == pytest.approx(3 / 6)
    assert figures["der"] == pytest.approx(3.2 / 4)  # 0.8 of 2 s of Ada's are heard
    assert figures["cpwer"] is figures["start_median_ms"] is None
    assert "| all | 4 | 25.0 |" in table_of(scores)
    assert scores[2].figures()["wer"] is None
    evaluate_recordings([called], TranscribeSettings(), recognise=recognise, report=lambda *_: None)
    assert asked[-1] == 2, "two people, named otherwise by the words"
    evaluate_recordings(
        truths[2:], TranscribeSettings(), recognise=recognise, report=lambda *_: None,
        tell_speakers=False,
    )  # fmt: skip
    assert asked[-1] == 0
    turns = Diarization((SpeakerTurn(0, 2, "x"), SpeakerTurn(2, 3, "y")))
    (found, _), _ = evaluate_recordings(
        truths[2:], TranscribeSettings(), recognise=recognise, report=lambda *_: None
    )
    assert found.figures()["der"] == pytest.approx(1 / 4)  # by the turns, not by the words


def test_a_score_of_nothing_has_no_rates() -> None:
    assert RecognitionScore("x").figures()["wer"] is None
