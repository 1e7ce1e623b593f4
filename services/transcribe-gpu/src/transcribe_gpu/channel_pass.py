"""One channel of a recording through one engine, window by window, each kept once recognised.

Decoding and voice activity run ahead of the engine on a thread of their own, by a few windows, so
that the engine never waits for them and memory does not grow with the recording's length.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter
from typing import Final

from transcribe_gpu.ahead import run_ahead
from transcribe_gpu.domain import (
    Assessed,
    ChannelSpeech,
    Hypothesis,
    LanguageDetection,
    Utterance,
    Window,
    assess,
    cut_windows,
    filled,
    in_recording,
    joined,
    sentences,
    unheard,
    within_speech,
)
from transcribe_gpu.ports import (
    SAMPLE_RATE_HZ,
    Audio,
    Checkpoints,
    Float32Array,
    SpeechEngine,
    VoiceActivityDetector,
)

_ATTEMPTS: Final = 2
"""How often a window is recognised at most."""
_ROUNDS: Final = 3
"""How often passed over speech is looked for in a window at most."""
_AHEAD: Final = 2
"""Batches of windows that wait for the engine."""


class ChannelPass:
    """Takes the channels of one recording, one after the other, through one engine."""

    def __init__(
        self,
        engine: SpeechEngine,
        audio: Audio,
        detector: VoiceActivityDetector,
        *,
        language: LanguageDetection,
        checkpoints: Checkpoints | None,
        clock: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._audio = audio
        self._detector = detector
        self._language = language
        self._checkpoints = checkpoints
        self._clock = clock
        self.timings_s = {"decode": 0.0, "recognise": 0.0}
        self.windows = 0
        self.windows_heard_again = 0

    def run(
        self,
        channel: int | None,
        speaker: str | None,
        reached: Callable[[float], None],
        *,
        heard: Callable[[Utterance], None] = lambda _: None,
    ) -> ChannelSpeech:
        """Recognise a channel, or the mix; `reached` is told how many seconds are done.

        `heard` is told each sentence as soon as its batch of windows is recognised.
        """
        speech = ChannelSpeech(speaker)
        windows = cut_windows(
            self._measured(channel, speech),
            self._detector.stream(),
            longest_s=self._engine.longest_window_s,
        )
        batches = iter(lambda: tuple(islice(windows, self._engine.batch)), ())
        for batch in run_ahead(batches, by=_AHEAD):
            found = self._recognise(batch, channel)
            last = speech.utterances[-1] if speech.utterances else None
            for utterance in joined(found, after=last):
                for sentence in sentences(utterance):
                    speech.utterances.append(sentence)
                    heard(sentence)
            reached(batch[-1].end)
        reached(self._audio.decoded_s)
        return speech

    def _recognise(self, batch: Sequence[Window], channel: int | None) -> list[Hypothesis]:
        names = [f"{'mix' if channel is None else channel}-{w.index:06d}" for w in batch]
        found = [self._checkpoints.get(name) if self._checkpoints else None for name in names]
        missing = [w for w, known in zip(batch, found, strict=True) if known is None]
        fresh = iter(self._fresh(missing))
        result = []
        for name, window, known in zip(names, batch, found, strict=True):
            hypothesis = known or next(fresh)
            if known is None and self._checkpoints:
                self._checkpoints.put(name, hypothesis)
            self._language.hear(hypothesis)
            self.windows += 1
            self.windows_heard_again += hypothesis.heard_again
            result.append(in_recording(hypothesis, window))
        return result

    def _fresh(self, windows: Sequence[Window]) -> Sequence[Hypothesis]:
        """Recognise windows; the doubtful ones again, in other ways, keeping the best text."""
        if not windows:
            return ()
        first = self._attempt(windows, 0)
        best = self._filled(windows, self._in_their_language(windows, first))
        heard_again = {place for place, each in enumerate(best) if each != first[place]}
        for attempt in range(1, _ATTEMPTS):
            doubtful = [place for place, judged in enumerate(best) if judged.doubts]
            if not doubtful:
                break
            languages = [self._language.to_ask_again(best[place].hypothesis) for place in doubtful]
            again = self._attempt([windows[place] for place in doubtful], attempt, languages)
            heard_again.update(doubtful)
            for place, judged in zip(doubtful, again, strict=True):
                if judged.better_than(best[place]):
                    best[place] = judged
        return [
            replace(judged.flagged(), heard_again=place in heard_again)
            for place, judged in enumerate(best)
        ]

    def _in_their_language(
        self, windows: Sequence[Window], first: list[Assessed]
    ) -> list[Assessed]:
        """Recognise windows in the language they seem to be in, and keep the likelier text."""
        best = list(first)
        others = {
            place: language
            for place, judged in enumerate(first)
            if (language := self._language.another(judged.hypothesis)) is not None
        }
        again = self._attempt([windows[place] for place in others], 0, list(others.values()))
        for place, judged in zip(others, again, strict=True):
            if judged.likelier_than(best[place]):
                best[place] = judged
        return best

    def _filled(self, windows: Sequence[Window], first: list[Assessed]) -> list[Assessed]:
        """Hear again, by itself, the speech that the first attempt passed over."""
        best = list(first)
        for _ in range(_ROUNDS):
            gaps = [
                (place, gap)
                for place, window in enumerate(windows)
                for gap in unheard(best[place].hypothesis, window)
            ]
            if not gaps:
                break
            languages = [self._language.to_ask_again(best[place].hypothesis) for place, _ in gaps]
            heard = self._attempt([gap.window for _, gap in gaps], 0, languages)
            before = list(best)
            for (place, gap), judged in zip(gaps, heard, strict=True):
                if not judged.doubts:
                    found = filled(best[place].hypothesis, gap, judged.hypothesis)
                    best[place] = assess(found, windows[place])
            if best == before:
                break
        return best

    def _attempt(
        self, windows: Sequence[Window], attempt: int, languages: Sequence[str] | None = None
    ) -> list[Assessed]:
        """Recognise windows, no more at once than the engine is good for: its memory is bounded.

        `languages` are asked for, one for each window; else the one that is settled.
        """
        began = self._clock()
        most = max(1, self._engine.batch)
        asked = languages or [self._language.to_ask] * len(windows)
        found: list[Hypothesis] = []
        for language, alike in groupby(zip(windows, asked, strict=True), key=itemgetter(1)):
            samples = [window.samples for window, _ in alike]
            for first in range(0, len(samples), most):
                found += self._engine.recognise(
                    samples[first : first + most], language=language, attempt=attempt
                )
        self.timings_s["recognise"] += self._clock() - began
        return [
            assess(within_speech(each, window), window)
            for each, window in zip(found, windows, strict=True)
        ]

    def _measured(self, channel: int | None, speech: ChannelSpeech) -> Iterator[Float32Array]:
        blocks = self._audio.blocks(channel)
        while True:
            began = self._clock()
            block = next(blocks, None)
            self.timings_s["decode"] += self._clock() - began
            if block is None:
                return
            assert block.size <= SAMPLE_RATE_HZ
            speech.loudness.add(block)
            yield block
