"""Named steps that lift an event's data from one schema to the next.

A published event is never edited in place: its data keeps the schema it was written with, and a
step per version brings it to the present one on read. Golden files under `tests/golden` hold one
event of every version ever published.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from everyword_events.errors import InvalidInput

TypeAndVersion = tuple[str, int]
Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: Final[Mapping[TypeAndVersion, Step]] = {}


def upcast(
    event_type: str,
    written: int,
    present: int,
    data: Any,
    steps: Mapping[TypeAndVersion, Step] = STEPS,
) -> Any:
    """Lift `data` from schema `written` to `present`, one step at a time.

    Raises:
        InvalidInput: the event is newer than this program, a step is missing, or the data is not
            what the step expects.
    """
    if written > present:
        raise InvalidInput(
            f"{event_type} has schema {written}, this program knows up to {present}",
            hint="update everyword",
            code="event_too_new",
        )
    for version in range(written, present):
        step = steps.get((event_type, version))
        if step is None:
            raise InvalidInput(f"{event_type}: no step from schema {version}", code="event_too_old")
        try:
            data = step(dict(data))
        except (LookupError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"{event_type}: its data is not of schema {version}: {error!r}",
                code="event_invalid",
            ) from error
    return data
