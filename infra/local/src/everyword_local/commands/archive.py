"""The archive's episodes: status, journal, transcript, removal."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from everyword_local.client import Json
from everyword_local.commands.context import (
    POLL_S,
    CommandContext,
    pass_reading_context,
)
from everyword_local.commands.dashboard import follow
from everyword_local.commands.watching import describe, watch
from everyword_local.output import clock, counted

FORMATS = {
    "vtt": ".vtt",
    "srt": ".srt",
    "json": ".json",
    "podcast-json": ".podcast.json",
    "html": ".html",
    "md": ".md",
    "txt": ".txt",
    "karaoke-vtt": ".karaoke.vtt",
}
LEAST_SAID_S = 0.005
SHORT_ID = 8


@click.command()
@click.argument("episode", required=False)
@click.option("--watch", "watching", is_flag=True, help="Follow the work until it is done.")
@click.option("--show", help="Only this show's episodes.")
@pass_reading_context
def status(
    context: CommandContext, episode: str | None, show: str | None, *, watching: bool
) -> None:
    """Show how far episodes are; with --watch, what waits and what is worked on."""
    if watching and not episode:
        follow(context, show)
        if context.output.as_json:
            return
    if episode:
        episode_id = context.find_episode(episode)
        if watching:
            watch(context, [episode_id])
        found = context.api.get(f"/v1/episodes/{episode_id}")
        context.output.result(found, _details(found))
        return
    episodes = list(context.api.pages("/v1/episodes", "episodes", show=show, limit=200))
    paused = context.api.get("/v1/health")["paused"]
    for service, why in paused.items():
        context.output.note(f"{service} is paused: {why['message']} - {why['hint']}")
    found = {"episodes": episodes, "paused": paused}
    context.output.result(found, _listing(context, episodes))


@click.command()
@click.argument("episode", required=False)
@click.option("--follow", "following", is_flag=True, help="Go on as events happen.")
@click.option("--last", type=click.IntRange(1, 1000), default=20, help="Of all: so many.")
@pass_reading_context
def events(context: CommandContext, episode: str | None, last: int, *, following: bool) -> None:
    """Print an episode's journal, or the newest events of all; with --json one event a line."""
    if episode is None:
        _all_events(context, last, following=following)
        return
    episode_id = context.find_episode(episode)
    seen = 0
    while True:
        found = context.api.get(f"/v1/episodes/{episode_id}/events")["events"]
        for event in found[seen:]:
            context.output.result(event, [_event_line(event)])
        seen = len(found)
        if not following:
            return
        time.sleep(POLL_S)


@click.command()
@click.argument("episode")
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="txt", show_default=True
)
@click.option("--run", help="Another run's than the latest.")
@pass_reading_context
def transcript(context: CommandContext, episode: str, form: str, run: str | None) -> None:
    """Print an episode's transcript or captions."""
    episode_id = context.find_episode(episode)
    path = f"/v1/episodes/{episode_id}/transcript{FORMATS[form]}"
    context.output.write(context.api.get_bytes(path, run=run))


@click.command()
@click.argument("episode")
@click.option("--reason", default="", help="Kept in the journal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_reading_context
def remove(context: CommandContext, episode: str, reason: str, *, yes: bool) -> None:
    """Remove an episode: its audio, transcripts, captions and every word in the index."""
    episode_id = context.find_episode(episode)
    if not yes:
        _ask_before_removal(context.api.get(f"/v1/episodes/{episode_id}"))
    context.api.delete(f"/v1/episodes/{episode_id}", reason=reason or None)
    with context.working():
        context.wait_for_quiet()
    context.output.result({"removed": episode_id}, [f"removed {episode_id}"])


@click.command()
@click.argument("episode")
@pass_reading_context
def cancel(context: CommandContext, episode: str) -> None:
    """Call off the recognition that an episode waits for; a replay starts it again."""
    episode_id = context.find_episode(episode)
    done = context.api.post(f"/v1/episodes/{episode_id}:cancel")
    context.output.result(done, [f"called off {episode_id}"])


def _all_events(context: CommandContext, last: int, *, following: bool) -> None:
    page = context.api.get("/v1/events", limit=last)
    while True:
        for event in page["events"]:
            line = f"{_event_line(event)}  episode {event['meta']['episode_id']}"
            context.output.result(event, [line])
        if not following:
            return
        if not page["events"]:
            time.sleep(POLL_S)
        page = context.api.get("/v1/events", after=page["next"])


def _ask_before_removal(episode: Json) -> None:
    click.echo(
        f"remove {episode['title']!r} and all that was made of it? [y/N] ", err=True, nl=False
    )
    answer = sys.stdin.readline()
    if not answer:
        click.echo("", err=True)
        raise click.UsageError("nobody is there to ask: say --yes")
    if answer.strip().lower() not in {"y", "yes"}:
        raise click.Abort


def _listing(context: CommandContext, episodes: Sequence[Json]) -> Iterator[str]:
    if not episodes:
        yield "no episodes yet - `everyword add FILE` adds one"
        return
    ids = [each["episode_id"] for each in episodes]
    short = _short_ids(ids) if context.output.is_read_by_a_person else ids
    table = context.output.table("episode", "show", "title", "state", "length", cut="title")
    for episode_id, each in zip(short, episodes, strict=True):
        length = clock(each["duration_s"]) if each.get("duration_s") else ""
        table.add_row(episode_id, each["show"], each["title"], each["state"], length)
    yield from table
    states = Counter(each["state"] for each in episodes)
    hours = sum(each.get("duration_s") or 0 for each in episodes) / 3600
    by_state = ", ".join(f"{n} {state}" for state, n in states.most_common())
    yield f"{counted(len(episodes), 'episode')}, {hours:.1f} hours: {by_state}"


def _short_ids(episode_ids: Sequence[str]) -> list[str]:
    """Return the ends of ids by which commands know them apart."""
    for length in range(SHORT_ID, max(map(len, episode_ids)) + 1):
        short = [each[-length:] for each in episode_ids]
        if len(set(short)) == len(short):
            break
    return short


def _details(episode: Json) -> Iterator[str]:
    yield describe(episode)
    for name in ("episode_id", "show", "language", "run_id", "created_at", "updated_at"):
        if episode.get(name):
            yield f"  {name}: {episode[name]}"
    yield from (f"  {note}" for note in episode.get("notes") or ())
    for step, seconds in (episode.get("timings") or {}).items():
        if seconds >= LEAST_SAID_S:
            yield f"  {step}: {seconds:.2f} s"


def _event_line(event: Json) -> str:
    meta = event["meta"]
    replayed = f"  replay of {meta['replay']['of']}" if meta.get("replay") else ""
    return f"{meta['occurred_at']}  {event['type']}  run {meta['run_id']}{replayed}"
