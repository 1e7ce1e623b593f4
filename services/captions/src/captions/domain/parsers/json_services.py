"""JSON of Google's and Azure's services."""

import re
from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]
_TICKS: Final = 10_000_000
_PERIOD: Final = re.compile(r"PT(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?")
_SECONDS: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def google_results(form: Json) -> list[Json]:
    """Return Google Speech-to-Text's results: lists with alternatives; none of another form.

    They stand at the top, in an operation's response, or in a file's transcript of a batch.
    """
    results = form.get("results")
    if isinstance(results, list):
        known = any("alternatives" in one and "start_time" not in one for one in _objects(results))
        return _objects(results) if known else []
    inner = [form.get("response"), form.get("transcript"), form.get("inlineResult")]
    if isinstance(results, Mapping) and "channels" not in results:
        inner += results.values()
    return [one for found in inner if isinstance(found, Mapping) for one in google_results(found)]


def google(form: Json) -> Json:
    """Read both versions; where speakers are told apart, the last result has all words again."""
    results = [
        (one, best)
        for one in google_results(form)
        if (best := next(iter(_objects(one.get("alternatives"))), None))
    ]
    told = [best for _, best in results if any(map(_google_speaker, _objects(best.get("words"))))]
    chosen = told[-1:] if len(told) == 1 and len(results) > 1 else [best for _, best in results]
    words = [
        {
            "word": word.get("word"),
            "start": _google_s(
                _any(word, "startTime", "startOffset", "start_time", "start_offset") or "0s"
            ),
            "end": _google_s(_any(word, "endTime", "endOffset", "end_time", "end_offset")),
            "score": word.get("confidence"),
            "speaker": _google_speaker(word),
        }
        for best in chosen
        for word in _objects(best.get("words"))
    ]
    language = next((_any(one, "languageCode", "language_code") for one, _ in results), None)
    if words:
        return {"segments": [], "words": words, "language": language}
    segments = []
    start = 0.0
    for one, best in results:
        end = _google_s(_any(one, "resultEndTime", "resultEndOffset", "result_end_time"))
        segments.append({"start": start, "end": end, "text": best.get("transcript")})
        start = end if end is not None else start
    return {"segments": segments, "language": language}


def is_azure(form: Json) -> bool:
    """Tell Azure's batch transcription."""
    return isinstance(form.get("recognizedPhrases"), list)


def azure(form: Json) -> Json:
    """Read phrases; their display form decides the text, their words the times."""
    segments = []
    for phrase in _objects(form["recognizedPhrases"]):
        best: Json = next(iter(_objects(phrase.get("nBest"))), {})
        start, lasting = _ticks(phrase, "offset"), _ticks(phrase, "duration")
        words = [
            {"word": word.get("word"), "start": at, "end": at + (_ticks(word, "duration") or 0.0)}
            for word in _objects(best.get("displayWords") or best.get("words"))
            if (at := _ticks(word, "offset")) is not None
        ]
        text = best.get("display") or best.get("lexical")
        same = len(words) == len(str(text or "").split())
        segments.append(
            {
                "start": start,
                "end": None if start is None or lasting is None else start + lasting,
                "text": text,
                "speaker": _label(phrase.get("speaker")),
                **({"words": words} if same else {}),
            }
        )
    return {"segments": segments, "language": None}


def _objects(raw: Any) -> list[Json]:
    return [one for one in raw if isinstance(one, Mapping)] if isinstance(raw, list) else []


def _label(raw: Any) -> str | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return f"SPEAKER_{raw:02}"
    return raw if isinstance(raw, str) else None


def _any(form: Json, *names: str) -> Any:
    """Return what stands under the first of the names that is there and says something."""
    return next((form[name] for name in names if form.get(name)), None)


def _google_speaker(word: Json) -> str | None:
    label = _any(word, "speakerLabel", "speakerTag", "speaker_label", "speaker_tag")
    if isinstance(label, str) and label.isdecimal():
        label = int(label)
    return _label(label)


def _google_s(raw: Any) -> float | None:
    """Read `1.500s`, or the older `{"seconds": "1", "nanos": 500000000}`; 0 is left out there."""
    if isinstance(raw, Mapping):
        try:
            return int(raw.get("seconds") or 0) + int(raw.get("nanos") or 0) / 1e9
        except (TypeError, ValueError):
            return None
    found = _SECONDS.fullmatch(raw) if isinstance(raw, str) else None
    return float(found[1]) if found else None


def _ticks(one: Json, name: str) -> float | None:
    """Read a time in ticks of 100 ns; without them, as `PT1M2.5S`."""
    raw = one.get(f"{name}InTicks")
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw / _TICKS
    written = one.get(name)
    found = _PERIOD.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return (hours * 60 + minutes) * 60 + seconds
