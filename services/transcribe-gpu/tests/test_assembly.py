"""From utterances to a transcript that holds what a transcript promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from everyword_events import InvalidInput
from everyword_transcripts import Engine, Transcript, read_transcript, write_transcript
from transcribe_gpu.domain import (
    ChannelSpeech,
    HeardWord,
    Loudness,
    Utterance,
    assemble,
    find_loops,
    language_code,
    one_talk,
)
from transcribe_gpu.testing import tone


def spoken(
    speaker: str | None, *turns: tuple[float, str], level: float = 0.3, seconds: float = 60
) -> ChannelSpeech:
    """One utterance per turn, a word every 0.4 s, on a tone of `level`."""
    channel = ChannelSpeech(speaker)
    channel.loudness.add(tone(seconds, level=level))
    for start, text in turns:
        words = tuple(
            HeardWord(word, start + 0.4 * at, start + 0.4 * at + 0.3, 0.9)
            for at, word in enumerate(text.split())
        )
        channel.utterances.append(Utterance(start, start + 0.4 * len(words), words, "en"))
    return channel


def assembled(*channels: ChannelSpeech, duration_s: float = 60) -> Transcript:
    return assemble(channels, duration_s=duration_s, engine=Engine("test"), language="und")


def turns(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in transcript.segments]


def test_nothing_heard_is_an_empty_transcript() -> None:
    transcript = assembled(spoken(None))
    assert transcript.segments == ()
    assert transcript.language == "und"
    assert transcript.flags == ()


def test_turns_come_in_the_order_they_were_spoken() -> None:
    ada = spoken("SPEAKER_00", (1, "how are you"), (10, "me too"))
    ben = spoken("SPEAKER_01", (3, "fine thanks"), (6, "and you"))
    assert turns(assembled(ada, ben)) == [
        ("SPEAKER_00", "how are you"),
        ("SPEAKER_01", "fine thanks"),
        ("SPEAKER_01", "and you"),
        ("SPEAKER_00", "me too"),
    ]


def test_a_word_put_into_another_s_pause_is_a_turn_of_its_own() -> None:
    ada = spoken("SPEAKER_00")
    words = tuple(
        HeardWord(word, start, start + 0.3)
        for word, start in [("so", 1.0), ("then", 1.4), ("we", 3.0), ("left", 3.4)]
    )
    ada.utterances.append(Utterance(1.0, 3.7, words, "en"))
    ben = spoken("SPEAKER_01", (2.1, "really"))
    assert turns(assembled(ada, ben)) == [
        ("SPEAKER_00", "so then"),
        ("SPEAKER_01", "really"),
        ("SPEAKER_00", "we left"),
    ]


def test_a_small_pause_nobody_uses_does_not_end_a_turn() -> None:
    ada = spoken("SPEAKER_00", (1.0, "so then"), (2.2, "we left"))
    ben = spoken("SPEAKER_01", (10, "really"))
    assert turns(assembled(ada, ben))[0] == ("SPEAKER_00", "so then we left")


def test_a_word_that_leaked_from_a_louder_channel_is_dropped() -> None:
    ada = spoken("SPEAKER_00", (1, "the winter was long and cold"), level=0.4)
    ben = spoken("SPEAKER_01", (1.05, "winter long"), (20, "was it"), level=0.05)
    transcript = assembled(ada, ben)
    assert ("SPEAKER_00", "the winter was long and cold") in turns(transcript)
    assert [text for speaker, text in turns(transcript) if speaker == "SPEAKER_01"] == [
        "winter long",
        "was it",
    ]
    leaked = spoken("SPEAKER_01", (1.05, "the winter was"), (20, "was it"), level=0.05)
    transcript = assembled(ada, leaked)
    assert [text for speaker, text in turns(transcript) if speaker == "SPEAKER_01"] == ["was it"]
    assert transcript.flags == ("crosstalk_removed:3",)


def test_words_over_silence_are_no_leak() -> None:
    channels = [spoken(f"SPEAKER_0{n}", (1, "hello"), level=0.0) for n in (0, 1)]
    assert assembled(*channels).n_words() == 2


def test_both_saying_the_same_word_equally_loud_is_kept() -> None:
    ada, ben = spoken("SPEAKER_00", (1, "yes")), spoken("SPEAKER_01", (1, "yes"))
    assert len(list(assembled(ada, ben).words())) == 2


def test_channels_that_say_the_same_are_one_talk() -> None:
    text = "the winter was long and cold that year"
    near, far = spoken("SPEAKER_00", (1, text)), spoken("SPEAKER_01", (1.42, text[4:]), level=0.1)
    joined = one_talk([near, far])
    assert joined is not None
    assert joined.speaker is None
    assert len(joined.words()) == 8
    assert one_talk([near, spoken("SPEAKER_01", (20, "so it was and we knew it"))]) is None


def test_words_without_times_get_a_marked_estimate() -> None:
    channel = spoken(None)
    words = (HeardWord("in", 1.0, 1.2), HeardWord("1984", None, None), HeardWord("we", 2.0, 2.1))
    channel.utterances.append(Utterance(0.9, 2.2, words, "en"))
    transcript = assembled(channel)
    first, year, last = transcript.words()
    assert (year.start, year.end, year.estimated) == (1.2, 2.0, True)
    assert not first.estimated
    assert not last.estimated


def test_a_word_with_only_an_end_keeps_it() -> None:
    channel = spoken(None)
    words = (
        HeardWord("in", 1.0, 1.2),
        HeardWord("the", None, None),
        HeardWord("fog", None, 1.8),
        HeardWord("far out", None, 3.0),
        HeardWord("we", 4.0, 4.1),
    )
    channel.utterances.append(Utterance(0.9, 4.2, words, "en"))
    _, the, fog, far, out, we = assembled(channel).words()
    assert (the.start, the.end, fog.start, fog.end) == (1.2, 1.5, 1.5, 1.8)
    assert (far.start, far.end, out.start, out.end) == (1.8, 2.4, 2.4, 3.0)
    assert [each.estimated for each in (the, fog, far, out, we)] == [True] * 4 + [False]


@st.composite
def partly_timed(draw: st.DrawFn) -> list[HeardWord]:
    """Words in order, of some of which the start, the end or both are missing."""
    words, at = [], 0
    for pause, length in draw(st.lists(st.tuples(*[st.integers(0, 900)] * 2), max_size=12)):
        start, end = at + pause, at + pause + length
        at = end
        kept = draw(st.tuples(st.booleans(), st.booleans()))
        text = draw(st.sampled_from(["a", "word", "extraordinary"]))
        words.append(
            HeardWord(text, start / 1000 if kept[0] else None, end / 1000 if kept[1] else None)
        )
    return words


@given(partly_timed())
def test_times_that_a_recogniser_gave_never_move(heard: list[HeardWord]) -> None:
    channel = spoken(None)
    channel.utterances.append(Utterance(0.0, 30.0, tuple(heard), "en"))
    words = list(assembled(channel).words())
    assert [word.word for word in words] == [word.text for word in heard]
    for word, given_ in zip(words, heard, strict=True):
        assert given_.start in (None, word.start)
        assert given_.end in (None, word.end)
        assert word.estimated == (given_.start is None)
    starts = [word.start for word in words]
    assert starts == sorted(starts)


def test_what_an_engine_gives_as_one_word_with_a_space_is_two() -> None:
    channel = spoken(None)
    words = (HeardWord(" New  York", 1.0, 2.0, 0.5), HeardWord("  ", 2.0, 2.1))
    channel.utterances.append(Utterance(1, 2, words, "en"))
    assert [(w.word, w.start, w.end) for w in assembled(channel).words()] == [
        ("New", 1.0, pytest.approx(1.43, abs=0.01)),
        ("York", pytest.approx(1.43, abs=0.01), 2.0),
    ]


SECONDS = st.floats(-5, 80, allow_nan=False)
HEARD = st.builds(
    HeardWord,
    st.text("ab é", max_size=4),
    st.none() | SECONDS,
    st.none() | SECONDS,
    st.none() | st.floats(-1, 2),
)
UTTERANCES = st.lists(
    st.builds(Utterance, SECONDS, SECONDS, st.lists(HEARD, max_size=6).map(tuple), st.just("en")),
    max_size=5,
)


@given(st.lists(UTTERANCES, min_size=1, max_size=3))
def test_whatever_an_engine_gives_the_transcript_is_sound(
    heard: list[list[Utterance]],
) -> None:
    silent = Loudness()
    silent.add(np.zeros(60 * 160, np.float32))
    several = len(heard) > 1
    channels = [
        ChannelSpeech(f"SPEAKER_{number:02d}" if several else None, utterances, silent)
        for number, utterances in enumerate(heard)
    ]
    transcript = assembled(*channels)
    read = read_transcript(write_transcript(transcript))
    assert "times_repaired" not in read.flags
    said = sorted(
        piece
        for utterances in heard
        for utterance in utterances
        for word in utterance.words
        for piece in word.text.split()
    )
    assert sorted(word.word for word in read.words()) == said
    assert all(word.score is None or 0 <= word.score <= 1 for word in read.words())


def test_text_over_silence_is_flagged_and_kept() -> None:
    channel = ChannelSpeech(None)
    channel.loudness.add(np.concatenate([tone(10), np.zeros(20 * 16_000, np.float32)]))
    words = tuple(HeardWord(w, t, t + 0.3) for w, t in [("hello", 1.0), ("you", 15.0)])
    channel.utterances.append(Utterance(1, 15.3, words, "en"))
    transcript = assembled(channel, duration_s=30)
    assert transcript.flags == ("text_over_silence:1",)
    assert transcript.n_words() == 2


def test_a_long_loud_stretch_without_words_is_flagged() -> None:
    assert assembled(spoken(None, (1, "hello"), (55, "bye"))).flags == ("loud_without_text_s:54",)
    assert assembled(spoken(None, (1, "hello"), (25, "well"), (50, "bye"))).flags == ()


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("no no no no", 0),
        ("no no no no no", 1),
        ("Thank you. thank you. Thank you, thank you. thank you", 1),
        ("a b c " * 5 + "and then " * 5, 2),
        ("one two three four five six seven", 0),
        ("", 0),
    ],
)
def test_loops_are_counted(text: str, loops: int) -> None:
    assert find_loops(text.split()) == loops


def test_a_loop_is_flagged() -> None:
    assert "repeated_text:1" in assembled(spoken(None, (1, "you know " * 6))).flags


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ("", "auto"),
        ("auto", "auto"),
        ("en", "en"),
        ("en-GB", "en"),
        ("PT_br", "pt"),
        ("yue", "yue"),
    ],
)
def test_a_language_is_read(wish: str, code: str) -> None:
    assert language_code(wish) == code


@pytest.mark.parametrize("wish", ["klingon", "e", "en GB", "../en", "english please"])
def test_an_unknown_language_is_refused(wish: str) -> None:
    with pytest.raises(InvalidInput) as error:
        language_code(wish)
    assert error.value.code == "language_unknown"


def test_loudness_does_not_depend_on_the_blocks() -> None:
    samples = tone(3) * np.linspace(0, 1, 48_000, dtype=np.float32)
    whole, pieces = Loudness(), Loudness()
    whole.add(samples)
    for at in range(0, samples.size, 333):
        pieces.add(samples[at : at + 333])
    for start in (0.0, 0.5, 1.7, 2.9):
        assert whole.between(start, start + 0.2) == pytest.approx(
            pieces.between(start, start + 0.2)
        )
    assert whole.between(100, 101) == 0
