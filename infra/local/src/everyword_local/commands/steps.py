"""One step at a time, files in and out, no stack: captions, check-events."""

from pathlib import Path

import click

from captions.choices import CaptionChoices, OfProfile
from captions.domain.file_formats import FORMATS
from captions.standalone import check_formats, format_of, render, render_files
from everyword_local.commands.context import CommandContext, pass_context
from everyword_local.commands.files import IN, OUT, done, must_exist, write
from everyword_local.commands.transcript_files import naming, read_any, warn


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("files", nargs=-1, required=True, metavar="TRANSCRIPT | convert IN OUT")
@click.option("--format", "forms", default="vtt", help=f"Of {', '.join(FORMATS)}; or several, a,b.")
@click.option("--profile", type=click.Choice(["web", "podcast-srt"]), help="Lines and speed.")
@click.option("--title", default="", help="For HTML and Markdown.")
@click.option("--language", default="und", help="Such as ru: tells old files' encoding, too.")
@click.option(
    "-o", "--output", "to", type=OUT, default="-", help="A folder, a file, or - (stdout)."
)
@pass_context
def captions(
    context: CommandContext,
    files: tuple[str, ...],
    *,
    forms: str,
    profile: str | None,
    title: str,
    language: str,
    to: Path,
) -> None:
    """Write captions and transcripts from a transcript; `convert` turns one form into another."""
    settings = _settings(context, profile)
    if files[0] == "convert" and len(files) == 3:  # noqa: PLR2004 - convert IN OUT
        source, target = Path(files[1]), Path(files[2])
        cut_anew = settings if profile else None
        _convert(context, source, target, settings=cut_anew, title=title, language=language)
        return
    if len(files) != 1:
        raise click.UsageError("one transcript, or `convert IN OUT`")
    path = Path(files[0])
    title = title or path.stem
    wanted = check_formats(forms.split(","))
    found = read_any(context, path, language)
    read, warnings = found.transcript, list(found.warnings)
    if len(wanted) == 1 and not to.is_dir():
        write(context, to, render(read, wanted[0], settings, title=title))
        done(context, to, {"outputs": [str(to)], "warnings": warnings}, str(to))
        return
    if str(to) == "-":
        raise click.UsageError("several formats need a folder: -o DIR")
    rendered = render_files(read, wanted, settings, stem=path.stem, title=title)
    for name, data in rendered.items():
        write(context, to / name, data)
    written = [str(to / name) for name in rendered]
    done(context, to, {"outputs": written, "warnings": warnings}, "\n".join(written))


def _settings(context: CommandContext, profile: str | None) -> CaptionChoices:
    if context.leaves_out("captions"):
        return OfProfile(profile or "web")
    from captions.config import CaptionsSettings  # noqa: PLC0415 - pydantic takes time

    settings = context.section("captions", CaptionsSettings)
    return settings.model_copy(update={"profile": profile}) if profile else settings


def _convert(
    context: CommandContext,
    source: Path,
    target: Path,
    *,
    settings: CaptionChoices | None,
    title: str,
    language: str,
) -> None:
    from captions.reading import convert, format_of_file  # noqa: PLC0415 - all parsers

    must_exist(source)
    raw = source.read_bytes()
    with naming(source):
        converted = convert(
            raw,
            format_of_file(source, raw, language),
            format_of(target),
            settings,
            title=title,
            language=language,
        )
    warn(context, source, converted.warnings)
    write(context, target, converted.data)
    document: dict[str, object] = {"output": str(target), "warnings": list(converted.warnings)}
    done(context, target, document, f"{source} -> {target}")


@click.command("check-events")
@click.argument("file", type=IN)
@pass_context
def check_events(context: CommandContext, file: Path) -> None:
    """Say of every line of a file whether it is a valid event, and why not."""
    from everyword_events.check import check_lines  # noqa: PLC0415 - for this command alone

    must_exist(file)
    bad = total = 0
    with file.open("rb") as lines:
        for line in check_lines(lines):
            total += 1
            bad += line.problem is not None
            if line.problem is None and not context.output.as_json:
                continue
            said = {
                "line": line.number,
                "ok": line.problem is None,
                "type": line.event.type if line.event else None,
                "code": line.problem.code if line.problem else None,
                "message": line.problem.message if line.problem else None,
            }
            context.output.result(said, [f"line {line.number}: {said['message']}"])
    context.output.note(f"{total - bad} of {total} lines are valid events")
    if bad:
        context.failed()
