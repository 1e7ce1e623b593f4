"""`everyword voices`: whose voices are known in a show, and to forget them."""

import click

from everyword_local.client import Json
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_local.output import counted


@click.group()
def voices() -> None:
    """Voices that people named, in shows whose settings say `known_voices = true`."""


@voices.command("list")
@click.option("--show", help="Only those of this show.")
@pass_reading_context
def list_(context: CommandContext, show: str | None) -> None:
    """List whose voices are known, and from how much speech."""
    shows = [show] if show is not None else _shows(context)
    found = [context.api.get("/v1/voices", show=each) for each in shows]
    table = context.output.table("show", "voice", "episodes", "speech", cut="voice")
    for each in found:
        for voice in each["voices"]:
            heard = f"{voice['speech_s']:.0f} s"
            table.add_row(each["show"], voice["name"], str(len(voice["episodes"])), heard)
    any_voice = any(each["voices"] for each in found)
    context.output.result({"shows": found}, table if any_voice else _none(found))


@voices.command()
@click.argument("name", required=False)
@click.option("--show", default="", help="The show in which the voice is known.")
@click.option("--all", "everyone", is_flag=True, help="Every voice of the show, known or not.")
@pass_reading_context
def forget(context: CommandContext, name: str | None, show: str, *, everyone: bool) -> None:
    """Delete what is kept of a person's voice; the names in transcripts stay."""
    if (name is None) != everyone:
        raise click.UsageError("say whose voice, or --all")
    wanted = {"show": show} if name is None else {"show": show, "name": name}
    done = context.api.delete("/v1/voices", **wanted)
    whose = "every voice" if name is None else name
    context.output.result(
        done, [f"{whose}: forgotten in {counted(len(done['episode_ids']), 'episode')}"]
    )


def _shows(context: CommandContext) -> list[str]:
    return [each["name"] for each in context.api.get("/v1/show-access")["shows"]]


def _none(found: list[Json]) -> list[str]:
    if any(each["known_voices"] for each in found):
        command = "`everyword edit EPISODE --label SPEAKER_00 --name NAME`"
        return [f"no voices are known yet: name a speaker, on the episode's page or by {command}"]
    return ["no show's settings let voices be known ([transcribe] known_voices)"]
