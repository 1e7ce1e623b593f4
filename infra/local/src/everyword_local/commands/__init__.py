"""The `everyword` command's commands, one module per reason to use it.

A command's module is imported when the command is run, so that each starts as fast as it can.
"""

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from everyword_local.commands.examples import show_examples

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Place(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    module: str
    attribute: str
    help: str


COMMANDS: Final = {
    "up": Place("operating", "up", "Run the whole stack on this machine, with a web page."),
    "demo": Place(
        "operating", "demo", "Put two bundled episodes through the whole pipeline, then search."
    ),
    "add": Place("adding", "add", "Add episodes: audio, folders, addresses, feeds, transcripts."),
    "status": Place("archive", "status", "Show how far episodes are."),
    "events": Place("archive", "events", "Print an episode's journal, or the newest events."),
    "logs": Place("logs", "logs", "Print what all services logged about an episode."),
    "search": Place("finding", "search", 'Find a spoken word, a "phrase" or a pre*.'),
    "transcript": Place("archive", "transcript", "Print an episode's transcript or captions."),
    "replay": Place("replaying", "replay", "Process episodes again from one of their events."),
    "replays": Place("replaying", "replays", "Replays of many: list, follow, pause, cancel."),
    "show-changes": Place("correcting", "show_changes", "Show what refinement changed, and why."),
    "edit": Place("correcting", "edit", "Correct a segment's text or speaker."),
    "failed": Place("failures", "failed", "List, read, redrive or discard the dead letters."),
    "cancel": Place("archive", "cancel", "Call off the recognition of an episode."),
    "remove": Place("archive", "remove", "Remove an episode and all that was made of it."),
    "backup": Place("backing_up", "backup", "Save the whole archive in one file."),
    "restore": Place("backing_up", "restore", "Make an archive of a backup."),
    "export": Place("exporting", "export", "Write all transcripts as plain files."),
    "retention": Place("retaining", "retention", "Delete audio and runs kept long enough."),
    "models": Place("models", "models", "Speech models: list, fetch, remove."),
    "engines": Place("engines", "engines", "Speech engines: list, install."),
    "keys": Place("keys", "keys", "API keys: create, list, rotate, revoke."),
    "shows": Place("shows", "shows", "Which shows anybody may search: list, publish, hide."),
    "voices": Place("voices", "voices", "Voices known by name in a show: list, forget."),
    "worker": Place("working", "worker", "Recognise for an Everyword elsewhere, over HTTP."),
    "cost": Place("costing", "cost", "Say what an archive costs, or would cost on AWS."),
    "doctor": Place("operating", "doctor", "Say what works on this machine."),
    "reindex": Place("operating", "reindex", "Write the OpenSearch index anew."),
    "transcribe": Place("transcribing", "transcribe", "Recognise the speech in files."),
    "refine": Place("refining", "refine", "Apply the rules of everyword.toml to a transcript."),
    "captions": Place("steps", "captions", "Write captions from a transcript; convert them."),
    "check-events": Place("steps", "check_events", "Check a file of events, line by line."),
    "feeds": Place("following", "feeds", "Follow podcasts: add, list, poll, remove."),
    "webhooks": Place("notifying", "webhooks", "Tell an address when something happened."),
    "saved": Place("notifying", "saved", "Be told when something is spoken."),
    "feed": Place("feeds", "feed", "Work on a podcast's RSS feed."),
    "completion": Place("completing", "completion", "Complete commands in bash, zsh or fish."),
    "eval": Place("correcting", "evaluation", "Measure a step on a set with known truth."),
}


class LazyCommands(click.Group):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names, in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module = importlib.import_module(f"everyword_local.commands.{place.module}")
        command: click.Command = getattr(module, place.attribute)
        show_examples(command, cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete a command's name without importing any; options as every command does."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - when a shell asks

        names = [
            CompletionItem(name, help=place.help)
            for name, place in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands, without importing them."""
        rows: Sequence[tuple[str, str]] = [(name, place.help) for name, place in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
