"""Recognisers' and services' own JSON, brought to the shape of ours: segments, words, seconds.

Known by what is in them: podwhisperer, whisper.cpp, Amazon Transcribe, Deepgram, AssemblyAI, Rev,
YouTube's json3, and bare lists of segments; others are in `json_services`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from captions.domain.parsers import json_services
from captions.domain.parsers.clock import parse_short_clock

Json = Mapping[str, Any]
_MS: Final = 1000.0


def in_our_shape(form: Any) -> tuple[Json, bool]:
    """Return a transcript's JSON in our shape, and whether it was in another."""
    if isinstance(form, list):
        return {"segments": [_plain_segment(one) for one in form]}, True
    for has, shape in (
        (_is_podwhisperer, _podwhisperer),
        (lambda f: isinstance(f.get("transcription"), list), _whisper_cpp),
        (lambda f: isinstance(_at(f, "results", "items"), list), _amazon),
        (lambda f: isinstance(_at(f, "results", "channels"), list), _deepgram),
        (lambda f: isinstance(f.get("monologues"), list), _rev),
        (lambda f: isinstance(f.get("events"), list), _json3),
        (_is_assembly_ai, _assembly_ai),
        (json_services.is_azure, json_services.azure),
        (json_services.is_speechmatics, json_services.speechmatics),
        (json_services.is_google, json_services.google),
        (lambda f: json_services.gladia_utterances(f) is not None, json_services.gladia),
        (json_services.is_elevenlabs, json_services.elevenlabs),
    ):
        if has(form):
            return shape(form), True
    return form, False


def _at(form: Any, *names: str) -> Any:
    for name in names:
        form = form.get(name) if isinstance(form, Mapping) else None
    return form


def _seconds(raw: Any, unit: float = 1.0) -> float | None:
    """Return a time that may be written as a number, as text, or as a clock."""
    try:
        return float(raw) / unit
    except (TypeError, ValueError, OverflowError):
        ms = parse_short_clock(raw.strip()) if isinstance(raw, str) else None
        return None if ms is None else ms / _MS


def _objects(raw: Any) -> Iterator[Json]:
    yield from (one for one in raw or () if isinstance(one, Mapping))


def _plain_segment(raw: Any) -> Any:
    """Bring a segment of a bare list to ours: what it calls its times and text differs."""
    if not isinstance(raw, Mapping):
        return raw
    found = dict(raw)
    for name, others in (
        ("start", ("startTime", "start_time", "from", "begin")),
        ("end", ("endTime", "end_time", "to", "stop")),
        ("text", ("body", "transcript", "content", "caption", "word")),
        ("speaker", ("speaker_label", "speakerLabel", "speaker_name", "name")),
    ):
        other = next((each for each in others if each in raw), None)
        if name not in raw and other:
            found[name] = raw[other]
    return {
        **found,
        "start": _seconds(found.get("start")),
        "end": _seconds(found.get("end")),
        "speaker": _speaker(found.get("speaker")),
    }


def _speaker(raw: Any) -> str | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return f"SPEAKER_{raw:02}"
    return raw if isinstance(raw, str) else None


def _is_podwhisperer(form: Json) -> bool:
    segments = form.get("segments")
    return isinstance(segments, list) and any("speakerLabel" in one for one in _objects(segments))


def _podwhisperer(form: Json) -> Json:
    names = form.get("speakers")
    names = names if isinstance(names, Mapping) else {}
    segments = [
        {**one, "speaker": names.get(one.get("speakerLabel"), one.get("speakerLabel"))}
        for one in _objects(form["segments"])
    ]
    return {"segments": segments, "language": form.get("language")}


def _whisper_cpp(form: Json) -> Json:
    segments = []
    for one in _objects(form["transcription"]):
        offsets = one.get("offsets")
        words = [
            {
                "word": token.get("text"),
                "start": _seconds(_at(token, "offsets", "from"), _MS),
                "end": _seconds(_at(token, "offsets", "to"), _MS),
                "score": token.get("p"),
            }
            for token in _objects(one.get("tokens"))
            if not str(token.get("text", "")).startswith("[_")
        ]
        start, end = _seconds(_at(offsets, "from"), _MS), _seconds(_at(offsets, "to"), _MS)
        if start is None:
            start = _seconds(_at(one, "timestamps", "from"))
            end = _seconds(_at(one, "timestamps", "to"))
        segments.append({"start": start, "end": end, "text": one.get("text"), "words": words})
    return {"segments": segments, "language": _at(form, "result", "language")}


def _amazon(form: Json) -> Json:
    speakers = {
        item.get("start_time"): _speaker(item.get("speaker_label"))
        for segment in _objects(_at(form, "results", "speaker_labels", "segments"))
        for item in _objects(segment.get("items"))
    }
    words: list[dict[str, Any]] = []
    for item in _objects(_at(form, "results", "items")):
        best = next(_objects(item.get("alternatives")), {})
        text = str(best.get("content") or "")
        if item.get("type") == "punctuation" and words:
            words[-1]["word"] += text
            continue
        said_by = item.get("speaker_label") or speakers.get(item.get("start_time"))
        words.append(
            {
                "word": text,
                "start": _seconds(item.get("start_time")),
                "end": _seconds(item.get("end_time")),
                "score": _seconds(best.get("confidence")),
                "speaker": _speaker(said_by),
            }
        )
    return _of_words(words, _at(form, "results", "language_code"))


def _deepgram(form: Json) -> Json:
    channel: Json = next(_objects(_at(form, "results", "channels")), {})
    best: Json = next(_objects(channel.get("alternatives")), {})
    words = [
        {
            "word": word.get("punctuated_word") or word.get("word"),
            "start": word.get("start"),
            "end": word.get("end"),
            "score": word.get("confidence"),
            "speaker": _speaker(word.get("speaker")),
        }
        for word in _objects(best.get("words"))
    ]
    return _of_words(words, channel.get("detected_language"))


def _is_assembly_ai(form: Json) -> bool:
    """Tell AssemblyAI's, whose times are whole milliseconds and whose words are called text."""
    words = form.get("words")
    first: Json = next(_objects(words), {}) if isinstance(words, list) else {}
    return (
        "segments" not in form
        and "text" in first
        and type(first.get("start")) is type(first.get("end")) is int
    )


def _assembly_ai(form: Json) -> Json:
    words = [
        {
            "word": word.get("text"),
            "start": _seconds(word.get("start"), _MS),
            "end": _seconds(word.get("end"), _MS),
            "score": word.get("confidence"),
            "speaker": word.get("speaker"),
        }
        for word in _objects(form["words"])
    ]
    return _of_words(words, form.get("language_code"))


def _rev(form: Json) -> Json:
    segments = []
    for monologue in _objects(form["monologues"]):
        words: list[dict[str, Any]] = []
        for element in _objects(monologue.get("elements")):
            text = str(element.get("value") or "")
            if element.get("type") == "text":
                times = {"start": element.get("ts"), "end": element.get("end_ts")}
                words.append({"word": text, **times, "score": element.get("confidence")})
            elif words:
                words[-1]["word"] += text.rstrip()
        segments.append({"speaker": _speaker(monologue.get("speaker")), "words": words})
    return {"segments": segments, "language": form.get("language")}


def _json3(form: Json) -> Json:
    segments = []
    for event in _objects(form["events"]):
        begin, lasting = _seconds(event.get("tStartMs")), _seconds(event.get("dDurationMs"))
        pieces = [piece for piece in _objects(event.get("segs")) if piece.get("utf8")]
        if begin is None or not "".join(str(piece["utf8"]) for piece in pieces).strip():
            continue
        end = begin + (lasting or 0.0)
        starts = [begin + (_seconds(piece.get("tOffsetMs")) or 0.0) for piece in pieces]
        stops = [*starts[1:], max(end, starts[-1])]
        words = [
            {"word": str(piece["utf8"]), "start": a / _MS, "end": b / _MS, "estimated": True}
            for piece, a, b in zip(pieces, starts, stops, strict=True)
        ]
        timed = any("tOffsetMs" in piece for piece in pieces)
        text = "".join(str(piece["utf8"]) for piece in pieces)
        segment = {"start": begin / _MS, "end": end / _MS, "text": text}
        segments.append({**segment, "words": words} if timed else segment)
    return {"segments": segments}


def _of_words(words: Sequence[Json], language: Any) -> Json:
    """Return a form whose words stand at the top level, to be cut into segments."""
    kept: Iterable[Json] = (word for word in words if word.get("word"))
    return {"segments": [], "words": list(kept), "language": language}
