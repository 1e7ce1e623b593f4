"""How the words of two runs of one episode differ."""

from dataclasses import dataclass

from everyword_transcripts import Transcript, join_words
from refine.domain.diff import hunks


@dataclass(frozen=True, slots=True)
class TextChange:
    """Words that became others; times in seconds, in the older run."""

    start: float
    end: float
    before: str
    after: str


def text_changes(old: Transcript, new: Transcript) -> list[TextChange]:
    """Return the stretches of words in which `new` differs from `old`, in their order."""
    words = list(old.words())
    changed = hunks([word.word for word in words], [word.word for word in new.words()])
    found: list[TextChange] = []
    for hunk in changed:
        own = words[hunk.start : hunk.stop]
        around = own or words[max(0, hunk.start - 1) : hunk.start + 1]
        found.append(
            TextChange(
                min((word.start for word in around), default=0.0),
                max((word.end for word in around), default=0.0),
                join_words([word.word for word in own], old.language),
                join_words(list(hunk.tokens), new.language),
            )
        )
    return found
