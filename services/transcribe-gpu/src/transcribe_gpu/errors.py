"""What can go wrong here and nowhere else."""

from collections.abc import Collection

from everyword_events import EverywordError, InvalidInput, Misconfigured


class EngineUnavailable(Misconfigured):
    """The engine that was asked for cannot run here: not installed, or its model is not here."""

    code = "engine_unavailable"


class DiarizationFailed(EverywordError):
    """Nobody can say who speaks: the transcript is delivered without speakers, flagged."""

    code = "diarization_failed"


class CalledOff(EverywordError):
    """A person called the job off; the log says so already."""

    code = "cancelled"


def language_unknown_to(model: str, language: str, known: Collection[str]) -> InvalidInput:
    """Return the error of a model that was asked for a language it does not know."""
    alone = f"only knows {next(iter(known))!r}" if len(known) == 1 else "does not know it"
    return InvalidInput(
        f"the language is said to be {language!r}, and the model {model} {alone}",
        hint="leave the model out, or name one that knows it: everyword models list",
        code="language_unsupported",
    )
