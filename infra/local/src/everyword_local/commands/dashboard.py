"""`everyword status --watch`: what waits, what is worked on, what stands still, until the end."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext

LOOK_EVERY_S = 1.0
MOST_STEPS = 15
MINUTE_S = 60
SAID_IN_S = 90
AT_WORK = ("transcribing", "refining", "publishing")


@dataclass(frozen=True)
class Overview:
    """One look at an archive: depths by service, episodes at work, and what goes on beside."""

    depths: dict[str, Json]
    paused: dict[str, Json]
    steps: Sequence[Json]
    feeds: Sequence[Json] = ()
    replays: Sequence[Json] = ()
    without_server: bool = False
    pending: int = field(default=0)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.pending or self.steps or self.feeds or self.replays)

    def document(self) -> Json:
        """Return it for a program."""
        return {
            "pending": self.pending,
            "depths": self.depths,
            "paused": self.paused,
            "steps": [
                {name: each[name] for name in ("episode_id", "title", "state", "progress")}
                for each in self.steps
            ],
            "feeds": list(self.feeds),
            "replays": list(self.replays),
        }


def look(context: CommandContext, show: str | None) -> Overview:
    """Look once."""
    api = context.api
    health = api.get("/v1/health")
    steps = [
        each
        for state in AT_WORK
        for each in api.get("/v1/episodes", state=state, show=show, limit=MOST_STEPS)["episodes"]
    ]
    imports = api.optional("/v1/feed-imports").get("imports", [])
    replays = api.optional("/v1/replays").get("replays", [])
    return Overview(
        depths=health.get("depths", {}),
        paused=health["paused"],
        steps=steps,
        feeds=[each for each in imports if each["state"] == "running"],
        replays=[each for each in replays if each["state"] in {"running", "paused"}],
        without_server=api.in_process,
        pending=health["pending"],
    )


def follow(context: CommandContext, show: str | None) -> None:
    """Show the archive's work as it goes on; return when nothing is left to do."""
    if context.output.as_json:
        _each_change(context, show, lambda seen: context.output.json(seen.document()))
    elif context.output.is_read_by_a_person and not context.output.quiet:
        _live(context, show)
    else:
        _each_change(context, show, lambda seen: context.output.result({}, lines(seen)))


def _each_change(
    context: CommandContext, show: str | None, tell: Callable[[Overview], None]
) -> None:
    said: Overview | None = None
    while True:
        seen = look(context, show)
        if seen != said:
            tell(seen)
            said = seen
        if seen.is_quiet:
            return
        time.sleep(LOOK_EVERY_S)


def _live(context: CommandContext, show: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415 - rich is large
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Live(console=Console(highlight=False), auto_refresh=False) as live:
        while True:
            seen = look(context, show)
            live.update(
                Text("\n".join(lines(seen)), no_wrap=True, overflow="ellipsis"), refresh=True
            )
            if seen.is_quiet:
                return
            time.sleep(LOOK_EVERY_S)


def lines(seen: Overview) -> Iterator[str]:
    """Say one look in lines."""
    for service, depth in seen.depths.items():
        parts = [
            f"{depth[kind]} {word}"
            for kind, word in (
                ("waiting", "waiting"), ("in_flight", "at work"),
                ("delayed", "tried again later"), ("dead", "given up on"),
            )
            if depth[kind]
        ]  # fmt: skip
        if parts or service in seen.paused:
            yield f"{service:16} {', '.join(parts) or 'nothing waits'}"
        if service in seen.paused:
            why = seen.paused[service]
            yield f"  paused: {why['message']} - {why['hint']}"
    for each in seen.steps:
        yield f"  {each['title'][:48]}: {_step(each)}"
    for each in seen.feeds:
        yield f"  feed {each['show'][:40]}: {each['done']} of {each['total'] or '?'} items"
    for each in seen.replays:
        paused = ", paused" if each["state"] == "paused" else ""
        yield f"  replay from {each['event']}: {each['done']} of {each['total']}{paused}"
    if any(depth["dead"] for depth in seen.depths.values()):
        yield "`everyword failed list` says what was given up on"
    if seen.is_quiet:
        yield "nothing is left to do"
    elif seen.without_server:
        yield "no server runs on this folder: `everyword up` does the work"


def _step(episode: Json) -> str:
    progress = episode.get("progress") or {}
    fraction, eta_s = progress.get("fraction"), progress.get("eta_s")
    said = str(progress.get("stage") or episode["state"])
    if fraction is not None:
        said += f" {fraction:.0%}"
    if eta_s is not None:
        minutes = f"{eta_s / MINUTE_S:.0f} min"
        said += f", about {f'{eta_s:.0f} s' if eta_s < SAID_IN_S else minutes} left"
    return said
