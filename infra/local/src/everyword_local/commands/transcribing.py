"""`everyword transcribe`: files of speech in, transcripts out, no stack."""

from collections.abc import Sequence
from pathlib import Path

import click

from everyword_events import EverywordError, TranscriptionHints
from everyword_local.commands.context import CommandContext, pass_context
from everyword_local.commands.files import IN, OUT, done, must_exist, must_take, write
from everyword_local.output import counted
from everyword_transcripts import Transcript, write_transcript
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings
from transcribe_gpu.standalone import FileTranscriber


@click.command()
@click.argument("files", type=IN, nargs=-1, required=True, metavar="AUDIO...")
@click.option("--engine", default="", help="The recogniser to use; `everyword doctor` lists them.")
@click.option("--model", default="", help="The recogniser's model.")
@click.option("--language", default="", help="Such as en or sv.")
@click.option("--speakers", type=click.IntRange(0, 64), default=0, help="How many, if known.")
@click.option(
    "--channels",
    type=click.Choice(["mix", "speakers"]),
    default=None,
    help="One speaker per channel?",
)
@click.option(
    "-o",
    "--output",
    "to",
    type=OUT,
    required=True,
    help="The transcript, a folder, or - (stdout).",
)
@pass_context
def transcribe(
    context: CommandContext, /, files: Sequence[Path], to: Path, **options: str | int | None
) -> None:
    """Recognise the speech in files: words with times and speakers.

    Of several files each becomes NAME.json in the folder -o; the model is loaded once.
    """
    if len(files) > 1 and (str(to) == "-" or to.is_file() or to.suffix == ".json"):
        raise click.UsageError("several files need a folder: -o DIR")
    hints = TranscriptionHints.model_validate(
        {name: value for name, value in options.items() if value}
    )
    settings = context.section("transcribe", TranscribeSettings).with_hints(hints)
    transcriber = FileTranscriber(context.section("models", SpeechModelSettings))
    if len(files) == 1 and not to.is_dir():
        document = _one(context, transcriber, settings, files[0], to)
        done(context, to, document, _line(document))
        return
    outputs = _targets(files, to)
    documents = []
    for audio, output in outputs.items():
        try:
            documents.append(_one(context, transcriber, settings, audio, output))
        except EverywordError as error:
            context.output.note(f"{audio}: {error.message}")
            documents.append({"input": str(audio), "error": {"code": error.code}})
    lines = [_line(each) for each in documents if "output" in each]
    done(context, to, {"files": documents}, "\n".join(lines))
    if len(lines) < len(documents):
        context.failed()


def _targets(files: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Return where each file's transcript goes; files of one name keep their endings apart."""
    stems = [each.stem for each in files]
    if len({each.name for each in files}) < len(set(files)):
        raise click.UsageError("two files of the same name: transcribe them one by one")
    return {
        each: folder / f"{each.stem if stems.count(each.stem) == 1 else each.name}.json"
        for each in files
    }


def _one(
    context: CommandContext,
    transcriber: FileTranscriber,
    settings: TranscribeSettings,
    audio: Path,
    to: Path,
) -> dict[str, object]:
    """Recognise one file and write its transcript."""
    must_exist(audio)
    must_take(to)
    transcript = _recognised(context, transcriber, settings, audio)
    write(context, to, write_transcript(transcript))
    return {
        "input": str(audio),
        "words": transcript.n_words(),
        "language": transcript.language,
        "output": str(to),
    }


def _recognised(
    context: CommandContext, transcriber: FileTranscriber, settings: TranscribeSettings, audio: Path
) -> Transcript:
    with context.output.progress() as bars:
        bar = bars.add_task(f"transcribe {audio.name[:40]}", total=1.0)
        said = ""

        def report(stage: str, fraction: float, _: float | None) -> None:
            nonlocal said
            bars.update(bar, completed=fraction, description=f"{stage} {audio.name[:40]}")
            line = f"{stage} {int(fraction * 10) * 10} %"
            if not context.output.is_terminal and line != said:
                said = line
                context.output.note(line)

        return transcriber.transcribe(audio, settings, report=report, announce=context.output.note)


def _line(document: dict[str, object]) -> str:
    return f"{counted(int(str(document['words'])), 'word')} -> {document['output']}"
