"""Files in and out of the steps that need no stack."""

import tempfile
from pathlib import Path

import click

from everyword_events import Misconfigured, NotFound
from everyword_local.commands.context import CommandContext

IN = click.Path(path_type=Path)
OUT = click.Path(path_type=Path, allow_dash=True)


def must_exist(path: Path) -> None:
    """Refuse a file that is not there.

    Raises:
        NotFound: it is not.
    """
    if not path.is_file():
        raise NotFound(f"{path}: no such file", hint="check the path", code="file_missing")


def must_take(to: Path) -> None:
    """Refuse a place where nothing can be written: before long work, not after it.

    Raises:
        Misconfigured: it is such a place.
    """
    if str(to) == "-":
        return
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=to.parent):
            pass
        if to.exists():
            with to.open("ab"):
                pass
    except OSError as error:
        raise _not_written(to, error) from error


def write(context: CommandContext, to: Path, data: bytes) -> None:
    """Write a file, or to stdout.

    Raises:
        Misconfigured: it cannot be written.
    """
    if str(to) == "-":
        context.output.write(data)
        return
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)
    except OSError as error:
        raise _not_written(to, error) from error


def _not_written(to: Path, error: OSError) -> Misconfigured:
    return Misconfigured(
        f"cannot write {to}: {error.strerror}",
        hint="choose another place with -o",
        code="output_not_writable",
    )


def done(context: CommandContext, to: Path, document: dict[str, object], line: str) -> None:
    """Say what was written, unless that went to stdout."""
    if str(to) != "-":
        context.output.result(document, [line])
