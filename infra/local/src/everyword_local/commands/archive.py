"""The archive's episodes: status, journal, transcript, replay, removal."""

import time
from collections.abc import Iterator, Sequence

import click

from everyword_events import CATALOGUE, InvalidInput
from everyword_local.client import Json
from everyword_local.commands.context import POLL_S, CommandContext, option_wait, pass_context
from everyword_local.commands.watching import describe, watch
from everyword_local.output import clock

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
NOTHING_TO_REPLAY = "nothing_to_replay"
REPLAYABLE = ("AudioUploaded", "TranscriptReady", "TranscriptRefined")


@click.command()
@click.argument("episode", required=False)
@click.option("--watch", "watching", is_flag=True, help="Follow it until it is settled.")
@click.option("--show", help="Only this show's episodes.")
@pass_context
def status(
    context: CommandContext, episode: str | None, show: str | None, *, watching: bool
) -> None:
    """Show how far episodes are."""
    if episode:
        episode_id = context.find_episode(episode)
        if watching:
            watch(context, [episode_id])
        found = context.api.get(f"/v1/episodes/{episode_id}")
        context.output.result(found, _details(found))
        return
    episodes = list(context.api.pages("/v1/episodes", "episodes", show=show, limit=200))
    if watching:
        episodes = watch(context, [each["episode_id"] for each in episodes])
    table = context.output.table("episode", "show", "title", "state", "length")
    for each in episodes:
        length = clock(each["duration_s"]) if each.get("duration_s") else ""
        table.add_row(each["episode_id"], each["show"], each["title"], each["state"], length)
    nothing = ["no episodes yet - `everyword add FILE` adds one"]
    context.output.result({"episodes": episodes}, table if episodes else nothing)


@click.command()
@click.argument("episode")
@click.option("--follow", is_flag=True, help="Go on as events happen.")
@pass_context
def events(context: CommandContext, episode: str, *, follow: bool) -> None:
    """Print an episode's journal, oldest first; with --json one event a line."""
    episode_id = context.find_episode(episode)
    seen = 0
    while True:
        found = context.api.get(f"/v1/episodes/{episode_id}/events")["events"]
        for event in found[seen:]:
            context.output.result(event, [_event_line(event)])
        seen = len(found)
        if not follow:
            return
        time.sleep(POLL_S)


@click.command()
@click.argument("episode")
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="txt", show_default=True
)
@click.option("--run", help="Another run's than the latest.")
@pass_context
def transcript(context: CommandContext, episode: str, form: str, run: str | None) -> None:
    """Print an episode's transcript or captions."""
    episode_id = context.find_episode(episode)
    path = f"/v1/episodes/{episode_id}/transcript{FORMATS[form]}"
    context.output.write(context.api.get_bytes(path, run=run))


@click.command()
@click.argument("episodes", nargs=-1)
@click.option("--show", help="Every episode of a show.")
@click.option("--all", "everything", is_flag=True, help="The whole archive.")
@click.option("--from", "from_", type=click.Choice(REPLAYABLE), required=True)
@click.option("--only", multiple=True, metavar="SERVICE", help="Only for this service.")
@click.option("--reason", default="", help="Kept in the journal.")
@click.option("--rate", help="Episodes a second, such as 5/s.")
@option_wait
@pass_context
def replay(
    context: CommandContext,
    episodes: tuple[str, ...],
    *,
    show: str | None,
    from_: str,
    only: tuple[str, ...],
    reason: str,
    rate: str | None,
    everything: bool,
    wait: bool,
) -> None:
    """Process episodes again from one of their events."""
    if not (episodes or show or everything):
        raise click.UsageError("name episodes, or say --show or --all")
    wish = {"from": from_, "only": list(only), "reason": reason}
    wanted = [context.find_episode(each) for each in episodes] or [
        each["episode_id"]
        for each in context.api.pages("/v1/episodes", "episodes", show=show, limit=200)
    ]
    ids = _replay_all(context, wanted, wish, rate_per_s=_rate(rate), named=bool(episodes))
    ended: list[Json] = []
    if wait:
        with context.working():
            ended = watch(context, ids)
    document = {"replayed": len(ids), "episode_ids": ids, "episodes": ended}
    context.output.result(document, [f"{len(ids)} replayed from {from_}", *map(describe, ended)])
    if any(each["state"] == "failed" for each in ended):
        context.failed()


@click.command()
@click.argument("episode")
@click.option("--reason", default="", help="Kept in the journal.")
@pass_context
def remove(context: CommandContext, episode: str, reason: str) -> None:
    """Remove an episode: its audio, transcripts, captions and every word in the index."""
    episode_id = context.find_episode(episode)
    context.api.delete(f"/v1/episodes/{episode_id}", reason=reason or None)
    with context.working():
        context.wait_for_quiet()
    context.output.result({"removed": episode_id}, [f"removed {episode_id}"])


def _replay_all(
    context: CommandContext,
    episode_ids: Sequence[str],
    wish: Json,
    *,
    rate_per_s: float | None,
    named: bool,
) -> list[str]:
    """Replay one after the other; return those that had such an event."""
    done = []
    with context.output.progress() as bars:
        for episode_id in bars.track(episode_ids, description=f"replay from {wish['from']}"):
            try:
                context.api.post(f"/v1/episodes/{episode_id}/replays", wish)
            except InvalidInput as error:
                if named or error.code != NOTHING_TO_REPLAY:
                    raise
                continue
            done.append(episode_id)
            time.sleep(1 / rate_per_s if rate_per_s else 0)
    return done


def _rate(text: str | None) -> float | None:
    if not text:
        return None
    try:
        rate = float(text.removesuffix("/s"))
    except ValueError:
        rate = 0
    if rate <= 0:
        raise click.BadParameter(f"{text!r} is no rate such as 5/s", param_hint="--rate")
    return rate


def _details(episode: Json) -> Iterator[str]:
    yield describe(episode)
    for name in ("episode_id", "show", "language", "run_id", "created_at", "updated_at"):
        if episode.get(name):
            yield f"  {name}: {episode[name]}"
    for step, seconds in (episode.get("timings") or {}).items():
        if seconds >= LEAST_SAID_S:
            yield f"  {step}: {seconds:.2f} s"


def _event_line(event: Json) -> str:
    meta = event["meta"]
    replayed = f"  replay of {meta['replay']['of']}" if meta.get("replay") else ""
    return f"{meta['occurred_at']}  {event['type']}  run {meta['run_id']}{replayed}"


assert set(REPLAYABLE) <= set(CATALOGUE)
