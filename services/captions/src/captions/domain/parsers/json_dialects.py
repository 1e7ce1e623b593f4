"""Recognisers' and services' own JSON, brought to the shape of ours: segments, words, seconds.

Those that mean more than their lists show are known by what is in them: podwhisperer, whisper.cpp,
Amazon Transcribe, Rev, YouTube's json3, and Google's and Azure's in `json_services`. All others
are read by `json_found`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from captions.domain.parsers import json_services
from captions.domain.parsers.clock import parse_short_clock
from captions.domain.parsers.json_found import found_transcript, names_in
from captions.domain.parsers.single_words import words_of
from captions.domain.parsers.token_bytes import whole_tokens
from everyword_transcripts import WordPiece

Json = Mapping[str, Any]
_MS: Final = 1000.0
_FEW_PIECES: Final = 4


def in_our_shape(form: Any) -> tuple[Json, bool]:
    """Return a transcript's JSON in our shape, and whether it was in another."""
    if not isinstance(form, Mapping):
        return found_transcript(form) or {}, True
    for has, shape in (
        (_is_podwhisperer, _podwhisperer),
        (lambda f: isinstance(f.get("transcription"), list), _whisper_cpp),
        (lambda f: isinstance(_at(f, "results", "items"), list), _amazon),
        (lambda f: isinstance(f.get("monologues"), list), _rev),
        (lambda f: isinstance(f.get("events"), list), _json3),
        (json_services.is_azure, json_services.azure),
        (json_services.google_results, json_services.google),
    ):
        if has(form):
            return shape(form), True
    if _is_whispers(form):
        return form, False
    found = found_transcript(form)
    return (form, False) if found is None else (found, True)


def _is_whispers(form: Json) -> bool:
    """Tell ours, WhisperX's and OpenAI's: segments with a start and an end, as they are read."""
    segments = form.get("segments")
    if not isinstance(segments, list):
        return isinstance(form.get("words"), list) and not found_transcript(form)
    known = [one for one in _objects(segments) if "text" in one or "words" in one]
    named = not known or any("end" in one or "duration" not in one for one in known)
    timed = any(one.get("start") is not None or one.get("end") is not None for one in known)
    return named and (timed or any("words" in one for one in known) or not found_transcript(form))


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
    if isinstance(raw, list):
        yield from (one for one in raw if isinstance(one, Mapping))


def _speaker(raw: Any) -> str | None:
    if isinstance(raw, Mapping):
        raw = raw.get("name") or raw.get("id")
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
        {**one, "speaker": names.get(label, label) if isinstance(label, str | int) else None}
        for one in _objects(form["segments"])
        for label in (one.get("speakerLabel"),)
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
        text = str(one.get("text") or "").replace("[SPEAKER_TURN]", "")
        words = whole_tokens(words, text)
        segment = {"start": start, "end": end, "text": text, "words": words}
        segments.append({**segment, "speaker": _whisper_cpp_speaker(one.get("speaker"))})
    language = _at(form, "result", "language")
    if pieces := _pieces_alone(segments):
        return _of_words(pieces, language)
    return {"segments": segments, "language": language}


def _whisper_cpp_speaker(raw: Any) -> str | None:
    """Return the speaker of stereo files, told by the louder channel; `?` where neither is."""
    return f"SPEAKER_{int(raw):02}" if isinstance(raw, str) and raw.isdecimal() else None


def _pieces_alone(segments: Sequence[Json]) -> list[Json]:
    """Return the words of a file that was written a token to a line (`-ml 1`); none of another."""
    said = [one for one in segments if one["text"].strip()]
    if len(said) < _FEW_PIECES or any(len(one["text"].split()) > 1 for one in said):
        return []
    return [
        {"word": word.text, "start": word.start, "end": word.end, "speaker": speaker}
        for speaker, run in groupby(said, lambda one: one["speaker"])
        for word in words_of([WordPiece(one["text"], one["start"], one["end"]) for one in run])
    ]


def _amazon(form: Json) -> Json:
    speakers = {
        item.get("start_time"): _speaker(item.get("speaker_label"))
        for segment in _objects(_at(form, "results", "speaker_labels", "segments"))
        for item in _objects(segment.get("items"))
    }
    words: list[dict[str, Any]] = []
    several = len(list(_objects(_at(form, "results", "channel_labels", "channels")))) > 1
    for item in _objects(_at(form, "results", "items")):
        best = next(_objects(item.get("alternatives")), {})
        text = str(best.get("content") or "")
        if item.get("type") == "punctuation" and words:
            words[-1]["word"] += text
            continue
        said_by = item.get("speaker_label") or speakers.get(item.get("start_time"))
        said_by = said_by or (_channel(item.get("channel_label")) if several else None)
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


def _channel(label: Any) -> str | None:
    """Return `Channel 1` for Amazon's `ch_0`."""
    number = label.removeprefix("ch_") if isinstance(label, str) else ""
    return f"Channel {int(number) + 1}" if number.isdecimal() else None


def _rev(form: Json) -> Json:
    names = names_in(form)
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
        speaker = _speaker(monologue.get("speaker")) or ""
        segments.append({"speaker": names.get(speaker, speaker), "words": words})
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
