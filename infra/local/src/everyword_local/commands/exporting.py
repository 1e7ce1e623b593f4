"""All transcripts, as they are corrected now, as plain files."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from everyword_events import InvalidInput, Misconfigured, NotFound
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.output import counted

INDEX: Final = "index.json"
FORMATS: Final = ("json", "vtt", "txt")
SCHEMA: Final = 1
_MOST_NAME_BYTES: Final = 80
_STATED: Final = (
    "episode_id", "show", "title", "published_at", "link", "language", "duration_s", "state",
    "run_id",
)  # fmt: skip
_FILE_NAME: Final = re.compile(r"[^/\\\x00-\x1f.][^/\\\x00-\x1f]*\.(json|vtt|txt)")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--show", help="Only this show's episodes.")
@pass_reading_context
def export(context: CommandContext, folder: Path, show: str | None) -> None:
    """Write every transcript to FOLDER: JSON with word times, WebVTT, text, and an index.

    Corrections are in them. Run again, it brings the folder up to date.
    """
    earlier = _earlier(folder)
    episodes = list(context.api.pages("/v1/episodes", "episodes", show=show, limit=200))
    listed, written, without = [], {INDEX}, 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with context.output.progress() as bars:
            bar = bars.add_task("exporting", total=len(episodes))
            for episode in episodes:
                files = dict(_write(context, folder, episode))
                without += not files
                written |= set(files.values())
                listed.append({**{name: episode.get(name) for name in _STATED}, "files": files})
                bars.advance(bar)
        index = {"everyword_export": SCHEMA, "episodes": listed}
        context.write_file(folder / INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())
        for name in earlier - written:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"cannot write to {folder}: {error.strerror or error}",
            hint="choose a folder with room that you may write to",
            code="export_not_writable",
        ) from error
    if without:
        context.output.note(f"{counted(without, 'episode')} without a transcript")
    context.output.result(
        {"folder": str(folder), "episodes": len(listed), "without_transcript": without},
        [f"{folder}: {counted(len(listed) - without, 'transcript')}"],
    )


def _write(
    context: CommandContext, folder: Path, episode: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Write an episode's files; yield the format and the name of each."""
    path, stem = f"/v1/episodes/{episode['episode_id']}/transcript", file_stem(episode)
    for form in FORMATS:
        try:
            raw = context.api.get_bytes(f"{path}.{form}")
        except NotFound:  # it has no transcript yet, or was removed meanwhile
            return
        context.write_file(folder / f"{stem}.{form}", raw)
        yield form, f"{stem}.{form}"


def file_stem(episode: dict[str, Any]) -> str:
    """Return a name that every file system takes, for a person to know the episode by.

    The end of the id makes it the only one, and the same at every export.
    """
    said = " - ".join(filter(None, (episode["show"], episode["title"])))
    plain = "".join(
        c if unicodedata.category(c)[0] in "LN" or c in "_-" else " "
        for c in unicodedata.normalize("NFC", said)
    )
    words = " ".join(plain.split()).encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip(" -")
    return f"{words} {episode['episode_id'][-12:]}".strip()


def _earlier(folder: Path) -> set[str]:
    """Return the files of an earlier export that lie in the folder.

    Raises:
        InvalidInput: something else lies there.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    try:
        index = json.loads((folder / INDEX).read_bytes())
        is_ours = index["everyword_export"] <= SCHEMA
        names = {name for each in index["episodes"] for name in each["files"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        is_ours, names = False, set()
    if not is_ours:
        raise InvalidInput(
            f"{folder} holds something else than an export",
            hint="name a new or empty folder",
            code="export_folder",
        )
    return {name for name in names if isinstance(name, str) and _FILE_NAME.fullmatch(name)}
