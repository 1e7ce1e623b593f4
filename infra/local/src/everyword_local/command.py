"""The `everyword` command: global options, and what an exit code means.

0 done; 1 the work failed, or a server refused it; 2 wrong use; 3 not found; 4 what is needed
cannot be reached or started; 130 interrupted.
"""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import click

from everyword_events import EverywordError, Misconfigured, NotFound, TransientFailure
from everyword_local.commands import LazyCommands
from everyword_local.commands.context import FAILED, CommandContext
from everyword_local.output import Output

WRONG_USE, NOT_FOUND, UNREACHABLE, INTERRUPTED, TERMINATED = 2, 3, 4, 130, 143
_WRONG_USE_CODES = (
    "config_",
    "cursor_",
    "engine_unknown",
    "format_",
    "query_",
    "replay_from",
    "replay_only",
    "request_",
    "usage",
)
_FLAGS = ("--json", "--quiet")
_OPTIONS = ("--data", "--api", "--config")


@click.group(
    cls=LazyCommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="The data folder; EVERYWORD_DATA names it, too."
)
@click.option(
    "--api",
    help="The address of a running Everyword instead of a data folder; its key: EVERYWORD_KEY.",
)
@click.option("--config", type=click.Path(path_type=Path), help="The everyword.toml to use.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout.")
@click.option("--quiet", is_flag=True, help="No progress, no messages.")
@click.version_option(package_name="everyword", prog_name="everyword")
@click.pass_context
def everyword(
    context: click.Context,
    data: Path | None,
    api: str | None,
    config: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find any word ever spoken in an audio archive, and jump to it."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        return
    context.obj = context.with_resource(
        CommandContext.from_environment(
            os.environ, data=data, api=api, config=config, as_json=as_json, quiet=quiet
        )
    )


def main() -> None:
    """Run the command and exit with its code; told to stop, it tidies up first."""
    signal.signal(signal.SIGTERM, _stop)
    code = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left to tidy up
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit code."""
    debug = bool(os.environ.get("EVERYWORD_DEBUG"))
    logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL)
    if not debug:
        warnings.simplefilter("ignore")
    hoisted = hoist_global_options(arguments)
    output = Output(as_json="--json" in hoisted, quiet=False)
    try:
        code = everyword.main(args=hoisted, prog_name="everyword", standalone_mode=False) or 0
    except click.ClickException as error:
        output.error(_usage(error))
        code = WRONG_USE
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if debug:
            raise
        ours = error if isinstance(error, EverywordError) else _unexpected(error)
        output.error(ours)
        code = exit_code(ours)
    return code


def _stop(*_: object) -> None:
    raise SystemExit(TERMINATED)


def exit_code(error: EverywordError) -> int:
    """Say an error as an exit code."""
    if isinstance(error, NotFound):
        return NOT_FOUND
    if error.code.startswith(_WRONG_USE_CODES):
        return WRONG_USE
    if isinstance(error, TransientFailure | Misconfigured):
        return UNREACHABLE
    return FAILED


def hoist_global_options(arguments: Sequence[str]) -> list[str]:
    """Move the global options to the front, so that they may stand anywhere before a `--`."""
    front: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        if argument in _FLAGS:
            front.append(argument)
        elif argument in _OPTIONS and waiting:
            front += [argument, waiting.pop(0)]
        elif argument.startswith(tuple(f"{option}=" for option in _OPTIONS)):
            front.append(argument)
        else:
            rest.append(argument)
    return [*front, *rest]


def _unexpected(error: Exception) -> EverywordError:
    return EverywordError(
        f"unexpected {type(error).__name__}: {error}",
        hint="EVERYWORD_DEBUG=1 shows where; please report it",
        code="unexpected",
    )


def _usage(error: click.ClickException) -> EverywordError:
    command = getattr(getattr(error, "ctx", None), "command_path", "everyword")
    message = error.format_message()
    return EverywordError(message.rstrip("."), hint=f"see `{command} --help`", code="usage")
