"""Times as formats write them. Milliseconds come in whole: rounding is done before splitting."""

from functools import lru_cache


def clock(ms: int, mark: str = ".") -> str:
    """Return `HH:MM:SS.mmm`: hours always, and as many digits of them as it takes."""
    return f"{_to_the_second(ms // 1000)}{mark}{ms % 1000:03}"


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    """Return `HH:MM:SS`; the formats written one after the other name the same seconds."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def short_clock(ms: int) -> str:
    """Return `M:SS`, or `H:MM:SS` from an hour on, as a reader likes it."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
