"""How large an event may be, on every bus."""

from typing import Final

from everyword_events.envelope import Event
from everyword_events.errors import InvalidInput

MOST_EVENT_BYTES: Final = 256_000
"""What the oldest documented EventBridge and SQS limit (256 KiB) leaves after their envelope.

The present limit is 1 MB. Events carry claim checks, so one that comes near either is a mistake.
"""


def checked_json(event: Event) -> str:
    """Return the event's wire form as JSON.

    Raises:
        InvalidInput: it is larger than a bus carries.
    """
    text = event.to_json()
    size_bytes = len(text) if text.isascii() else len(text.encode())
    if size_bytes > MOST_EVENT_BYTES:
        raise InvalidInput(
            f"{event.type} of {size_bytes:,} bytes is larger than the bus carries "
            f"({MOST_EVENT_BYTES:,})",
            hint="put the content in blob storage and carry a reference",
            code="event_too_large",
        )
    return text
