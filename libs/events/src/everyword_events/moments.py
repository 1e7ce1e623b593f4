"""Times that people and programs give: never without a zone, never outside the calendar."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def with_zone(moment: datetime | None) -> datetime | None:
    """Return a time with its zone, UTC where none is given.

    Raises:
        ValueError: in UTC it is before the year 1 or after the year 9999.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC it is before the year 1 or after the year 9999") from error
    return moment


GivenMoment = Annotated[datetime | None, AfterValidator(with_zone)]
"""A date, or date and time, as a request gives it; UTC where no zone is given."""
