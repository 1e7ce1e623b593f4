"""Speech models: what there is, what is here, fetched and removed."""

from pathlib import Path
from typing import Final

import click

from everyword_events import NotFound
from everyword_local.commands.context import CommandContext, pass_context
from transcribe_gpu.config import SpeechModelSettings
from transcribe_gpu.models import (
    ALL_LANGUAGES,
    WHISPER,
    ModelLibrary,
    SpeechModel,
    format_of,
    known_models,
)
from transcribe_gpu.standalone import model_library

MANY: Final = 4
"""So many languages are counted rather than named."""


@click.group()
def models() -> None:
    """Speech models: which there are, which are on this machine, and fetching them."""


@models.command("list")
@pass_context
def list_models(context: CommandContext) -> None:
    """Say of every known model what it is good for, and whether it is here."""
    library = _library(context)
    known = known_models().values()
    rows = [_row(library, model) for model in known]
    table = context.output.table(
        "model", "here", "size", "languages", "quality", "licence", cut="quality"
    )
    for model, row in zip(known, rows, strict=True):
        here = "yes" if row["path"] else "-"
        size = f"{model.bytes / 1e6:.0f} MB"
        table.add_row(model.name, here, size, _languages(model), model.quality, model.licence)
    context.output.result({"models": rows, "cache": str(library.cache)}, table)


@models.command()
@click.argument("name")
@pass_context
def fetch(context: CommandContext, name: str) -> None:
    """Fetch a model, by its name or a hub's owner/name, unless it is here and whole."""
    library = _library(context)
    with context.output.progress() as bars:
        bar = bars.add_task(f"fetch {name[:40]}", total=1.0)
        said = 0.0

        def report(_: str, fraction: float, __: float | None) -> None:
            nonlocal said
            bars.update(bar, completed=fraction)
            if not context.output.is_terminal and fraction >= said:
                said = fraction + 0.25
                context.output.note(f"fetch {name}: {fraction:.0%}")

        found = library.fetch(name, model_format=_format(name), report=report)
    document = {"name": found.name, "path": str(found.path)}
    context.output.result(document, [str(found.path)])


@models.command()
@click.argument("name")
@pass_context
def path(context: CommandContext, name: str) -> None:
    """Print the folder of a model that is on this machine."""
    found = _library(context).find(name, model_format=_format(name))
    if found is None:
        raise NotFound(
            f"the model {name[:60]} is not on this machine",
            hint=f"everyword models fetch {name[:60]}",
            code="model_not_here",
        )
    document = {"name": found.name, "path": str(found.path)}
    context.output.result(document, [str(found.path)])


@models.command()
@click.argument("name")
@pass_context
def remove(context: CommandContext, name: str) -> None:
    """Delete a model that was fetched."""
    had = _library(context).remove(name)
    if not had:
        raise NotFound(
            f"the model {name[:60]} was not fetched",
            hint="see everyword models list",
            code="model_not_here",
        )
    context.output.result({"name": name, "removed": True}, [f"{name} removed"])


def _library(context: CommandContext) -> ModelLibrary:
    return model_library(context.section("models", SpeechModelSettings))


def _format(name: str) -> str:
    """Return the format of a known model, a folder, or a hub's owner/name.

    Raises:
        NotFound: it is none of these.
    """
    known = known_models().get(name)
    if known is not None:
        return known.format
    if Path(name).expanduser().is_dir():
        return format_of(Path(name).expanduser()) or WHISPER
    if known_models().named(name) is None:
        raise NotFound(
            f"there is no model {name[:60]!r}",
            hint="see everyword models list; a hub's owner/name and a folder do too",
            code="model_unknown",
        )
    return WHISPER


def _languages(model: SpeechModel) -> str:
    if ALL_LANGUAGES in model.languages:
        return "99"
    return " ".join(model.languages) if len(model.languages) < MANY else str(len(model.languages))


def _row(library: ModelLibrary, model: SpeechModel) -> dict[str, object]:
    found = library.find(model.name, model_format=model.format)
    return {
        "name": model.name,
        "format": model.format,
        "path": str(found.path) if found else None,
        "bytes": model.bytes,
        "languages": list(model.languages),
        "quality": model.quality,
        "licence": model.licence,
        "hub": {"repository": model.repository, "revision": model.revision},
        "packages": [f"{wheel.package}=={wheel.version}" for wheel in model.wheels],
    }
