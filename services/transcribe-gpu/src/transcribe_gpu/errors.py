"""What can go wrong here and nowhere else."""

from everyword_events import EverywordError, Misconfigured


class EngineUnavailable(Misconfigured):
    """The engine that was asked for cannot run here: not installed, or its model is not here."""

    code = "engine_unavailable"


class DiarizationFailed(EverywordError):
    """Nobody can say who speaks: the transcript is delivered without speakers, flagged."""

    code = "diarization_failed"


class CalledOff(EverywordError):
    """A person called the job off; the log says so already."""

    code = "cancelled"
