"""Word times survive text changes, and none that a recogniser gave moves.

A changed word keeps its span, a split word shares its span in proportion to characters, a merged
word takes the union. An inserted word gets the gap between its neighbours, or a sliver where there
is none; a deleted word's span goes to nobody. The order of the starts always holds.
"""

from collections.abc import Sequence

from everyword_transcripts import Word, split_words, spread
from refine.domain.diff import Hunk, hunks
from refine.domain.missing_times import GAP_PER_WORD_S, SLIVER_S

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
    if not changes or not words:
        return list(words)
    result: list[Word] = []
    at = 0
    for change in changes:
        result.extend(words[at : change.start])
        at = change.stop
        following = words[at] if at < len(words) else None
        if change.tokens and change.start == change.stop:
            result.extend(_inserted(change.tokens, result[-1] if result else None, following))
        elif change.tokens:
            result.extend(_carried(words[change.start : change.stop], change.tokens, following))
    result.extend(words[at:])
    return result


def has_gap(words: Sequence[Word], at: int, count: int) -> bool:
    """Tell whether `count` words fit between the words before and after the place `at`."""
    return 0 < at < len(words) and words[at].start - words[at - 1].end >= GAP_PER_WORD_S * count


def _inserted(tokens: Sequence[str], left: Word | None, right: Word | None) -> list[Word]:
    """Put words into the gap between two others, or as slivers over one of them."""
    sliver = SLIVER_S * len(tokens)
    speaker = (left or right or _NOBODY).speaker
    if left is None:
        start = right.start if right else 0.0
        end = min(right.end, start + SLIVER_S) if right else start
        return [Word(token, start, end, None, speaker, estimated=True) for token in tokens]
    start, end = left.end, left.end if right is None else right.start
    if end - start <= 0:
        end = left.end if right is None else min(left.end, max(left.start, right.start))
        start = max(left.start, end - sliver)
    end = min(end, start + LONGEST_INSERTED_S * len(tokens))
    return [
        Word(token, a, b, None, speaker, estimated=True)
        for token, (a, b) in zip(tokens, spread(tokens, start, end), strict=True)
    ]


_NOBODY = Word("-", 0.0, 0.0)


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
