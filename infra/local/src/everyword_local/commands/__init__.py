"""The `everyword` command's commands, one module per reason to use it."""

import click

from everyword_local.commands import (
    adding,
    archive,
    correcting,
    failures,
    feeds,
    finding,
    models,
    operating,
    steps,
)


def all_commands() -> dict[str, click.Command]:
    """Return every command by its name."""
    commands = (
        operating.up,
        operating.demo,
        adding.add,
        archive.status,
        archive.events,
        finding.search,
        archive.transcript,
        archive.replay,
        correcting.show_changes,
        correcting.edit,
        failures.failed,
        archive.remove,
        models.models,
        operating.doctor,
        operating.reindex,
        steps.transcribe,
        steps.refine,
        steps.captions,
        steps.check_events,
        feeds.feed,
        correcting.evaluation,
    )
    return {str(command.name): command for command in commands}
