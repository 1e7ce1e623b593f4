"""The one root of all errors, and what each kind means to the bus."""


class EverywordError(Exception):
    """Say what is wrong and what to do about it.

    `code` is a stable snake_case word for programs; `hint` tells a person what to do next.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code


class InvalidInput(EverywordError):
    """The input can never work: a delivery goes to the dead letters at once."""

    code = "invalid_input"


class NotFound(InvalidInput):
    """Nothing is stored under that name."""

    code = "not_found"


class Conflict(EverywordError):
    """Somebody did or holds this already; the present state is the answer."""

    code = "conflict"


class TransientFailure(EverywordError):
    """It may work later: a delivery is retried with backoff for hours, then dead-lettered.

    `retry_after_s` is what the failing side asked for, when it did.
    """

    code = "transient_failure"

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.retry_after_s = retry_after_s


class Interrupted(TransientFailure):
    """The work was stopped from outside (shutdown, spot notice): again at once, nothing counted."""

    code = "interrupted"


class Misconfigured(EverywordError):
    """The installation or its settings are wrong: nothing works until a person mends it.

    Where it is noticed at start, the start fails; in the middle of work the consumer pauses.
    """

    code = "misconfigured"


class BrokenHost(Misconfigured):
    """This process can work no more, but another one may: a GPU that went away, for one."""

    code = "broken_host"
