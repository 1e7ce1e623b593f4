"""Follow episodes to their end: a bar each on a terminal, a line per change elsewhere."""

import time
from collections.abc import Sequence

from everyword_local.client import Json
from everyword_local.commands.context import POLL_IN_PROCESS_S, POLL_S, SETTLED, CommandContext
from everyword_local.output import clock, counted

MOST_BARS = 12
MANY_POLL_S = 1.0
_SHARE = {  # how far along its way an episode is when a stage begins
    "awaiting_upload": 0.0,
    "queued": 0.02,
    "transcribing": 0.05,
    "refining": 0.9,
    "publishing": 0.95,
    "ready": 1.0,
    "failed": 1.0,
    "removed": 1.0,
}


def watch(context: CommandContext, episode_ids: Sequence[str]) -> list[Json]:
    """Show the episodes' progress until all are settled; return how they ended."""
    waiting = dict.fromkeys(episode_ids)
    if len(waiting) > MOST_BARS:
        return _watch_many(context, list(waiting))
    ended: dict[str, Json] = {}
    said: dict[str, str] = {}
    with context.output.progress() as bars:
        tasks = {each: bars.add_task("…", total=1.0) for each in waiting}
        while True:
            for episode_id in [each for each in waiting if each not in ended]:
                episode = context.api.get(f"/v1/episodes/{episode_id}")
                state = episode["state"]
                bars.update(
                    tasks[episode_id],
                    description=f"{episode['title'][:40]}: {state}",
                    completed=_completed(episode),
                )
                line = f"{episode['title']}: {state}{tenth(episode)}"
                if not context.output.is_terminal and said.get(episode_id) != line:
                    said[episode_id] = line
                    context.output.note(line)
                if state in SETTLED:
                    ended[episode_id] = episode
            if len(ended) == len(waiting):
                return [ended[each] for each in waiting]
            time.sleep(POLL_IN_PROCESS_S if context.api.in_process else POLL_S)


def _watch_many(context: CommandContext, episode_ids: Sequence[str]) -> list[Json]:
    """Show how many are settled, in one bar; the archive is read page by page."""
    said = ""
    with context.output.progress() as bars:
        bar = bars.add_task("episodes", total=len(episode_ids))
        while True:
            pages = context.api.pages("/v1/episodes", "episodes", limit=200)
            found = {each["episode_id"]: each for each in pages}
            settled = [
                each for each in episode_ids if each not in found or found[each]["state"] in SETTLED
            ]
            bars.update(bar, completed=len(settled))
            of_all = counted(len(episode_ids), "episode")
            line = f"{len(settled) * 10 // len(episode_ids) * 10} % of {of_all}"
            if line != said and not context.output.is_terminal:
                context.output.note(line)
                said = line
            if len(settled) == len(episode_ids):
                break
            left = len(episode_ids) - len(settled)
            time.sleep(min(MANY_POLL_S, left * MANY_POLL_S / MOST_BARS))
    return [found.get(each) or context.api.get(f"/v1/episodes/{each}") for each in episode_ids]


def describe(episode: Json) -> str:
    """Say an episode in one line."""
    parts = [episode["title"], episode["state"]]
    progress = episode.get("progress")
    if progress and progress.get("fraction") is not None:
        parts.append(f"{progress['fraction']:.0%}")
    if episode.get("duration_s"):
        parts.append(clock(episode["duration_s"]))
    if episode.get("engine"):
        parts.append(str(episode["engine"].get("name", episode["engine"])))
    error = episode.get("error")
    if error:
        parts.append(f"{error['message']} - {error['hint']}" if error["hint"] else error["message"])
    return ", ".join(parts)


def tenth(episode: Json) -> str:
    """Return the stage's progress in whole tenths, or nothing where none is known."""
    fraction = (episode.get("progress") or {}).get("fraction")
    return f" {int(fraction * 10) * 10} %" if fraction else ""


def _completed(episode: Json) -> float:
    begun = _SHARE.get(episode["state"], 0.0)
    progress = episode.get("progress") or {}
    if episode["state"] == "transcribing" and progress.get("fraction") is not None:
        return begun + (_SHARE["refining"] - begun) * float(progress["fraction"])
    return begun
