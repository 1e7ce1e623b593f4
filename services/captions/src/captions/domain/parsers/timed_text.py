"""What a caption file says, before it becomes a transcript."""

import re
from typing import Final, NamedTuple

NAMED_BY: Final = re.compile(r'(?:\d{1,6} )?"([^"]{1,80})" \(\d{1,20}\)')
"""Webex names who speaks above the time: `1 "Ada Byron" (1536479232)`."""


class Piece(NamedTuple):
    """A run of decoded text in a cue: who says it, and from when until when if the file tells.

    `ruby` marks the small reading printed above other text: shown, but not spoken once more.
    `style` is the formatting it stands in (`u`, `c.yellow`), by which captions highlight words.
    """

    text: str
    voice: str | None = None
    at_ms: int | None = None
    ruby: bool = False
    style: str = ""
    until_ms: int | None = None


class TimedText(NamedTuple):
    """One cue of a file. Times may be in any order: the file is believed as it is."""

    start_ms: int
    end_ms: int
    pieces: tuple[Piece, ...]
    identifier: str = ""
    raw: str = ""

    @property
    def text(self) -> str:
        """The text as it is shown, markup taken away and entities decoded."""
        return "".join(piece.text for piece in self.pieces)

    def with_speaker_of_identifier(self) -> "TimedText":
        """Return the cue with the speaker that its identifier names, unless it has one."""
        found = NAMED_BY.fullmatch(self.identifier)
        if found is None or any(piece.voice for piece in self.pieces):
            return self
        return self._replace(pieces=tuple(piece._replace(voice=found[1]) for piece in self.pieces))
