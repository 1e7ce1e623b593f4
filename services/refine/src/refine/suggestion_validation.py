"""SuggestionValidator over what the language model suggested, line by line."""

from collections.abc import Sequence

from everyword_transcripts import Transcript, Word, join_words, split_words
from refine.config import RefineSettings
from refine.domain.clean import clean_text
from refine.domain.lines import Chunk, PromptLine
from refine.domain.replies import Suggestions
from refine.domain.report import Change
from refine.domain.suggestions import LineContext, term_keys, validate
from refine.domain.word_times import reconcile

_LONGEST_SHOWN = 2000
"""A rejected suggestion is shown up to this many characters in the report."""


class SuggestionValidator:
    """Suggestions taken so far: words that change, and every verdict with its reason."""

    def __init__(
        self, transcript: Transcript, lines: Sequence[PromptLine], settings: RefineSettings, by: str
    ) -> None:
        self.changed: dict[int, Sequence[Word]] = {}
        self.changes: list[Change] = []
        self._transcript = transcript
        self._lines = lines
        self._limits = settings.model.validation.limits()
        self._by = by
        self._terms = term_keys([entry.term for entry in settings.glossary], transcript.language)
        names = {name for s in transcript.speakers for name in (s.label, s.name) if name}
        names |= {segment.speaker for segment in transcript.segments if segment.speaker}
        self._speakers = frozenset(name.casefold() for name in names)

    def take(self, chunk: Chunk, suggestions: Suggestions) -> None:
        """Judge what was suggested about one chunk."""
        own = {line.idx: line for line in chunk.lines}
        seen: set[int] = set()
        for update in suggestions.updates:
            line = own.get(update.idx)
            text = self._tidy(update.text)
            if line is None:
                self._reject(None, text, "index_out_of_range")
                continue
            if line.idx in seen:
                self._reject(line, text, "duplicate")
                continue
            seen.add(line.idx)
            reason = validate(line.text, text, self._around(line), self._limits)
            if reason:
                self._reject(line, text, reason)
                continue
            words = self._transcript.segments[line.segment].words[line.first : line.stop]
            self.changed[line.idx] = reconcile(words, text, self._transcript.language)
            self.changes.append(Change("model", self._by, line.start, line.end, line.text, text))

    def _tidy(self, text: str) -> str:
        """Return the text as its words are joined here: models space Chinese and Japanese too."""
        language = self._transcript.language
        return join_words(split_words(clean_text(text), language), language)

    def _around(self, line: PromptLine) -> LineContext:
        return LineContext(
            language=self._transcript.language,
            previous=self._lines[line.idx - 1].text if line.idx else "",
            following=self._lines[line.idx + 1].text if line.idx + 1 < len(self._lines) else "",
            terms=self._terms,
            speakers=self._speakers,
        )

    def _reject(self, line: PromptLine | None, text: str, reason: str) -> None:
        start, end, before = (line.start, line.end, line.text) if line else (0.0, 0.0, "")
        shown = text[:_LONGEST_SHOWN]
        self.changes.append(
            Change("model", self._by, start, end, before, shown, "rejected", reason)
        )
