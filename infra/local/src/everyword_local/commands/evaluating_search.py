"""`everyword eval search`: how much of what was said is found, on recordings with known truth."""

from collections.abc import Iterator
from pathlib import Path

import click

from everyword_events import EverywordError, NotFound
from everyword_local.commands.context import CommandContext, pass_reading_context
from everyword_transcripts import Transcript, read_transcript, write_transcript
from search.evaluation import Evaluation, TrueWord, Truth, as_json, evaluate
from transcribe_gpu.evaluation.truth import read_truths


@click.command("search")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--transcripts",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where transcripts are kept (NAME.json): read if there, else recognised and written.",
)
@click.option("--language", default="en", show_default=True, help="Only recordings in this one.")
@pass_reading_context
def evaluate_search(
    context: CommandContext, /, folder: Path, transcripts: Path | None, language: str
) -> None:
    """Recall and precision of spoken terms by tier, ATWV and MTWV.

    FOLDER holds recordings and their truth, as for `everyword eval asr`.
    """
    truths = truths_in(folder, language)
    if not truths:
        raise NotFound(
            f"{folder} holds no recording in {language!r} with a truth",
            hint="choose another --language",
            code="truth_missing",
        )
    kept = transcripts or folder
    read: dict[str, Transcript] = {}
    with context.output.progress() as bars:
        bar = bars.add_task("recognise", total=len(truths))
        for number, truth in enumerate(truths, start=1):
            try:
                read[truth.file] = _transcript(
                    context, folder, kept, truth.file, language, write=transcripts is not None
                )
            except EverywordError as error:
                named = f"{truth.file}: {error.message}"
                raise type(error)(named, hint=error.hint, code=error.code) from error
            bars.update(bar, completed=number, total=len(truths))
    found = evaluate(truths, read, context.settings.of_show("").search)
    context.output.result(as_json(found), _lines(found))


def truths_in(folder: Path, language: str) -> list[Truth]:
    """Return what is said in the recordings of a folder that are in a language, or in none told."""
    return [
        Truth(truth.audio.name, tuple(TrueWord(w.text, w.start, w.end) for w in truth.words))
        for truth in read_truths(folder)
        if not truth.language or truth.language.startswith(language)
    ]


def _transcript(
    context: CommandContext, folder: Path, kept: Path, name: str, language: str, *, write: bool
) -> Transcript:
    file = kept / f"{name}.json"
    if file.is_file():
        return read_transcript(file.read_bytes())
    from transcribe_gpu.standalone import transcribe_file  # noqa: PLC0415 - slow, seldom needed

    settings = context.settings.of_show("").transcribe.model_copy(update={"language": language})
    heard = transcribe_file(
        folder / name,
        settings,
        report=lambda *_: None,
        announce=lambda _: None,
        models=context.settings.of_show("").models,
    )
    if write:
        kept.mkdir(parents=True, exist_ok=True)
        file.write_bytes(write_transcript(heard))
    return heard


def _lines(found: Evaluation) -> Iterator[str]:
    yield f"{found.recordings} recordings, {found.terms} terms, {found.pairs} to be found"
    yield f"{'found by':14} {'recall':>7} {'precision':>9}"
    for row in found.rows:
        yield f"{row.tiers:14} {row.recall:7.3f} {row.precision:9.3f}"
    yield f"ATWV {found.atwv:.3f}  MTWV {found.mtwv:.3f}"
