"""All of an archive in one file, and back again."""

from pathlib import Path

import click

from everyword_events import InvalidInput
from everyword_local.commands.context import CommandContext, pass_context, pass_reading_context
from everyword_local.output import counted

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@pass_reading_context
def backup(context: CommandContext, file: Path) -> None:
    """Save all of the data folder in FILE, also while everyword runs on it."""
    from everyword_local.backups import backup as save  # noqa: PLC0415 - not at start

    _check_local(context)
    with context.output.progress() as bars:
        bar = bars.add_task("saving", total=None)
        size = save(
            context.data, file, lambda done, total: bars.update(bar, completed=done, total=total)
        )
    context.output.result(
        {"file": str(file), "bytes": size}, [f"{file}: {size / 1e6:.1f} MB, for your eyes only"]
    )


@click.command()
@click.argument("file", type=FILE)
@pass_context
def restore(context: CommandContext, file: Path) -> None:
    """Make the data folder of the backup in FILE; it must be new or empty."""
    from everyword_local.restoring import restore as load  # noqa: PLC0415 - all schemas

    _check_local(context)
    with context.output.progress() as bars:
        bar = bars.add_task("restoring", total=None)
        count = load(
            file, context.data, lambda done, total: bars.update(bar, completed=done, total=total)
        )
    context.output.result(
        {"data": str(context.data), "files": count},
        [f"{context.data}: {counted(count, 'file')} restored"],
    )


def _check_local(context: CommandContext) -> None:
    if context.api_url:
        raise InvalidInput(
            "a backup is made of a data folder, not over --api",
            hint="run it on the machine that has the folder; `everyword export` works over --api",
            code="usage",
        )
