"""What is said in a recording, when, and by whom, as far as somebody wrote it down.

Beside `NAME.EXT` lies `NAME.json` (words or sentences with times, a transcript, or text) or
`NAME.txt` (text), or an `index.json` tells of the whole folder. `NAME.rttm` (alone or besides):
who speaks when.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final, NamedTuple

from everyword_events import InvalidInput, NotFound

AUDIO: Final = frozenset(
    {".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".mp4", ".webm", ".mkv", ".aac"}
)
INDEX: Final = "index.json"


@dataclass(frozen=True, slots=True)
class TrueWord:
    """A word that is said; times in seconds where they are known."""

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class TrueTurn:
    """A stretch in which somebody speaks, in seconds."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A recording and what is in it; no words where only `turns` are known.

    `speech`: when somebody speaks, in seconds; empty where that is not known of all words.
    """

    audio: Path
    words: tuple[TrueWord, ...]
    language: str = ""
    channels: str = "mix"
    turns: tuple[TrueTurn, ...] = ()
    speech: tuple[tuple[float, float], ...] = ()


class LeftOut(NamedTuple):
    """A file that nothing can be measured on, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class TruthFolder:
    """The recordings whose truth is known, and every file that is one half of such a pair."""

    truths: tuple[Truth, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_truths(folder: Path) -> TruthFolder:
    """Read a folder of recordings and their truth.

    Raises:
        NotFound: there is no such folder, or no recording with a truth in it.
        InvalidInput: a truth cannot be read.
    """
    if not folder.is_dir():
        raise NotFound(
            f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}",
            hint="name a folder of recordings with NAME.txt or NAME.json beside NAME.mp3",
            code="folder_missing",
        )
    told = _index(folder)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    audio = [path for path in files if path.suffix.lower() in AUDIO]
    found = [(path, _truth_of(path, told.get(path.name))) for path in audio]
    truths = tuple(truth for _, truth in found if truth is not None)
    if not truths:
        raise NotFound(
            f"{folder} holds no recording with a truth",
            hint="put NAME.txt or NAME.json beside NAME.mp3",
            code="truth_missing",
        )
    untold = [
        LeftOut(path.name, f"no truth beside it ({path.stem}.txt or {path.stem}.json)")
        for path, truth in found
        if truth is None
    ]
    return TruthFolder(truths, (*untold, *_without_recording(files, audio, told)))


def _without_recording(
    files: Sequence[Path], audio: Sequence[Path], told: Iterable[str]
) -> Iterator[LeftOut]:
    """Yield truths whose recording is missing; `NAME.mp3.json` is a transcript kept, no truth."""
    names = {path.name for path in audio}
    stems = {path.stem for path in audio} | names
    for name in sorted(set(told) - names):
        yield LeftOut(name, f"{INDEX} tells of it, and it is not here")
    for path in files:
        is_truth = path.suffix.lower() in (".txt", ".json", ".rttm") and path.name != INDEX
        if is_truth and path.stem not in stems:
            yield LeftOut(path.name, f"a truth without a recording {path.stem}.mp3, .wav, …")


def _index(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    path = folder / INDEX
    if not path.is_file():
        return {}
    entries = _json(path)
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) and "file" in e
                                                for e in entries):  # fmt: skip
        raise _invalid(path, 'it is no list of {"file": …, "text": …}')
    return {str(entry["file"]): entry for entry in entries}


def _truth_of(audio: Path, told: Mapping[str, Any] | None) -> Truth | None:
    beside, text = audio.with_suffix(".json"), audio.with_suffix(".txt")
    turns = tuple(_turns(audio.with_suffix(".rttm")))
    source, form = audio.parent / INDEX, told
    if form is None and beside.is_file():
        source, form = beside, _json(beside)
    if form is None and text.is_file():
        source, form = text, {"text": _text(text)}
    if form is None:
        spoken = tuple((turn.start, turn.end) for turn in turns)
        return Truth(audio, (), turns=turns, speech=spoken) if turns else None
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
        turns=turns or tuple(_turns_of(words)),
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


def _turns(path: Path) -> Iterator[TrueTurn]:
    """Read RTTM (NIST): `SPEAKER file channel start length <NA> <NA> name …`."""
    if not path.is_file():
        return
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start, length = _seconds(fields[3]), _seconds(fields[4])
            yield TrueTurn(start or 0.0, (start or 0.0) + (length or 0.0), fields[7])
        except (IndexError, ValueError) as error:
            raise _invalid(path, f"line {number} is no turn of a speaker") from error


def _turns_of(words: Sequence[TrueWord]) -> Iterator[TrueTurn]:
    for word in words:
        if word.speaker is not None and word.start is not None and word.end is not None:
            yield TrueTurn(word.start, word.end, word.speaker)


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
