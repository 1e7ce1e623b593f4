"""Transcripts of any kind, as the steps that need no stack read them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from everyword_events import InvalidInput
from everyword_local.commands.context import CommandContext
from everyword_local.commands.files import must_exist
from everyword_transcripts import Transcript, read_transcript
from everyword_transcripts.json_form import OURS

_SURELY_READ = 64 * 2**20
"""Up to so many bytes our own JSON needs none of the parsers that read what others write."""


@dataclass(frozen=True)
class FileRead:
    """A file's transcript, and what a person was told of how it was read."""

    transcript: Transcript
    warnings: tuple[str, ...] = ()


def read_any(context: CommandContext, path: Path, language: str = "und") -> FileRead:
    """Read a transcript of any kind, and tell what was noticed in it."""
    must_exist(path)
    raw = path.read_bytes()
    if path.suffix.lower() == ".json" and raw.startswith(OURS) and len(raw) <= _SURELY_READ:
        with naming(path):
            return FileRead(read_transcript(raw))
    from captions.reading import format_of_file, read_file  # noqa: PLC0415 - all parsers

    with naming(path):
        read = read_file(raw, format_of_file(path, raw, language), language=language)
    warn(context, path, read.warnings)
    return FileRead(read.transcript, read.warnings)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.message}", hint=error.hint, code=error.code) from error


def warn(context: CommandContext, path: Path, warnings: Iterable[str]) -> None:
    """Tell what was noticed in a file."""
    for warning in warnings:
        context.output.note(f"warning: {path}: {warning}")
