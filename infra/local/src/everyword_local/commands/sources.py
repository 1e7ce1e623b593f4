"""What `everyword add` is given: files and folders of audio and of transcripts, paired by name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from everyword_events import NotFound

AUDIO_SUFFIXES: Final = frozenset(
    {".mp3", ".m4a", ".m4b", ".mp4", ".aac", ".wav", ".flac", ".ogg", ".oga", ".opus", ".webm",
     ".mkv", ".mov", ".aif", ".aiff", ".wma"}
)  # fmt: skip
CAPTION_SUFFIXES: Final = (
    ".json", ".vtt", ".srt", ".ass", ".ssa", ".ttml", ".dfxp", ".sbv", ".tsv", ".lrc",
    ".csv", ".sub", ".smi", ".srv1", ".srv2", ".srv3", ".ctm", ".otr", ".jsonl", ".docx",
    ".stm", ".textgrid", ".eaf",
)  # fmt: skip
"""Transcripts with times; of several of one name, the first here is used."""
PROSE_SUFFIXES: Final = (".html", ".md", ".txt")
"""Taken for transcripts only where they are said to be some."""

_LANGUAGE: Final = re.compile(r"\.[a-z]{2,3}(-[a-z0-9]{2,8})*$", re.IGNORECASE)


@dataclass(frozen=True)
class Item:
    """One episode to add: audio, a transcript, or both."""

    audio: Path | None = None
    transcript: Path | None = None

    @property
    def name(self) -> str:
        """The name a person knows it by."""
        named = self.audio or self.transcript
        return named.name if named else ""


@dataclass
class Named:
    """What was named, in order: addresses, and items of files; notes say what was left out."""

    urls: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_sources(sources: Sequence[str], transcripts: Sequence[Path]) -> Named:
    """Look at what was named, and pair transcripts with audio.

    One transcript goes with one audio file whatever they are called; of more, those of one name
    belong together. Audio in folders brings the captions that lie beside it.

    Raises:
        NotFound: something is not there.
    """
    named = Named(urls=[each for each in sources if each.startswith(("http://", "https://"))])
    audio: list[Path] = []
    captions: list[Path] = []
    for path in (Path(each) for each in sources if each not in named.urls):
        found = _audio_in(path)
        audio += found
        captions += _captions_beside(path, found)
    said = [file for path in transcripts for file in _transcripts_in(path)]
    captions = [*said, *(each for each in captions if each not in said)]
    if len(said) == 1 and len(audio) == 1:
        named.items.append(Item(audio[0], said[0]))
    else:
        named.items += _paired(audio, captions, named.notes)
    if not named.items and not named.urls:
        raise NotFound(
            f"{', '.join(sources)}: no audio files in there", hint="check the path",
            code="file_missing",
        )  # fmt: skip
    return named


def _paired(audio: Sequence[Path], captions: Sequence[Path], notes: list[str]) -> Iterator[Item]:
    by_stem: dict[str, Path] = {}
    for file in sorted(captions, key=_preference):
        used = by_stem.setdefault(_stem(file), file)
        if used is not file:
            notes.append(f"{file.name}: left out, {used.name} is used")
    for file in audio:
        yield Item(file, by_stem.pop(_stem(file), None))
    for file in captions:
        if by_stem.get(_stem(file)) is file:
            yield Item(None, file)


def _preference(file: Path) -> int:
    suffixes = (*CAPTION_SUFFIXES, *PROSE_SUFFIXES)
    suffix = file.suffix.lower()
    return suffixes.index(suffix) if suffix in suffixes else len(suffixes)


def _stem(file: Path) -> str:
    """Return what a recording and its transcript share: `Ep 1` of `Ep 1.en.vtt`."""
    suffixes = (*CAPTION_SUFFIXES, *PROSE_SUFFIXES)
    stem = file.stem.casefold()
    return _LANGUAGE.sub("", stem) if file.suffix.lower() in suffixes else stem


def _audio_in(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix.lower() in AUDIO_SUFFIXES)
    if not path.is_file():
        raise no_file(path)
    return [] if path.suffix.lower() in CAPTION_SUFFIXES else [path]


def _captions_beside(path: Path, audio: Sequence[Path]) -> list[Path]:
    """Return the captions of a folder; its JSON only beside audio, as it may be anything."""
    if path.is_file():
        return [path] if path.suffix.lower() in CAPTION_SUFFIXES else []
    stems = {_stem(file) for file in audio}
    return [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in CAPTION_SUFFIXES
        and (file.suffix.lower() != ".json" or _stem(file) in stems)
    ]


def _transcripts_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise no_file(path)
    suffixes = (*CAPTION_SUFFIXES, *PROSE_SUFFIXES)
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes)
    if not found:
        raise NotFound(
            f"{path}: no transcripts in there",
            hint=f"transcripts end in {', '.join(suffixes)}",
            code="file_missing",
        )
    return found


def check_title(title: str | None, named: Named) -> None:
    """Refuse one title for several episodes."""
    if title and len(named.items) + len(named.urls) > 1:
        raise click.UsageError("--title is for one episode")


def no_file(path: Path) -> NotFound:
    """Return the error for a file that is not there."""
    return NotFound(f"{path}: no such file", hint="check the path", code="file_missing")
