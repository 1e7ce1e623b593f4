"""A large file's parts: how many there are, how large each is, and which are missing."""

from collections.abc import Mapping
from typing import Final

from everyword_events import InvalidInput, NotFound

MOST_PARTS: Final = 10_000
"""What S3 takes; the directory does the same."""


def part_sizes(size: int, part_bytes: int) -> list[int]:
    """Return the sizes of a file's parts, in order."""
    whole, rest = divmod(size, part_bytes)
    return [part_bytes] * whole + ([rest] if rest else [])


def fitting_part_bytes(size: int, part_bytes: int) -> int:
    """Return `part_bytes`, or the least that cuts the file into no more parts than allowed."""
    return max(part_bytes, -(-size // MOST_PARTS))


def check_parts(stored: Mapping[int, int], sizes: list[int]) -> None:
    """Check that every part is there with its size.

    Raises:
        InvalidInput: some are not (code `parts_missing`).
    """
    missing = [n for n, size in enumerate(sizes, start=1) if stored.get(n) != size]
    if missing:
        named = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")  # noqa: PLR2004
        raise InvalidInput(
            f"{len(missing)} of {len(sizes)} parts are not there, or not whole: {named}",
            hint="put them to their addresses, then complete the upload again",
            code="parts_missing",
        )


def not_begun() -> NotFound:
    """Return the error for an upload in parts that was never begun."""
    return NotFound(
        "nothing has been uploaded for this episode yet",
        hint="PUT the file to its upload addresses first",
        code="upload_missing",
    )
