"""`everyword eval asr`: how well speech is recognised here."""

from pathlib import Path

import click

from everyword_events import TranscriptionHints
from everyword_local.commands.context import CommandContext, pass_context
from everyword_transcripts import Transcript
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.evaluation import evaluate_folder, table_of
from transcribe_gpu.ports import StageReport
from transcribe_gpu.standalone import transcribe_file


@click.command("asr")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--engine", default="", help="An engine or a tier.")
@click.option("--model", default="", help="A model's name or folder.")
@click.option("--language", default="", help="Such as en; else as everyword.toml says.")
@pass_context
def evaluate_asr(context: CommandContext, /, folder: Path, **stated: str) -> None:
    """Recognise a folder's recordings and score them: NAME.txt or NAME.json beside NAME.mp3."""
    settings = context.settings.of_show("")
    hints = TranscriptionHints.model_validate({k: hint for k, hint in stated.items() if hint})
    wanted = settings.transcribe.with_hints(hints)

    def recognise(path: Path, asked: TranscribeSettings, report: StageReport) -> Transcript:
        return transcribe_file(
            path, asked, models=settings.models, report=report, announce=lambda _: None
        )

    with context.output.progress() as bars:
        bar = bars.add_task("evaluate", total=1.0)

        def report(name: str, done: int, of: int) -> None:
            bars.update(bar, completed=done, total=of, description=f"evaluate {name[:40]}")

        scores = evaluate_folder(folder, wanted, recognise=recognise, report=report)
    document = {"engine": scores[-1].engine, "files": [score.figures() for score in scores]}
    context.output.result(document, [f"{scores[-1].engine}\n", table_of(scores)])
