"""Speech engines: which work here, and installing those that do not come along."""

import click

from everyword_local.commands.context import CommandContext, pass_context
from transcribe_gpu.adapters.environments import EngineEnvironments
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.standalone import engines_here, model_library


@click.group()
def engines() -> None:
    """Speech engines: which work on this machine, and installing more."""


@engines.command("list")
@pass_context
def list_engines(context: CommandContext) -> None:
    """Say of every engine whether it works here, and what to do if not."""
    library = model_library(context.section("models", SpeechModelSettings))
    rows = [
        {"name": name, "works": found.ok, "detail": found.detail, "remedy": found.remedy}
        for name, found in engines_here(library)
    ]
    table = context.output.table("engine", "works", "why", "what to do")
    for row in rows:
        works = "yes" if row["works"] else "-"
        table.add_row(str(row["name"]), works, str(row["detail"]), str(row["remedy"]))
    context.output.result({"engines": rows}, table)


@engines.command()
@click.argument("name")
@pass_context
def install(context: CommandContext, name: str) -> None:
    """Install an engine in an environment of its own."""
    home = EngineEnvironments().install(name, say=context.output.note)
    context.output.result({"name": name, "path": str(home)}, [f"{name} is in {home}"])
