"""Word times that stand beside the segments, as OpenAI's and WhisperX's JSON have them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from everyword_transcripts.mending import seconds_of, text_of, text_of_word
from everyword_transcripts.model import Word
from everyword_transcripts.words_along import words_along

Json = Mapping[str, Any]
_NAMES: Final = ("words", "word_segments")
_LONG_PAUSE_S: Final = 1.0
_MOST_WORDS: Final = 60
_SENTENCE_ENDS: Final = tuple(".?!…。？！؟۔।")  # noqa: RUF001 - the marks of other scripts are meant


def with_top_level_words(form: Json) -> Json:
    """Return a transcript's form with the words of the top level in its segments.

    Only where no segment has words of its own. Without segments, the words are cut at pauses, ends
    of sentences and changes of speaker, and spelled as the text beside them is: OpenAI's have no
    punctuation.
    """
    words: list[Any] = next((form[name] for name in _NAMES if isinstance(form.get(name), list)), [])
    timed = [
        word
        for word in words
        if isinstance(word, Mapping)
        and text_of_word(word)
        and seconds_of(word.get("start")) is not None
    ]
    segments = form["segments"]
    if not timed or any(isinstance(one, Mapping) and one.get("words") for one in segments):
        return form
    if not segments:
        spelled = _spelled(timed, form.get("text"), str(form.get("language") or "und"))
        return {**form, "segments": [{"words": run} for run in _runs(spelled)]}
    return {**form, "segments": _shared_out(segments, timed)}


def _spelled(words: Sequence[Json], text: object, language: str) -> Sequence[Json]:
    """Return the words as the text spells and spaces them; as they are where it says others."""
    if not isinstance(text, str) or not text.strip():
        return words
    read = [
        Word(text_of_word(one) or "", *_span(one), None, text_of(one.get("speaker")) or None)
        for one in words
    ]
    laid = words_along(text, read, language) or []
    if [word.word for word in laid] != text.split() or any(word.start < 0 for word in laid):
        return words
    if len(laid) == len(words):
        return [{**one, "word": word.word} for one, word in zip(words, laid, strict=True)]
    return [
        {
            "word": w.word,
            "start": w.start,
            "end": w.end,
            "speaker": w.speaker,
            "estimated": w.estimated,
        }
        for w in laid
    ]


def _span(word: Json) -> tuple[float, float]:
    start, end = seconds_of(word.get("start")) or 0.0, seconds_of(word.get("end"))
    return start, start if end is None else end


def _shared_out(segments: Sequence[object], words: Sequence[Json]) -> list[object]:
    """Give each segment the words that are said before it ends; the last one all that are left."""
    shared: list[object] = []
    at = 0
    for number, segment in enumerate(segments):
        end = seconds_of(segment.get("end")) if isinstance(segment, Mapping) else None
        stop = at
        if number + 1 == len(segments):
            stop = len(words)
        elif end is not None:
            while stop < len(words) and _middle(words[stop]) <= end:
                stop += 1
        own = list(words[at:stop])
        shared.append({**segment, "words": own} if isinstance(segment, Mapping) else segment)
        at = stop
    return shared


def _middle(word: Json) -> float:
    start = seconds_of(word.get("start")) or 0.0
    end = seconds_of(word.get("end"))
    return start if end is None else (start + end) / 2


def _runs(words: Sequence[Json]) -> list[list[Json]]:
    runs: list[list[Json]] = []
    ended = 0.0
    for word in words:
        start = seconds_of(word.get("start")) or 0.0
        last = runs[-1][-1] if runs else None
        if (
            last is None
            or start - ended > _LONG_PAUSE_S
            or last.get("speaker") != word.get("speaker")
            or len(runs[-1]) >= _MOST_WORDS
            or (text_of_word(last) or "").rstrip().endswith(_SENTENCE_ENDS)
        ):
            runs.append([])
        runs[-1].append(word)
        end = seconds_of(word.get("end"))
        ended = start if end is None else end
    return runs
