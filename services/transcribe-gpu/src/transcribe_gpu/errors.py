"""What can go wrong here and nowhere else."""

from everyword_events import Misconfigured


class EngineUnavailable(Misconfigured):
    """The engine that was asked for cannot run here: not installed, or its model is not here."""

    code = "engine_unavailable"
