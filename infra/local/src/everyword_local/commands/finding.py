"""`everyword search`: any spoken word or phrase, with its times."""

import difflib
from collections.abc import Iterator

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.output import clock, counted, cut_word


class QueryCommand(click.Command):
    """Takes `-word` for a part of the query, but no `--option` that it does not know."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse an unknown long option before a `--`."""
        takes_value = {
            name: not getattr(parameter, "is_flag", False)
            for parameter in self.get_params(ctx)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        waiting = iter(args)
        for argument in waiting:
            if argument == "--":
                break
            name = argument.partition("=")[0]
            if name.startswith("--") and name not in takes_value:
                near = difflib.get_close_matches(name, takes_value, n=1)
                raise click.NoSuchOption(name, possibilities=near, ctx=ctx)
            if takes_value.get(argument):
                next(waiting, None)
        return super().parse_args(ctx, args)


@click.command(  # no -h: `-horn` leaves a word out
    cls=QueryCommand,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("query", nargs=-1, required=True)
@click.option("--show", help="Only this show.")
@click.option("--episode", help="Only this episode.")
@click.option("--speaker", help="Only what this speaker says.")
@click.option("--from", "from_", metavar="DATE", help="Only episodes published from this day on.")
@click.option("--to", metavar="DATE", help="Only episodes published up to this day.")
@click.option("--exact", is_flag=True, help="Only as it is written: no other forms, no sounds.")
@click.option(
    "--perhaps/--no-perhaps",
    default=True,
    help="Also where it was perhaps said and written otherwise; on by default.",
)
@click.option("--sort", type=click.Choice(["relevance", "date"]), help="The order of episodes.")
@click.option("--limit", type=click.IntRange(1, 100), help="Episodes a page.")
@click.option("--cursor", help="The page after this one: `next` of the page before.")
@pass_reading_context
def search(
    context: CommandContext,
    /,
    query: tuple[str, ...],
    episode: str | None,
    exact: bool,
    perhaps: bool,
    **options: str | None,
) -> None:
    """Find a spoken word, a "phrase", a pre* or all of several words."""
    options["from"] = options.pop("from_", None)
    if exact:
        options["exact"] = "true"
    options["titles"] = "true"
    options["perhaps"] = str(perhaps).lower()
    if episode:
        options["episode"] = context.find_episode(episode)
    reply = context.api.get("/v1/search", q=" ".join(query), **options)
    context.output.result(reply, _lines(reply))


def _lines(reply: Json) -> Iterator[str]:
    yield from _title_lines(reply.get("titles") or [])
    hits, episodes = reply["hits"], reply["episodes"]
    if hits:
        how = "" if reply["matched"] == "exact" else f" ({reply['matched'].replace('_', ' ')})"
        times = f"{hits:,}+ times" if reply["capped"] else counted(hits, "time")
        yield f"{times} in {counted(episodes, 'episode')}{how}"
        yield from _moment_lines(reply["results"])
    else:
        also = f" Did you mean {reply['suggestion']!r}?" if reply.get("suggestion") else ""
        yield f"{reply['query']!r} is not spoken in any episode.{also}"
    if reply["next"]:
        yield ""
        yield f"more: --cursor {reply['next']}"
    if reply.get("perhaps"):
        yield ""
        yield "perhaps also here:"
        yield from _moment_lines(reply["perhaps"])


def _title_lines(titles: list[Json]) -> Iterator[str]:
    if titles:
        yield "in titles:"
        for episode in titles:
            yield f"  {_name(episode)}"
        yield ""


def _moment_lines(episodes: list[Json]) -> Iterator[str]:
    for episode in episodes:
        yield ""
        yield _name(episode)
        for moment in episode["moments"]:
            speaker = f"{moment['speaker']}: " if moment["speaker"] else ""
            words = " ".join(
                f"[{cut_word(piece['text'])}]" if piece["match"] else cut_word(piece["text"])
                for piece in moment["snippet"]
            )
            yield f"  {clock(moment['start']):>9}  {speaker}{words}"


def _name(episode: Json) -> str:
    show = f"{episode['show']}: " if episode["show"] else ""
    return f"{show}{episode['title']}  [{episode['episode_id']}]"
