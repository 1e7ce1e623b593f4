"""`everyword replay` and `everyword replays`: process episodes again; many in the background."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import click

from everyword_events import InvalidInput, NotFound
from everyword_local.client import Json
from everyword_local.commands.context import (
    POLL_IN_PROCESS_S,
    POLL_S,
    CommandContext,
    option_wait,
    pass_reading_context,
)
from everyword_local.commands.watching import describe, watch

REPLAYABLE: Final = ("AudioUploaded", "TranscriptReady", "TranscriptRefined")
_NOTHING: Final = "nothing_to_replay"
_OVER: Final = ("done", "cancelled")


@click.command()
@click.argument("episodes", nargs=-1)
@click.option("--show", help="Every episode of a show.")
@click.option("--all", "everything", is_flag=True, help="The whole archive.")
@click.option(
    "--from",
    "from_",
    type=click.Choice(REPLAYABLE),
    required=True,
    help="AudioUploaded: recognise anew. TranscriptReady: apply rules, corrections and the language"
    " model anew. TranscriptRefined: write captions and the index anew.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="SERVICE",
    help="Only for this service; or `diarize`: keep the words, tell anew who says them.",
)
@click.option("--speakers", type=click.IntRange(0, 100), help="How many people speak; 0: unknown.")
@click.option("--reason", default="", help="Kept in the journal.")
@click.option("--rate", help="Episodes a second, such as 5/s.")
@click.option("--dry-run", is_flag=True, help="Only say how many episodes; do nothing.")
@option_wait
@pass_reading_context
def replay(
    context: CommandContext,
    episodes: tuple[str, ...],
    *,
    show: str | None,
    from_: str,
    only: tuple[str, ...],
    speakers: int | None,
    reason: str,
    rate: str | None,
    everything: bool,
    dry_run: bool,
    wait: bool,
) -> None:
    """Process episodes again from one of their events.

    Many (--show, --all) are replayed in the background: interrupted, that goes on.
    """
    if not (episodes or show or everything):
        raise click.UsageError("name episodes, or say --show or --all")
    if bool(episodes) + bool(show) + everything > 1:
        raise click.UsageError("name episodes, or say --show, or say --all: one of them")
    rate_per_s = _rate(rate)
    request: Json = {"from": from_, "only": list(only), "reason": reason, "dry_run": dry_run}
    if speakers is not None:
        request["speakers"] = speakers
    if episodes:
        document = _named(context, episodes, request, rate_per_s=rate_per_s, wait=wait)
    else:
        many = {**request, "show": show, "rate_per_s": rate_per_s}
        document = _many(context, many, wait=wait)
    context.output.result(document, _summary(document, from_))
    failed = any(each["state"] == "failed" for each in document["episodes"])
    if failed or document.get("state") == "cancelled":
        context.failed()


@click.group()
def replays() -> None:
    """Replays of many episodes: list, follow, pause, resume, cancel."""


@replays.command("list")
@pass_reading_context
def list_(context: CommandContext) -> None:
    """List the newest replays, and how far they are."""
    found = context.api.get("/v1/replays")
    table = context.output.table("replay", "from", "show", "state", "done", "reason", cut="reason")
    for each in found["replays"]:
        done = f"{each['done']} of {each['total']}"
        show = each["show"] or ""
        table.add_row(each["replay_id"], each["event"], show, each["state"], done, each["reason"])
    context.output.result(found, table if found["replays"] else ["no replays"])


@replays.command()
@click.argument("replay_id")
@pass_reading_context
def follow(context: CommandContext, replay_id: str) -> None:
    """Show how far a replay is until it is over."""
    with context.replaying():
        status = _followed(context, replay_id)
    context.output.result(status, [_line(status)])
    if status["state"] == "cancelled":
        context.failed()


@replays.command()
@click.argument("replay_id")
@pass_reading_context
def pause(context: CommandContext, replay_id: str) -> None:
    """Pause a replay."""
    _steer(context, replay_id, "pause")


@replays.command()
@click.argument("replay_id")
@pass_reading_context
def resume(context: CommandContext, replay_id: str) -> None:
    """Go on with a paused replay."""
    _steer(context, replay_id, "resume")


@replays.command()
@click.argument("replay_id")
@pass_reading_context
def cancel(context: CommandContext, replay_id: str) -> None:
    """Cancel a replay; what was replayed stays so."""
    _steer(context, replay_id, "cancel")


def _steer(context: CommandContext, replay_id: str, action: str) -> None:
    status = context.api.post(f"/v1/replays/{replay_id}/{action}")
    context.output.result(status, [_line(status)])


def _named(
    context: CommandContext,
    names: Sequence[str],
    request: Json,
    *,
    rate_per_s: float | None,
    wait: bool,
) -> Json:
    """Replay the episodes named, one after the other."""
    ids = [context.find_episode(each) for each in names]
    with context.output.progress() as bars:
        bar = bars.add_task(f"replay from {request['from']}", total=len(ids))
        for episode_id in ids:
            context.api.post(f"/v1/episodes/{episode_id}/replays", request)
            bars.advance(bar)
            time.sleep(1 / rate_per_s if rate_per_s else 0)
    if request["dry_run"]:
        return _document(ids, dry_run=True)
    if not wait:
        return _document(ids)
    with context.working():
        return _document(ids, episodes=watch(context, ids))


def _many(context: CommandContext, request: Json, *, wait: bool) -> Json:
    """Have many replayed in the background, and follow that to its end."""
    try:
        taken = context.api.post("/v1/replays", request)
    except InvalidInput as error:
        if error.code != _NOTHING:
            raise
        taken = {"episode_ids": [], "replay_id": None}
    ids, replay_id = taken["episode_ids"], taken["replay_id"]
    if request["dry_run"]:
        return _document(ids, dry_run=True)
    with context.working() if wait else context.replaying():
        if replay_id is None:
            return _document(ids, episodes=watch(context, ids) if wait else [])
        status = _followed(context, replay_id)
        ended = []
        if wait and status["replayed"]:
            ended = watch(context, _touched(context, ids, request["show"], status))
    return _document(
        ids,
        replayed=status["replayed"],
        episodes=ended,
        replay_id=replay_id,
        state=status["state"],
    )


def _followed(context: CommandContext, replay_id: str) -> Json:
    """Show how far a replay is until it is over; interrupted, say how to go on."""
    said = ""
    try:
        with context.output.progress() as bars:
            bar = bars.add_task("replay", total=None)
            while True:
                status = _status(context, replay_id)
                text = f"replay from {status['event']}: {status['state']}"
                bars.update(bar, completed=status["done"], total=status["total"], description=text)
                line = f"{text}, {10 * status['done'] // max(1, status['total'])}0 %"
                if not context.output.is_terminal and line != said:
                    said = line
                    context.output.note(line)
                if status["state"] in _OVER:
                    return status
                time.sleep(POLL_IN_PROCESS_S if context.api.in_process else POLL_S)
    except KeyboardInterrupt:
        goes_on = "with the next `everyword up`" if context.api.in_process else "on the server"
        context.output.note(
            f"the replay goes on {goes_on} - see `everyword replays list`;"
            f" `everyword replays follow|pause|resume|cancel {replay_id}`"
        )
        raise


def _status(context: CommandContext, replay_id: str) -> Json:
    for each in context.api.get("/v1/replays")["replays"]:
        if each["replay_id"] == replay_id:
            return dict(each)
    raise NotFound(
        f"no replay {replay_id!r}", hint="`everyword replays list`", code="replay_missing"
    )


def _touched(
    context: CommandContext, episode_ids: Sequence[str], show: str | None, status: Json
) -> list[str]:
    """Return the episodes that something happened to since the replay began."""
    since = datetime.fromisoformat(status["created_at"])
    now = {
        each["episode_id"]: datetime.fromisoformat(each["updated_at"])
        for each in context.api.pages("/v1/episodes", "episodes", show=show, limit=200)
    }
    return [each for each in episode_ids if each in now and now[each] >= since]


def _document(
    ids: Sequence[str],
    *,
    replayed: int | None = None,
    episodes: Sequence[Json] = (),
    replay_id: str | None = None,
    state: str = "done",
    dry_run: bool = False,
) -> Json:
    return {
        "dry_run": dry_run,
        "replayed": 0 if dry_run else len(ids) if replayed is None else replayed,
        "episode_ids": list(ids),
        "replay_id": replay_id,
        "state": state,
        "episodes": list(episodes),
    }


def _summary(document: Json, event: str) -> list[str]:
    looked_at, replayed = len(document["episode_ids"]), document["replayed"]
    if document["dry_run"]:
        return [f"{looked_at} would be replayed from {event}, those that have one"]
    line = f"{replayed} replayed from {event}"
    if document["state"] == "cancelled":
        line += f"; cancelled, of {looked_at}"
    elif replayed < looked_at:
        line += f"; {looked_at - replayed} had none"
    return [line, *map(describe, document["episodes"])]


def _line(status: Json) -> str:
    return (
        f"{status['replay_id']}: {status['state']}, {status['done']} of {status['total']} looked"
        f" at, {status['replayed']} replayed from {status['event']}"
    )


def _rate(text: str | None) -> float | None:
    if not text:
        return None
    try:
        rate = float(text.removesuffix("/s"))
    except ValueError:
        rate = 0
    if not 0 < rate < float("inf"):
        raise click.BadParameter(f"{text!r} is no rate such as 5/s", param_hint="--rate")
    return rate
