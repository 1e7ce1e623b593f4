"""`everyword add`: files, folders, addresses, or transcripts that exist already."""

import hashlib
import json
import mimetypes
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import httpx

from captions.reading import format_of_file, read_file
from everyword_events import InvalidInput, NotFound, TranscriptionHints, TransientFailure
from everyword_local.client import BLOCK_BYTES, Json
from everyword_local.commands.context import CommandContext, option_wait, pass_context
from everyword_local.commands.watching import describe, watch
from everyword_transcripts import write_transcript
from transcribe_gpu.standalone import announced_engine

AUDIO_SUFFIXES = frozenset(
    [
        ".mp3",
        ".m4a",
        ".m4b",
        ".mp4",
        ".aac",
        ".wav",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".webm",
        ".mkv",
        ".mov",
        ".aif",
        ".aiff",
        ".wma",
    ]
)


@dataclass(frozen=True)
class Source:
    """One file to add, and the name a person knows it by."""

    path: Path
    name: str


@click.command()
@click.argument("sources", nargs=-1, metavar="FILE|DIR|URL…")
@click.option("--transcript", type=click.Path(path_type=Path), help="No recognition: it is here.")
@click.option("--show", default="", help="The show the episodes belong to.")
@click.option("--title", help="The episode's title; by default the file's name.")
@click.option("--language", default="", help="Such as en or sv; by default it is detected.")
@click.option("--speakers", type=click.IntRange(0, 64), default=0, help="How many, if known.")
@click.option("--channels", type=click.Choice(["mix", "speakers"]), help="One speaker per channel?")
@click.option("--engine", default="", help="The recogniser to use.")
@click.option("--model", default="", help="The recogniser's model.")
@click.option("--published", metavar="DATE", help="When it was published.")
@click.option("--link", help="The episode's own web page.")
@click.option("--again", is_flag=True, help="Even if the same audio is there already.")
@option_wait
@pass_context
def add(
    context: CommandContext,
    /,
    sources: tuple[str, ...],
    transcript: Path | None,
    *,
    wait: bool,
    again: bool,
    **wishes: Any,
) -> None:
    """Add episodes: audio files, folders of them, web addresses; or an existing transcript."""
    about = _about(wishes)
    if again:
        about["allow_duplicate"] = True
    with tempfile.TemporaryDirectory(prefix="everyword-") as scratch:
        if transcript is not None:
            ids = [_add_transcript(context, transcript, _sources(context, sources, scratch), about)]
        else:
            if not sources:
                raise click.UsageError("name a file, a folder or an address")
            found = list(_sources(context, sources, scratch))
            if about.get("title") and len(found) > 1:
                raise click.UsageError("--title is for one episode")
            if wait and context.api.in_process:
                context.output.note(_engine_line(context, about))
            ids = [_add_audio(context, source, about) for source in found]
    _report(context, ids, wait=wait)


def _engine_line(context: CommandContext, about: Json) -> str:
    """Say which recogniser will be used here, and what to expect of it."""
    wishes = {name: about[name] for name in TranscriptionHints.model_fields if name in about}
    settings = context.settings.of_show(about.get("show", ""))
    wanted = settings.transcribe.with_hints(TranscriptionHints.model_validate(wishes))
    return announced_engine(wanted, settings.models)


def _report(context: CommandContext, ids: Sequence[str], *, wait: bool) -> None:
    if wait:
        with context.working():
            episodes = watch(context, ids)
    else:
        episodes = [context.api.get(f"/v1/episodes/{each}") for each in ids]
        if context.api.in_process:
            context.output.note("queued: `everyword up` will process it, or add --wait")
    one = episodes[0] if len(episodes) == 1 else {}
    lines = [f"{each['episode_id']}  {describe(each)}" for each in episodes]
    context.output.result({**one, "episodes": episodes}, lines)
    if wait and any(each["state"] != "ready" for each in episodes):
        context.failed()


def _about(wishes: dict[str, Any]) -> Json:
    about = {name: wish for name, wish in wishes.items() if wish}
    if "published" in about:
        about["published_at"] = about.pop("published")
    return about


def _add_audio(context: CommandContext, source: Source, about: Json) -> str:
    """Announce, upload and return the episode's id; the same audio again is the same episode."""
    size = source.path.stat().st_size
    announced = context.api.post(
        "/v1/episodes",
        {
            "title": Path(source.name).stem or source.name,
            "filename": source.name,
            "bytes": size,
            "sha256": _sha256(source.path),
            "media_type": mimetypes.guess_type(source.name)[0] or "application/octet-stream",
            **about,
        },
    )
    episode_id: str = announced["episode_id"]
    upload = announced.get("upload")
    if upload is None:
        context.output.note(f"{source.name}: the archive has this audio already")
        return episode_id
    _upload(context, upload, source)
    return episode_id


def _add_transcript(
    context: CommandContext, transcript: Path, audio: Iterator[Source], about: Json
) -> str:
    try:
        raw = transcript.read_bytes()
    except FileNotFoundError as error:
        raise _no_file(transcript) from error
    language = about.get("language", "und")
    read = read_file(raw, format_of_file(transcript, raw, language), language=language)
    for warning in read.warnings:
        context.output.note(f"warning: {transcript}: {warning}")
    heard = list(audio)
    if len(heard) > 1:
        raise click.UsageError("one transcript goes with one audio file")
    body: Json = {
        "title": transcript.stem,
        "filename": heard[0].name if heard else "",
        "bytes": heard[0].path.stat().st_size if heard else 0,
        **about,
        "transcript": json.loads(write_transcript(read.transcript)),
    }
    announced = context.api.post("/v1/episodes", body)
    if heard and announced.get("upload"):
        _upload(context, announced["upload"], heard[0])
    return str(announced["episode_id"])


def _upload(context: CommandContext, upload: Json, source: Source) -> None:
    with context.output.progress() as bars:
        bar = bars.add_task(f"upload {source.name[:40]}", total=source.path.stat().st_size)
        context.api.upload(
            upload["url"], source.path, upload["headers"], lambda sent: bars.advance(bar, sent)
        )


def _sources(context: CommandContext, names: Sequence[str], scratch: str) -> Iterator[Source]:
    for number, name in enumerate(names):
        if name.startswith(("http://", "https://")):
            yield _download(context, name, Path(scratch) / str(number))
            continue
        path = Path(name)
        if path.is_dir():
            files = sorted(f for f in path.rglob("*") if f.suffix.lower() in AUDIO_SUFFIXES)
            if not files:
                raise NotFound(f"{path}: no audio files in there", code="file_missing")
            yield from (Source(file, file.name) for file in files)
        elif path.is_file():
            yield Source(path, path.name)
        else:
            raise _no_file(path)


def _download(context: CommandContext, url: str, to: Path) -> Source:
    name = unquote(Path(urlsplit(url).path).name) or "audio"
    try:
        with (
            httpx.stream("GET", url, follow_redirects=True, timeout=60) as answer,
            to.open("wb") as file,
            context.output.progress() as bars,
        ):
            answer.raise_for_status()
            kind = answer.headers.get("content-type", "")
            if "xml" in kind or "html" in kind:
                raise InvalidInput(
                    f"{url} is {kind.split(';')[0]}, not audio",
                    hint="give the address of the audio file itself",
                    code="not_audio",
                )
            total = int(answer.headers.get("content-length", 0)) or None
            bar = bars.add_task(f"fetch {name[:40]}", total=total)
            for block in answer.iter_bytes(BLOCK_BYTES):
                file.write(block)
                bars.advance(bar, len(block))
    except httpx.HTTPStatusError as error:
        raise InvalidInput(
            f"{url} answers {error.response.status_code}", code="download_failed"
        ) from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise TransientFailure(
            f"cannot fetch {url}: {error}", hint="check the address", code="download_failed"
        ) from error
    return Source(to, name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _no_file(path: Path) -> NotFound:
    return NotFound(f"{path}: no such file", hint="check the path", code="file_missing")
