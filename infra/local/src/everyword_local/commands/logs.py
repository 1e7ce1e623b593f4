"""`everyword logs`: what all services logged about one episode."""

import time
from collections.abc import Iterator

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_reading_context

FOLLOW_S = 1.0
_SAID = frozenset(
    {"time", "level", "logger", "log", "message", "service", "event_type", "exception"}
    | {"episode_id", "event_id", "correlation_id", "run_id", "action", "taskName"}
)
"""Fields that a line for reading says in its own place, or not at all."""


@click.command()
@click.argument("episode")
@click.option("--follow", is_flag=True, help="Go on as more is logged.")
@click.option("--limit", type=click.IntRange(1, 5000), default=1000, help="The newest so many.")
@pass_reading_context
def logs(context: CommandContext, episode: str, *, follow: bool, limit: int) -> None:
    """Print what all services logged about an episode; with --json one object a line."""
    episode_id = context.find_episode(episode)
    path = f"/v1/episodes/{episode_id}/logs"
    seen: set[str] = set()
    since = None
    while True:
        lines = context.api.get(path, since=since, limit=limit)["lines"]
        new = [each for each in lines if repr(each) not in seen]
        for line in new:
            context.output.result(line, _readable(line))
        if not lines and not follow:
            context.output.note("nothing is logged about it, or it was turned over long ago")
        if not follow:
            return
        if new:
            since = lines[-1]["time"]
            seen = {repr(each) for each in lines if each["time"] == since}
        time.sleep(FOLLOW_S)


def _readable(line: Json) -> Iterator[str]:
    more = " ".join(f"{name}={value}" for name, value in line.items() if name not in _SAID)
    who = line.get("service") or line.get("log", "")
    words = [str(line.get("time", ""))[:23], f"{line.get('level', ''):7}", f"{who:14}"]
    words += [str(line.get("message", "")), str(line.get("event_type", "")), more]
    yield " ".join(each for each in words if each.strip())
    if line.get("exception"):
        yield "  " + str(line["exception"]).strip().splitlines()[-1]
