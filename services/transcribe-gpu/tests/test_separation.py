"""Two people at once on two channels are told from ordinary stereo."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe_gpu.domain import (
    ChannelSpeech,
    HeardWord,
    Utterance,
    copied_channel,
    one_talk,
    talk_at_once,
    without_leaks,
)
from transcribe_gpu.testing_tones import LoudIsSpeech

RATE = 16_000
Sound = NDArray[np.float32]


def voice(seed: int, seconds: int = 60) -> Sound:
    """Noise that comes and goes for a second or two, as a voice does."""
    draw = np.random.default_rng(seed)
    sound = draw.normal(0, 0.1, seconds * RATE)
    on = np.repeat(draw.random(seconds) < 0.5, RATE)
    return (sound * on).astype(np.float32)


def room(sound: Sound, seed: int, near: float) -> Sound:
    """What a microphone hears in a room that rings for a third of a second."""
    draw = np.random.default_rng(seed)
    echo = draw.normal(0, 0.02, RATE // 3) * np.exp(-np.arange(RATE // 3) / 1500)
    echo[0] = near
    length = 2 * sound.size
    heard = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(echo, length))[: sound.size]
    return heard.astype(np.float32)


def at_once(left: Sound, right: Sound) -> bool:
    planes = np.stack([left, right])
    pieces = [planes[:, at : at + 15 * RATE] for at in range(0, planes.shape[1], 15 * RATE)]
    return talk_at_once(pieces, LoudIsSpeech().stream)


HOST, GUEST = voice(1), voice(2)


@pytest.mark.parametrize("leak", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("gain", [1.0, 0.9])
def test_two_people_at_once_are_heard(leak: float, gain: float) -> None:
    guest = gain * GUEST
    assert at_once(HOST + leak * np.roll(guest, 40), guest + leak * np.roll(HOST, 40))


def restless(seed: int, seconds: int = 8) -> Sound:
    """Return noise that never pauses, and is louder and softer four times a second."""
    draw = np.random.default_rng(seed)
    loud = np.repeat(10 ** draw.uniform(-2, -0.3, seconds * 4), RATE // 4)
    return (loud * draw.normal(0, 1, seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("leak", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("ends", [8, 4])
def test_two_people_who_never_pause_for_each_other_are_heard(leak: float, ends: int) -> None:
    host, guest = restless(1), restless(2)
    guest[ends * RATE :] = 0
    assert at_once(host + leak * np.roll(guest, 40), guest + leak * np.roll(host, 40))


def turns() -> tuple[Sound, Sound]:
    here = np.repeat(np.arange(60) // 5 % 2 == 0, RATE)
    return HOST * here, GUEST * ~here


def ordinary() -> Iterator[tuple[str, Sound, Sound]]:
    both = HOST + GUEST
    yield "one sound twice", both, both
    yield "upside down", both, -both
    yield "a dead channel", both, np.zeros_like(both)
    yield "a channel of hiss", both, np.random.default_rng(3).normal(0, 0.001, both.size)
    yield "voices between the loudspeakers", HOST + 0.4 * GUEST, 0.4 * HOST + GUEST
    yield (
        "a room in stereo",
        room(HOST, 1, 1) + room(GUEST, 2, 0.4),
        (room(HOST, 3, 0.4) + room(GUEST, 4, 1)),
    )
    yield "in turns, never at once", *turns()
    far = restless(1)
    yield "one voice far from two microphones", room(far, 1, 0.0), room(far, 2, 0.0)
    yield (
        "two voices far from two microphones",
        room(far, 1, 0.0) + room(restless(2), 3, 0.0),
        room(far, 2, 0.0) + room(restless(2), 4, 0.0),
    )
    music = [np.random.default_rng(seed).normal(0, 0.03, both.size) for seed in (5, 6)]
    yield "music around a voice", HOST + music[0], HOST + music[1]
    yield "a channel that drops out", HOST * (GUEST == 0), HOST
    yield "nothing", np.zeros(0), np.zeros(0)


@pytest.mark.parametrize(
    ("left", "right"), [x[1:] for x in ordinary()], ids=[x[0] for x in ordinary()]
)
def test_ordinary_stereo_is_not_taken_for_two_people(left: Sound, right: Sound) -> None:
    assert not at_once(left.astype(np.float32), right.astype(np.float32))


def pieces(left: Sound, right: Sound) -> list[Sound]:
    planes = np.stack([left, right]).astype(np.float32)
    return [planes[:, at : at + 15 * RATE] for at in range(0, planes.shape[1], 15 * RATE)]


def hiss(seed: int, size: int) -> Sound:
    return np.random.default_rng(seed).normal(0, 0.002, size).astype(np.float32)


@pytest.mark.parametrize("delay_s", [0.1, 0.5, 1.237, 2.9])
@pytest.mark.parametrize("sound", [restless(7, 40), voice(8, 40)], ids=["restless", "with pauses"])
def test_one_voice_that_comes_later_in_the_other_channel_is_one_voice(
    sound: Sound, delay_s: float
) -> None:
    late = 0.4 * np.roll(sound, round(delay_s * RATE)) + hiss(1, sound.size)
    assert copied_channel(pieces(sound + hiss(2, sound.size), late)) == 0
    assert copied_channel(pieces(late, sound)) == 1


def test_a_copy_that_a_room_rings_in_is_one() -> None:
    sound = restless(7, 40)
    assert copied_channel(pieces(sound, room(np.roll(sound, 9000), 5, 0.5))) == 0


def test_a_second_recorder_s_clock_may_drift() -> None:
    sound = restless(9, 60)
    drift = [np.roll(sound[:, None], 8000 + 200 * n)[at : at + 15 * RATE] for n, at in enumerate(
        range(0, sound.size, 15 * RATE)
    )]  # fmt: skip
    assert copied_channel(pieces(sound, np.concatenate(drift)[:, 0])) == 0


@pytest.mark.parametrize(
    ("left", "right"), [x[1:] for x in ordinary()], ids=[x[0] for x in ordinary()]
)
def test_ordinary_stereo_is_no_copy(left: Sound, right: Sound) -> None:
    assert copied_channel(pieces(left, right)) is None


def test_two_people_are_no_copy_also_where_one_hears_an_echo_of_the_other() -> None:
    host, guest = restless(1, 45), restless(2, 45)
    assert copied_channel(pieces(host, guest)) is None
    assert copied_channel(pieces(host, guest + 0.3 * np.roll(host, 6400))) is None
    here = np.repeat(np.arange(18) % 2 == 0, 5 * RATE // 2)
    assert copied_channel(pieces(host * here, guest * ~here)) is None


def channel(speaker: str, *words: tuple[str, float], level: float) -> ChannelSpeech:
    """Return a channel of words (text, how loud) of a second each, `level` beside them."""
    heard = tuple(
        HeardWord(text, at + 0.1, at + 0.9, 0.9) for at, (text, _) in enumerate(words) if text
    )
    spoken = ChannelSpeech(speaker, [Utterance(0, len(words), heard, "en")])
    for text, loud in words:
        spoken.loudness.add(np.full(RATE, loud if text else level, np.float32))
    return spoken


def test_words_that_only_leaked_into_a_microphone_are_dropped_whatever_they_read() -> None:
    host = channel("A", ("good", 0.3), ("morning", 0.3), ("", 0), ("yes", 0.2), level=0.003)
    guest = channel("B", ("could", 0.01), ("", 0), ("hello", 0.3), ("oh", 0.1), level=0.003)
    left, right = without_leaks([host, guest])
    assert [word.text for word in left.words()] == ["good", "morning", "yes"]
    assert [word.text for word in right.words()] == ["hello", "oh"]


def test_a_soft_microphone_loses_no_words() -> None:
    host = channel("A", ("good", 0.3), ("morning", 0.3), level=0.0)
    guest = channel("B", ("hello", 0.01), ("there", 0.012), level=0.0)
    _, right = without_leaks([host, guest])
    assert [word.text for word in right.words()] == ["hello", "there"]


@pytest.mark.parametrize("later_s", [0.0, 0.5, 3.2])
def test_channels_that_say_the_same_words_are_one_talk_also_with_a_delay(later_s: float) -> None:
    texts = ["it", "is", "the", "same", "talk", "that", "is", "heard", "in", "both", "of", "them"]
    host = channel("A", *[(text, 0.3) for text in texts], level=0.0)
    later = [
        replace(word, start=(word.start or 0) + later_s, end=(word.end or 0) + later_s)
        for word in host.words()
    ]
    guest = ChannelSpeech("B", [Utterance(0, 99, tuple(later[1:]), "en")])
    assert one_talk([host, guest]) == ChannelSpeech(None, host.utterances, host.loudness)
    others = [replace(word, text=text) for word, text in zip(later, reversed(texts), strict=True)]
    assert one_talk([host, ChannelSpeech("B", [Utterance(0, 99, tuple(others), "en")])]) is None
