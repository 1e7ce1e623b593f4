"""How much a suggestion may change: what the settings say, without the checks themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much of a line may change.

    `word_change_ratio` and `consecutive_changes` count words and hold for lines of `min_words` and
    more; `edit_distance` is Levenshtein's over the longer text, case folded, and holds for all.
    """

    word_change_ratio: float = 0.4
    edit_distance: float = 0.5
    consecutive_changes: int = 3
    min_words: int = 5
