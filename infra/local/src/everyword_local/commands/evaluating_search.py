"""`everyword eval search`: how much of what was said is found, on recordings with known truth."""

from collections.abc import Iterator
from pathlib import Path

import click

from everyword_events import InvalidInput, NotFound
from everyword_local.commands.context import FAILED, CommandContext, pass_reading_context
from everyword_local.commands.evaluating import left_out_lines
from everyword_transcripts import Transcript, read_transcript, write_transcript
from everyword_transcripts.truth import LeftOut, Truth, TruthFolder, read_truths
from search.evaluation import SearchEvaluation, as_json, evaluate
from transcribe_gpu.standalone import FileTranscriber


@click.command("search")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--transcripts",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where transcripts are kept (NAME.mp3.json): read if there, else recognised and written.",
)
@click.option("--engine", default="", help="An engine or a tier, to recognise with.")
@click.option("--model", default="", help="A model's name or folder.")
@click.option("--language", default="en", show_default=True, help="Only recordings in this one.")
@pass_reading_context
def evaluate_search(
    context: CommandContext,
    /,
    folder: Path,
    *,
    transcripts: Path | None,
    engine: str,
    model: str,
    language: str,
) -> None:
    """Recall and precision of spoken terms by tier, ATWV and MTWV.

    FOLDER holds recordings and their truth, as for `everyword eval asr`.
    """
    here = truths_in(folder, language)
    settings = context.settings.of_show("")
    asked = {"language": language, "engine": engine, "model": model}
    wanted = settings.transcribe.model_copy(update={k: v for k, v in asked.items() if v})
    transcriber = FileTranscriber(settings.models)

    def recognise(audio: Path) -> Transcript:
        return transcriber.transcribe(
            audio, wanted, report=lambda *_: None, announce=lambda _: None
        )

    read: dict[str, Transcript] = {}
    unread: list[LeftOut] = []
    with context.output.progress() as bars:
        bar = bars.add_task("recognise", total=len(here.truths))
        for number, truth in enumerate(here.truths, start=1):
            kept = (transcripts or folder) / f"{truth.audio.name}.json"
            try:
                if kept.is_file():
                    read[truth.audio.name] = read_transcript(kept.read_bytes())
                    continue
                read[truth.audio.name] = recognise(truth.audio)
            except InvalidInput as error:
                unread.append(LeftOut(truth.audio.name, error.message))
                if len(unread) == len(here.truths):
                    raise
                continue
            finally:
                bars.update(bar, completed=number)
            if transcripts is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(write_transcript(read[truth.audio.name]))
    measured = [truth for truth in here.truths if truth.audio.name in read]
    found = evaluate(measured, read, settings.search)
    left_out = [*unread, *here.left_out]
    document = {**as_json(found), "left_out": [one._asdict() for one in left_out]}
    context.output.result(document, [*_lines(found), *left_out_lines(left_out)])
    if unread:
        click.get_current_context().exit(FAILED)


def truths_in(folder: Path, language: str) -> TruthFolder:
    """Return the recordings of a folder whose words are known, in a language or in none told.

    Raises:
        NotFound, InvalidInput: as `read_truths`, or there is none in the language.
    """
    here = read_truths(folder)
    truths = [one for one in here.truths if one.words and _is_in(one, language)]
    left_out = [
        LeftOut(one.audio.name, f"in {one.language!r}" if one.words else "no words are told")
        for one in here.truths
        if one not in truths
    ]
    if not truths:
        raise NotFound(
            f"{folder} holds no recording in {language!r} with a truth",
            hint="choose another --language",
            code="truth_missing",
        )
    return TruthFolder(tuple(truths), (*left_out, *here.left_out))


def _is_in(truth: Truth, language: str) -> bool:
    return not truth.language or truth.language.split("-")[0] == language.split("-", maxsplit=1)[0]


def _lines(found: SearchEvaluation) -> Iterator[str]:
    yield (
        f"{found.recordings} recordings, {found.speech_s:.0f} s of speech, "
        f"{found.terms} terms, {found.pairs} to be found\n"
    )
    yield "| found by | added | of these right | recall so far | precision so far |"
    yield "|---|---|---|---|---|"
    for row in found.rows:
        precision = "-" if row.precision is None else f"{row.precision:.3f}"
        yield f"| {row.tier} | {row.added} | {row.added_right} | {row.recall:.3f} | {precision} |"
    yield f"\nATWV {found.atwv:.3f}, MTWV {found.mtwv:.3f}"
