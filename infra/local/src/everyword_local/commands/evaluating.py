"""`everyword eval asr`: how well speech is recognised here."""

from collections.abc import Sequence
from pathlib import Path

import click

from everyword_events import TranscriptionHints
from everyword_local.commands.context import FAILED, CommandContext, pass_context
from everyword_transcripts.truth import LeftOut, read_truths
from transcribe_gpu.config import TranscribeSettings
from transcribe_gpu.evaluation import RecognisedFile, evaluate_recordings, table_of
from transcribe_gpu.ports import StageReport
from transcribe_gpu.standalone import FileTranscriber


@click.command("asr")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--engine", default="", help="An engine or a tier.")
@click.option("--model", default="", help="A model's name or folder.")
@click.option("--language", default="", help="Such as en; else as everyword.toml says.")
@click.option(
    "--find-speakers", is_flag=True, help="Recognition is not told how many the truth names."
)
@pass_context
def evaluate_asr(
    context: CommandContext, /, folder: Path, *, find_speakers: bool, **stated: str
) -> None:
    """Recognise a folder's recordings and score them: NAME.txt or NAME.json beside NAME.mp3."""
    settings = context.settings.of_show("")
    hints = TranscriptionHints.model_validate({k: hint for k, hint in stated.items() if hint})
    wanted = settings.transcribe.with_hints(hints)
    here = read_truths(folder)
    transcriber = FileTranscriber(settings.models)

    def recognise(path: Path, asked: TranscribeSettings, report: StageReport) -> RecognisedFile:
        done = transcriber.recognise(path, asked, report=report, announce=lambda _: None)
        return RecognisedFile(done.transcript, done.diarization)

    with context.output.progress() as bars:
        bar = bars.add_task("evaluate", total=1.0)

        def report(name: str, done: int, of: int) -> None:
            bars.update(bar, completed=done, total=of, description=f"evaluate {name[:40]}")

        transcriber.load(wanted, report=lambda *_: None)
        scores, unread = evaluate_recordings(
            here.truths,
            wanted,
            recognise=recognise,
            report=report,
            tell_speakers=not find_speakers,
        )
    left_out = [*unread, *here.left_out]
    document = {
        "engine": scores[-1].engine,
        "files": [score.figures() for score in scores],
        "left_out": [one._asdict() for one in left_out],
    }
    lines = [f"{scores[-1].engine}\n", table_of(scores), "", *left_out_lines(left_out)]
    context.output.result(document, lines)
    if unread:
        click.get_current_context().exit(FAILED)


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """Return a line for each file that nothing was measured on."""
    return [f"not measured: {one.file} - {one.reason}" for one in left_out]
