"""Corrections: what refinement changed, a person's own edits, and how good refinement is."""

from collections.abc import Iterator

import click

from everyword_events import Misconfigured
from everyword_local.client import Json
from everyword_local.commands.context import (
    CommandContext,
    option_wait,
    pass_context,
    pass_reading_context,
)
from everyword_local.commands.evaluating import evaluate_asr
from everyword_local.commands.evaluating_search import evaluate_search
from everyword_local.commands.watching import describe, watch
from refine.adapters.choice import build_model
from refine.config import RefineSettings
from refine.evaluation import evaluate


@click.command("show-changes")
@click.argument("episode")
@pass_reading_context
def show_changes(context: CommandContext, episode: str) -> None:
    """Show what refinement changed in an episode, kept and rejected, and why."""
    episode_id = context.find_episode(episode)
    found = context.api.get(f"/v1/episodes/{episode_id}/changes")
    context.output.result(found, [found["diff"] or "nothing was changed"])


@click.command()
@click.argument("episode")
@click.option("--at", "at_s", type=click.FloatRange(min=0), help="The segment at this second.")
@click.option("--text", help="What is really said there.")
@click.option("--speaker", help="Who really speaks there.")
@click.option("--label", help="A speaker's label, such as SPEAKER_00, to be named everywhere.")
@click.option("--name", help="The name of that speaker.")
@click.option("--for-show", is_flag=True, help="The name in all episodes of the show.")
@click.option("--from-here", is_flag=True, help="The speaker from there on, not only there.")
@click.option("--undo", metavar="EDIT", help="The id of an edit that shall hold no longer.")
@option_wait
@pass_reading_context
def edit(
    context: CommandContext,
    /,
    episode: str,
    *,
    wait: bool,
    undo: str | None,
    **correction: object,
) -> None:
    """Correct a segment's text or speaker; it holds in every later run too."""
    episode_id = context.find_episode(episode)
    body = {name: given for name, given in correction.items() if given not in (None, False)}
    if bool(body) == bool(undo):
        raise click.UsageError("say --at with --text or --speaker, --label with --name, or --undo")
    answer: Json = (
        context.api.delete(f"/v1/episodes/{episode_id}/edits/{undo}")
        if undo
        else context.api.patch(f"/v1/episodes/{episode_id}/transcript", body)
    )
    lines = [f"recorded as {answer['event_id']}"]
    if wait:
        with context.working():
            (ended,) = watch(context, [episode_id])
        lines.append(describe(ended))
        answer = {**answer, "state": ended["state"]}
    context.output.result(answer, lines)


@click.group("eval")
def evaluation() -> None:
    """Measure a step on a shipped set with known truth."""


evaluation.add_command(evaluate_asr)
evaluation.add_command(evaluate_search)


@evaluation.command("refine")
@click.option("--real", is_flag=True, help="Ask the model of everyword.toml, not the script.")
@pass_context
def evaluate_refine(context: CommandContext, *, real: bool) -> None:
    """Precision and recall of corrections, harm done, and what happens to word times."""
    model = None
    if real:
        settings = context.section("refine", RefineSettings).model
        model = build_model(settings, api_key=context.model_key)
        if model is None:
            raise Misconfigured(
                "no language model is set", hint="set [refine.model]", code="config_no_model"
            )
    found = evaluate(model=model)
    document = {"model": found.model, **_numbers(found.total), "harmed": found.harmed_cases}
    context.output.result(document, _lines(found.table(), found.harmed_cases))


def _numbers(score: object) -> Json:
    names = ("cases", "precision", "recall", "harm_rate", "start_error_ms")
    return {name: getattr(score, name) for name in names}


def _lines(table: str, harmed: tuple[str, ...]) -> Iterator[str]:
    yield table
    if harmed:
        yield f"made worse: {', '.join(harmed)}"
