"""What is said in a recording, when, and by whom, as far as somebody wrote it down.

Beside `NAME.EXT` lies `NAME.json` (words or sentences with times, a transcript, or text) or
`NAME.txt` (text), or an `index.json` tells of the whole folder. `NAME.rttm`: who speaks when.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from everyword_events import InvalidInput, NotFound

AUDIO: Final = frozenset(
    {".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".mp4", ".webm", ".mkv", ".aac"}
)
_RTTM_FIELDS: Final = 8


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
    """A recording and what is in it."""

    audio: Path
    words: tuple[TrueWord, ...]
    language: str = ""
    channels: str = "mix"
    turns: tuple[Turn, ...] = field(default=())


def read_truths(folder: Path) -> list[Truth]:
    """Return every recording of a folder whose words are known.

    Raises:
        NotFound: there is no such folder, or no recording with a truth in it.
        InvalidInput: a truth cannot be read.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder}: no such folder", hint="check the path", code="folder_missing")
    told = _index(folder)
    found = [
        truth
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in AUDIO
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
    if not isinstance(entries, list):
        return {}
    return {str(entry.get("file")): entry for entry in entries if isinstance(entry, Mapping)}


def _truth_of(audio: Path, told: Mapping[str, Any] | None) -> Truth | None:
    beside = audio.with_suffix(".json")
    form = told if told is not None else _json(beside) if beside.is_file() else None
    text = audio.with_suffix(".txt")
    if not isinstance(form, Mapping):
        if not text.is_file():
            return None
        form = {"text": text.read_text(encoding="utf-8")}
    words = tuple(_words(form))
    if not words:
        return None
    return Truth(
        audio,
        words,
        language=str(form.get("language") or ""),
        channels=str(form.get("channels") or "mix"),
        turns=tuple(_turns(audio.with_suffix(".rttm"))) or tuple(_turns_of(words)),
    )


def _words(form: Mapping[str, Any]) -> Iterator[TrueWord]:
    words = form.get("words")
    if isinstance(words, list) and words and all("start" in word for word in words):
        yield from (_word(word, word.get("speaker")) for word in words)
        return
    parts = form.get("sentences") or form.get("segments")
    for part in parts or ():
        for word in part.get("words") or ():
            yield _word(word, part.get("speaker"))
    if not parts:
        yield from (TrueWord(word) for word in str(form.get("text") or "").split())


def _word(raw: Mapping[str, Any], speaker: object) -> TrueWord:
    start, end = raw.get("start"), raw.get("end")
    return TrueWord(
        str(raw["word"]),
        None if start is None else float(start),
        None if end is None else float(end),
        None if speaker is None else str(speaker),
    )


def _turns(path: Path) -> Iterator[Turn]:
    """Read RTTM (NIST): `SPEAKER file channel start length <NA> <NA> name …`."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if len(fields) >= _RTTM_FIELDS and fields[0] == "SPEAKER":
            start = float(fields[3])
            yield Turn(start, start + float(fields[4]), fields[7])


def _turns_of(words: Sequence[TrueWord]) -> Iterator[Turn]:
    for word in words:
        if word.speaker is not None and word.start is not None and word.end is not None:
            yield Turn(word.start, word.end, word.speaker)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}", hint="mend the file", code="truth_invalid"
        ) from error
