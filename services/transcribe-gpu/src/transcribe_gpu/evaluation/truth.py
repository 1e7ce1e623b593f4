"""What is said in a recording, when, and by whom, as far as somebody wrote it down.

Beside `NAME.EXT` lies `NAME.json` (words or sentences with times, a transcript, or text) or
`NAME.txt` (text), or an `index.json` tells of the whole folder. `NAME.rttm`: who speaks when.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

from everyword_events import InvalidInput, NotFound

AUDIO: Final = frozenset(
    {".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".mp4", ".webm", ".mkv", ".aac"}
)


@dataclass(frozen=True, slots=True)
class TrueWord:
    """A word that is said; times in seconds where they are known."""

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which somebody speaks, in seconds."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A recording and what is in it.

    `speech`: when somebody speaks, in seconds; empty where that is not known of all words.
    """

    audio: Path
    words: tuple[TrueWord, ...]
    language: str = ""
    channels: str = "mix"
    turns: tuple[Turn, ...] = ()
    speech: tuple[tuple[float, float], ...] = ()


def read_truths(folder: Path) -> list[Truth]:
    """Return every recording of a folder whose words are known.

    Raises:
        NotFound: there is no such folder, or no recording with a truth in it.
        InvalidInput: a truth cannot be read.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder}: no such folder", hint="check the path", code="folder_missing")
    told = _index(folder)
    audio = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in AUDIO]
    found = [
        truth
        for path in audio
        for truth in [_truth_of(path, told.get(path.name))]
        if truth is not None
    ]
    if not found:
        raise NotFound(
            f"{folder} holds no recording with a truth",
            hint="put NAME.txt or NAME.json beside NAME.mp3",
            code="truth_missing",
        )
    return found


def _index(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    path = folder / "index.json"
    if not path.is_file():
        return {}
    entries = _json(path)
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) and "file" in e
                                                for e in entries):  # fmt: skip
        raise _invalid(path, 'it is no list of {"file": …, "text": …}')
    return {str(entry["file"]): entry for entry in entries}


def _truth_of(audio: Path, told: Mapping[str, Any] | None) -> Truth | None:
    beside, text = audio.with_suffix(".json"), audio.with_suffix(".txt")
    source, form = audio.parent / "index.json", told
    if form is None and beside.is_file():
        source, form = beside, _json(beside)
    if form is None:
        if not text.is_file():
            return None
        source, form = text, {"text": _text(text)}
    if not isinstance(form, Mapping):
        raise _invalid(source, "it is no JSON object with text, words or sentences")
    try:
        words = tuple(_words(form))
        speech = tuple(_speech(form, words))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _invalid(source, f"what it says of {audio.name} is no truth ({error})") from error
    if not words:
        raise _invalid(source, f"it says no word of {audio.name}")
    return Truth(
        audio,
        words,
        language=str(form.get("language") or ""),
        channels=str(form.get("channels") or "mix"),
        turns=tuple(_turns(audio.with_suffix(".rttm"))) or tuple(_turns_of(words)),
        speech=speech,
    )


def _words(form: Mapping[str, Any]) -> Iterator[TrueWord]:
    words = form.get("words")
    if words:
        yield from (_word(word, _speaker(word)) for word in words)
        return
    parts = form.get("sentences") or form.get("segments") or form.get("lines")
    for part in parts or ():
        told = part.get("words")
        if told:
            yield from (_word(word, _speaker(part)) for word in told)
        else:
            yield from (TrueWord(text, speaker=_speaker(part)) for text in part["text"].split())
    if not parts:
        yield from (TrueWord(word) for word in str(form.get("text") or "").split())


def _speaker(raw: Mapping[str, Any]) -> str | None:
    name = raw.get("speaker", raw.get("speaker_tag"))
    return None if name is None else str(name)


def _word(raw: Mapping[str, Any], speaker: str | None) -> TrueWord:
    start, end = _seconds(raw.get("start")), _seconds(raw.get("end"))
    return TrueWord(str(raw["word"]), start, end, speaker)


def _speech(form: Mapping[str, Any], words: Sequence[TrueWord]) -> Iterator[tuple[float, float]]:
    spans = [(word.start, word.end) for word in words]
    if None in {time for span in spans for time in span} and not form.get("words"):
        parts = form.get("sentences") or form.get("segments") or form.get("lines") or ()
        spans = [(_seconds(part.get("start")), _seconds(part.get("end"))) for part in parts]
    known = [(start, end) for start, end in spans if start is not None and end is not None]
    yield from known if len(known) == len(spans) else ()


def _seconds(raw: Any) -> float | None:
    """Read a time.

    Raises:
        ValueError, TypeError: it is none.
    """
    if raw is None:
        return None
    seconds = float(raw)
    if not isfinite(seconds) or seconds < 0:
        raise ValueError(f"{raw} is no time in seconds")
    return seconds


def _turns(path: Path) -> Iterator[Turn]:
    """Read RTTM (NIST): `SPEAKER file channel start length <NA> <NA> name …`."""
    if not path.is_file():
        return
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start, length = _seconds(fields[3]), _seconds(fields[4])
            yield Turn(start or 0.0, (start or 0.0) + (length or 0.0), fields[7])
        except (IndexError, ValueError) as error:
            raise _invalid(path, f"line {number} is no turn of a speaker") from error


def _turns_of(words: Sequence[TrueWord]) -> Iterator[Turn]:
    for word in words:
        if word.speaker is not None and word.start is not None and word.end is not None:
            yield Turn(word.start, word.end, word.speaker)


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise _invalid(path, f"it is no JSON ({error})") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(path, f"it cannot be read as UTF-8 ({error})") from error


def _invalid(path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{path}: {why}", hint="mend the file", code="truth_invalid")
