"""Word times survive text changes.

A changed word keeps its span, a split word shares its span in proportion to characters, a merged
word takes the union, an inserted word gets an estimated span between its neighbours, and a deleted
word leaves its span to a neighbour. Order and monotony always hold; the stretch of time covered by
the words stays covered.
"""

from collections.abc import Sequence

from everyword_transcripts import Word, split_words, spread
from refine.domain.diff import Hunk, hunks

ROOM_S = 0.06
"""The least silence an inserted word is put into; with less, it shares a neighbour's span."""
LONGEST_INSERTED_S = 1.0
"""An inserted word never fills more of a long silence than this."""


def reconcile(words: Sequence[Word], new_text: str, language: str) -> list[Word]:
    """Return the words of `new_text` with times and speakers carried over from `words`.

    `words` are those of one segment, in order. An empty `new_text` returns no words.
    """
    old = [word.word for word in words]
    return respan(words, hunks(old, split_words(new_text, language)))


def respan(words: Sequence[Word], changes: Sequence[Hunk]) -> list[Word]:
    """Apply `changes` (rising, disjoint) to `words`; linear in their number."""
    if not changes:
        return list(words)
    if not words:
        return []
    result: list[Word] = []
    at = 0
    owed: Word | None = None

    def add(more: Sequence[Word]) -> None:
        nonlocal owed
        first = len(result)
        result.extend(more)
        if owed is not None and more:
            _pay(result, owed, first)
            owed = None

    for change in _with_room(words, changes):
        add(words[at : change.start])
        at = change.stop
        following = words[at] if at < len(words) else None
        if not change.tokens:
            owed = _bequeath(result, words[change.start : change.stop], following, owed)
        elif change.start == change.stop:
            add(_inserted(change.tokens, words[at - 1], words[at]))
        else:
            add(_carried(words[change.start : change.stop], change.tokens, following))
    add(words[at:])
    return result


def _with_room(words: Sequence[Word], changes: Sequence[Hunk]) -> list[Hunk]:
    """Turn an insertion between words that leave no room into a change of its neighbour."""
    ready: list[Hunk] = []
    pending: tuple[str, ...] = ()
    for change in changes:
        start, stop, tokens = change.start, change.stop, change.tokens
        if pending:
            if start == 0:
                tokens = (*pending, *tokens)
            else:
                ready.append(Hunk(0, 1, (*pending, words[0].word)))
            pending = ()
        if start == stop and start == 0:
            pending = tokens
            continue
        if start == stop and not _has_room(words, start, tokens):
            if ready and ready[-1].stop == start:
                tokens = (*ready[-1].tokens, *tokens)
                start = ready.pop().start
            else:
                tokens = (words[start - 1].word, *tokens)
                start -= 1
        ready.append(Hunk(start, stop, tokens))
    if pending:
        ready.append(Hunk(0, 1, (*pending, words[0].word)))
    return ready


def _has_room(words: Sequence[Word], at: int, tokens: Sequence[str]) -> bool:
    return 0 < at < len(words) and words[at].start - words[at - 1].end >= ROOM_S * len(tokens)


def _inserted(tokens: Sequence[str], left: Word, right: Word) -> list[Word]:
    end = min(right.start, left.end + LONGEST_INSERTED_S * len(tokens))
    return [
        Word(token, a, b, None, left.speaker, estimated=True)
        for token, (a, b) in zip(tokens, spread(tokens, left.end, end), strict=True)
    ]


def _bequeath(
    result: list[Word], gone: Sequence[Word], following: Word | None, owed: Word | None
) -> Word | None:
    """Leave the span of deleted words to the word before, or owe it to the word after."""
    speaker = gone[0].speaker
    end = max(word.end for word in gone)
    if following is not None:
        end = min(end, following.start)
    if result and (result[-1].speaker == speaker or following is None):
        if end > result[-1].end:
            result[-1] = result[-1].with_times(result[-1].start, end)
        return owed
    return owed or gone[0]


def _pay(result: list[Word], owed: Word, first: int) -> None:
    """Let the first word after deleted ones begin where these began."""
    if owed.speaker == result[first].speaker:
        begin = min(owed.start, result[first].start)
        if first:
            begin = max(begin, min(result[first - 1].end, result[first].start))
        result[first] = result[first].with_times(begin, result[first].end)


def _carried(old: Sequence[Word], tokens: Sequence[str], following: Word | None) -> list[Word]:
    """Give `tokens` the spans of `old`, which end no later than the `following` word begins."""
    if len(old) == len(tokens):
        return [
            word
            if word.word == token
            else Word(
                token,
                word.start,
                word.end,
                word.score if word.word.casefold() == token.casefold() else None,
                word.speaker,
                word.estimated,
            )
            for word, token in zip(old, tokens, strict=True)
        ]
    end = max(word.end for word in old)
    if following is not None:
        end = max(old[-1].start, min(end, following.start))
    if len(tokens) == 1:
        estimated = any(word.estimated for word in old)
        return [Word(tokens[0], old[0].start, end, None, old[0].speaker, estimated)]
    if len(old) == 1:
        return [
            Word(token, a, b, None, old[0].speaker, estimated=True)
            for token, (a, b) in zip(tokens, spread(tokens, old[0].start, end), strict=True)
        ]
    return _mapped(old, tokens, end)


def _mapped(old: Sequence[Word], tokens: Sequence[str], end: float) -> list[Word]:
    """Lay the new characters over the old ones in proportion, and read the times off them.

    Positions are counted in `old characters x new characters`, so that they are whole numbers.
    """
    scale_old = sum(len(token) for token in tokens)
    scale_new = sum(len(word.word) for word in old)
    index, left = 0, 0
    latest = old[0].start
    result: list[Word] = []
    done = 0
    for token in tokens:
        begin, done = done, done + len(token) * scale_new
        while left + len(old[index].word) * scale_old <= begin:
            left += len(old[index].word) * scale_old
            index += 1
        start = max(latest, _time_at(old[index], begin - left, scale_old))
        middle = (begin + done) // 2
        speaker = old[index].speaker
        while left + len(old[index].word) * scale_old < done:
            left += len(old[index].word) * scale_old
            index += 1
            if left <= middle:
                speaker = old[index].speaker
        stop = max(start, _time_at(old[index], done - left, scale_old))
        latest = min(stop, end)
        result.append(Word(token, min(start, end), latest, None, speaker, estimated=True))
    result[-1] = result[-1].with_times(result[-1].start, max(result[-1].start, end))
    return result


def _time_at(word: Word, position: int, scale: int) -> float:
    return word.start + (word.end - word.start) * position / (len(word.word) * scale)
