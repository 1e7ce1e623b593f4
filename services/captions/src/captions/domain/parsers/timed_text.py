"""What a caption file says, before it becomes a transcript."""

from typing import NamedTuple


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
