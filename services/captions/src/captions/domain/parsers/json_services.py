"""JSON of more services: Google, Azure, Speechmatics, Gladia, ElevenLabs."""

import re
from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]
_TICKS: Final = 10_000_000
_SECONDS: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def is_google(form: Json) -> bool:
    """Tell Google Speech-to-Text's: a list of results with alternatives."""
    results = form.get("results")
    return isinstance(results, list) and any("alternatives" in one for one in _objects(results))


def google(form: Json) -> Json:
    """Read both versions; where speakers are told apart, the last result has all words again."""
    results = [
        (one, best)
        for one in _objects(form["results"])
        if (best := next(iter(_objects(one.get("alternatives"))), None))
    ]
    told = [best for _, best in results if any(map(_google_speaker, _objects(best.get("words"))))]
    chosen = told[-1:] if len(told) == 1 and len(results) > 1 else [best for _, best in results]
    words = [
        {
            "word": word.get("word"),
            "start": _google_s(word.get("startTime", word.get("startOffset", "0s"))),
            "end": _google_s(word.get("endTime", word.get("endOffset"))),
            "score": word.get("confidence"),
            "speaker": _google_speaker(word),
        }
        for best in chosen
        for word in _objects(best.get("words"))
    ]
    language = next((one.get("languageCode") for one, _ in results), None)
    if words:
        return {"segments": [], "words": words, "language": language}
    segments = []
    start = 0.0
    for one, best in results:
        end = _google_s(one.get("resultEndTime", one.get("resultEndOffset")))
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


def is_speechmatics(form: Json) -> bool:
    """Tell Speechmatics': a list of results with a type and times."""
    results = form.get("results")
    return isinstance(results, list) and any("start_time" in one for one in _objects(results))


def speechmatics(form: Json) -> Json:
    """Read words; punctuation belongs to the word before it."""
    words: list[dict[str, Any]] = []
    for one in _objects(form["results"]):
        best: Json = next(iter(_objects(one.get("alternatives"))), {})
        text = str(best.get("content") or "")
        if one.get("type") == "punctuation" and words:
            words[-1]["word"] += text
        elif text:
            speaker = best.get("speaker")
            words.append(
                {
                    "word": text,
                    "start": one.get("start_time"),
                    "end": one.get("end_time"),
                    "score": best.get("confidence"),
                    "speaker": None if speaker == "UU" else speaker,
                }
            )
    about = form.get("metadata")
    about = about.get("transcription_config") if isinstance(about, Mapping) else None
    language = about.get("language") if isinstance(about, Mapping) else None
    return {"segments": [], "words": words, "language": language}


def gladia_utterances(form: Json) -> list[Any] | None:
    """Return Gladia's utterances, or None where it is not Gladia's."""
    inner = form.get("result", form)
    inner = inner.get("transcription") if isinstance(inner, Mapping) else None
    found = inner.get("utterances") if isinstance(inner, Mapping) else None
    return found if isinstance(found, list) else None


def gladia(form: Json) -> Json:
    """Read utterances with their words."""
    utterances = [
        {**one, "speaker": _label(one.get("speaker"))} for one in _objects(gladia_utterances(form))
    ]
    language = next((one.get("language") for one in utterances), None)
    return {"segments": utterances, "language": language}


def is_elevenlabs(form: Json) -> bool:
    """Tell ElevenLabs': words at the top, each with a type."""
    words = form.get("words")
    first: Json = next(iter(_objects(words)), {}) if isinstance(words, list) else {}
    return "segments" not in form and first.get("type") in {"word", "spacing", "audio_event"}


def elevenlabs(form: Json) -> Json:
    """Read words; spacing is none, and events such as (laughter) are not spoken."""
    words = [
        {
            "word": word.get("text"),
            "start": word.get("start"),
            "end": word.get("end"),
            "speaker": word.get("speaker_id"),
        }
        for word in _objects(form["words"])
        if word.get("type") == "word"
    ]
    return {"segments": [], "words": words, "language": form.get("language_code")}


def _objects(raw: Any) -> list[Json]:
    return [one for one in raw or () if isinstance(one, Mapping)]


def _label(raw: Any) -> str | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return f"SPEAKER_{raw:02}"
    return raw if isinstance(raw, str) else None


def _google_speaker(word: Json) -> str | None:
    label = word.get("speakerLabel") or word.get("speakerTag")
    if isinstance(label, str) and label.isdecimal():
        label = int(label)
    return _label(label)


def _google_s(raw: Any) -> float | None:
    """Read `1.500s`, or the older `{"seconds": "1", "nanos": 500000000}`."""
    if isinstance(raw, Mapping):
        try:
            return int(raw.get("seconds") or 0) + int(raw.get("nanos") or 0) / 1e9
        except (TypeError, ValueError):
            return None
    found = _SECONDS.fullmatch(raw) if isinstance(raw, str) else None
    return float(found[1]) if found else None


def _ticks(one: Json, name: str) -> float | None:
    raw = one.get(f"{name}InTicks")
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return raw / _TICKS if is_number and raw is not None else None
