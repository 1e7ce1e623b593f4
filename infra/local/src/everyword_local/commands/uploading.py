"""Announce an episode to the API and bring it its audio, its transcript, or its address."""

import hashlib
import mimetypes
from pathlib import Path

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext
from everyword_local.commands.sources import Item


def add_item(context: CommandContext, item: Item, about: Json) -> str:
    """Add one episode from files; return its id. The same audio again is the same episode."""
    body: Json = {"title": Path(item.name).stem or item.name, **about}
    if item.audio is not None:
        body |= {
            "filename": item.audio.name,
            "bytes": item.audio.stat().st_size,
            "sha256": _sha256(item.audio),
            "media_type": mimetypes.guess_type(item.audio.name)[0] or "application/octet-stream",
        }
    if item.transcript is None:
        announced = context.api.post("/v1/episodes", body)
    else:
        announced = context.api.post_file("/v1/transcripts", item.transcript, body)
        for warning in announced["warnings"]:
            context.output.note(f"warning: {item.transcript}: {warning}")
    if item.audio is not None:
        _upload(context, announced, item.audio)
    return str(announced["episode_id"])


def add_url(context: CommandContext, url: str, about: Json) -> str:
    """Add one episode from an address; it is fetched in the background."""
    announced = context.api.post("/v1/episodes:import", {"url": url, **about})
    if announced["existing"]:
        context.output.note(f"{url}: the archive has this already")
    return str(announced["episode_id"])


def _upload(context: CommandContext, announced: Json, file: Path) -> None:
    if announced["upload"] is None:
        context.output.note(f"{file.name}: the archive has this audio already")
        return
    with context.output.progress() as bars:
        bar = bars.add_task(f"upload {file.name[:40]}", total=file.stat().st_size)
        context.api.upload(announced, file, lambda sent: bars.advance(bar, sent))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
