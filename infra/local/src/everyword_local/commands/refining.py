"""`everyword refine`: a transcript in, a transcript out, no stack."""

from pathlib import Path

import click

from everyword_local.commands.context import CommandContext, pass_context
from everyword_local.commands.files import IN, OUT, done, write
from everyword_local.commands.transcript_files import read_any
from everyword_local.output import counted
from everyword_transcripts import write_transcript


@click.command()
@click.argument("transcript", type=IN)
@click.option("-o", "--output", "to", type=OUT, required=True, help="The transcript; - is stdout.")
@click.option("--report", type=IN, help="Where to write what was changed and why.")
@click.option("--show", default="", help="Use this show's settings.")
@pass_context
def refine(
    context: CommandContext, transcript: Path, to: Path, report: Path | None, show: str
) -> None:
    """Apply the rules of everyword.toml to a transcript."""
    from refine.adapters.choice import build_model  # noqa: PLC0415 - for this step alone
    from refine.config import RefineSettings  # noqa: PLC0415
    from refine.domain.report import write_report  # noqa: PLC0415
    from refine.standalone import refine_transcript  # noqa: PLC0415

    settings = context.section("refine", RefineSettings, show)
    model = build_model(settings.model, api_key=context.model_key)
    read = read_any(context, transcript)
    refined, changes = refine_transcript(read.transcript, settings, model=model, show=show)
    write(context, to, write_transcript(refined))
    if report is not None:
        write(context, report, write_report(changes))
    document = {"words": refined.n_words(), "output": str(to), "warnings": list(read.warnings)}
    done(context, to, document, f"{counted(refined.n_words(), 'word')} -> {to}")
