"""Run the stack, try it out, and see what works here."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from everyword_local.commands.context import CommandContext, pass_context
from everyword_local.output import counted
from transcribe_gpu.announcement import announced_apart

if TYPE_CHECKING:
    from everyword_local.doctor import Finding


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--public-search", is_flag=True, help="Anybody may search and read without a key.")
@click.option(
    "--worker/--no-worker", default=True, help="Recognise on this machine; or leave it to others."
)
@pass_context
def up(context: CommandContext, host: str, port: int, *, public_search: bool, worker: bool) -> None:
    """Run the whole stack on this machine, with a web page.

    With EVERYWORD_KEY set every request needs that key; beyond this machine it must be set.
    """
    from everyword_local.server import (  # noqa: PLC0415 - uvicorn is for this command alone
        Listening,
        serve,
    )

    settings = context.settings.of_show("")
    context.output.note(announced_apart(settings.transcribe, settings.models))
    serve(
        context.folder,
        context.settings,
        Listening(host, port, context.key, public_search=public_search, worker=worker),
        ready=lambda url: context.output.result(
            {"url": url, "data": str(context.folder.root)},
            [f"Everyword is at {url} (data in {context.folder.root}; Ctrl-C stops it)"],
        ),
    )


@click.command()
@click.option("--engine", help="The recogniser to use; else the settings'.")
@click.option("--keep", is_flag=True, help="Go on with the demo's folder of last time.")
@pass_context
def demo(context: CommandContext, engine: str | None, *, keep: bool) -> None:
    """Put the two bundled episodes through the whole pipeline, then search."""
    from everyword_local.commands.demo import Demo, engine_of_settings  # noqa: PLC0415 - heavy

    folder = context.chosen_data or Path("everyword-demo")
    chosen = engine or engine_of_settings(context)
    found = Demo(context.output, folder.absolute(), engine=chosen, keep=keep, key=context.key).run()
    if context.output.as_json:
        context.output.json(found)


@click.command()
@pass_context
def doctor(context: CommandContext) -> None:
    """Say what works on this machine, and what to do about what does not."""
    from everyword_local.doctor import examine  # noqa: PLC0415 - looks at engines

    findings = list(examine(context.data, lambda: context.settings, model_key=context.model_key))
    document = {
        "ok": all(finding.ok or not finding.needed for finding in findings),
        "python": platform.python_version(),
        "findings": [vars(finding) for finding in findings],
    }
    context.output.result(document, _lines(findings))
    if not document["ok"]:
        context.failed()


@click.command()
@pass_context
def reindex(context: CommandContext) -> None:
    """Write the OpenSearch index anew, in this version's format, while searches go on."""
    from search import engines  # noqa: PLC0415 - for this command alone
    from search.config import SearchSettings  # noqa: PLC0415

    settings = context.section("search", SearchSettings)
    with context.output.progress() as bars:
        bar = bars.add_task("reindex", total=None)

        def show(done: int, of: int) -> None:
            bars.update(bar, completed=done, total=of)

        copied = engines.reindex(settings, progress=show)
    context.output.result({"reindexed": copied}, [f"{counted(copied, 'episode')} reindexed"])


def _lines(findings: "list[Finding]") -> Iterator[str]:
    for finding in findings:
        mark = "ok " if finding.ok else "NO " if finding.needed else "-- "
        yield f"{mark} {finding.name}: {finding.detail}"
