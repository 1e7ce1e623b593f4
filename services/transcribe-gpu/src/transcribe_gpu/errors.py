"""What can go wrong here and nowhere else."""

from everyword_events import Misconfigured, TransientFailure


class EngineUnavailable(Misconfigured):
    """The engine that was asked for cannot run here: not installed, or its model is not here."""

    code = "engine_unavailable"


class WorkInterrupted(TransientFailure):
    """The process was told to stop in the middle of a job; the job goes back to the queue."""

    code = "interrupted"
