"""One step without the stack: a transcript in, caption files out."""

from collections.abc import Sequence
from pathlib import Path

from captions.choices import CaptionChoices
from captions.domain.file_formats import FORMATS
from captions.domain.formats import TranscriptWriter
from everyword_events import InvalidInput
from everyword_transcripts import Transcript


def transcript_writer(
    transcript: Transcript, settings: CaptionChoices, *, title: str = ""
) -> TranscriptWriter:
    """Return the transcript ready to be written as any number of formats."""
    return TranscriptWriter(
        transcript, settings.limits(), title, settings.voices, settings.cue_settings
    )


def render(
    transcript: Transcript,
    format: str,  # noqa: A002 - as the option is called
    settings: CaptionChoices,
    *,
    title: str = "",
) -> bytes:
    """Write a transcript as one of `FORMATS`.

    Raises:
        InvalidInput: an unknown format.
    """
    return transcript_writer(transcript, settings, title=title).write(check_formats([format])[0])


def render_files(
    transcript: Transcript,
    formats: Sequence[str],
    settings: CaptionChoices,
    *,
    stem: str,
    title: str = "",
) -> dict[str, bytes]:
    """Return the named formats as files, `{stem}.vtt` and so on, cutting the cues once.

    Raises:
        InvalidInput: an unknown format.
    """
    written = transcript_writer(transcript, settings, title=title)
    return {f"{stem}{FORMATS[name].suffix}": written.write(name) for name in check_formats(formats)}


def check_formats(names: Sequence[str]) -> list[str]:
    """Return the format names without repeats.

    Raises:
        InvalidInput: an unknown or no format.
    """
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown or not wanted:
        raise InvalidInput(
            f"unknown format {unknown[0]!r}" if unknown else "no format named",
            hint=f"choose from {', '.join(FORMATS)}",
            code="format_unknown",
        )
    return wanted


def format_of(path: Path) -> str:
    """Return the format a file's name ends in.

    Raises:
        InvalidInput: the ending is none of ours.
    """
    name = path.name.lower()
    for form in sorted(FORMATS.values(), key=lambda form: -len(form.suffix)):
        if name.endswith(form.suffix):
            return form.name
    raise InvalidInput(
        f"no format ends like {path.name!r}",
        hint=f"name it {', '.join('*' + form.suffix for form in FORMATS.values())}",
        code="format_unknown",
    )
