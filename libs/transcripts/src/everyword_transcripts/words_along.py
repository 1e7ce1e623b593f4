"""Where a segment has both text and words, the text says where words end and the words say when.

Others' JSON has word pieces (`" C" "'est"`), letters, words without their punctuation, or several
words in one. Laid along the text by their letters, they become its words with their own times.
"""

from collections.abc import Sequence
from itertools import accumulate

from everyword_transcripts.model import Word
from everyword_transcripts.spacing import is_unspaced, split_words, writes_spaces
from everyword_transcripts.word_pieces import WordPiece, begin_with_spaces, join_pieces

_FEW_WORDS = 1.5
"""With so many times as many words as the text has, they are letters or pieces."""
_AS_LONG = 1.5
"""Pieces have no more letters than the text, but for so much."""


def words_along(text: str, words: Sequence[Word], language: str) -> list[Word] | None:
    """Return the words as the segment's `text` spells and spaces them, with the times of `words`.

    `words` have their text as it stands in the file; a start of -1 is no time. Without a text, or
    with another one, they are joined as a recogniser's pieces. None: they are letters or pieces
    that do not spell the text, and so cannot be used.
    """
    spaced = not is_unspaced(language) or writes_spaces(text)
    tokens = text.split() if spaced else []
    stripped = [word.word.strip() for word in words]
    if tokens == stripped or not words:
        return _spelled(words, stripped)
    if not spaced and (whole := _in_whole_tokens(text, words, stripped, language)):
        return whole
    if tokens:
        for letters in (_letters, _spoken_letters):
            spelled = [letters(word) for word in stripped]
            wanted = [letters(token) for token in tokens]
            if "".join(spelled) == "".join(wanted):
                return _laid_along(words, spelled, tokens, wanted)
        if _are_pieces(stripped, tokens):
            return None
    if spaced and begin_with_spaces([word.word for word in words]):
        return _joined(words)
    return _spelled(words, stripped)


def _in_whole_tokens(
    text: str, words: Sequence[Word], stripped: Sequence[str], language: str
) -> list[Word] | None:
    """Join what was cut inside a token of a language without spaces: Latin words, vowel signs.

    None where nothing was, or the words do not spell the text. Words of several tokens stay.
    """
    if "".join(stripped) != _letters(text):
        return None
    ends = set(accumulate(map(len, split_words(text, language))))
    groups: list[list[Word]] = [[]]
    at = 0
    for word, spelled in zip(words, stripped, strict=True):
        groups[-1].append(word)
        at += len(spelled)
        if at in ends:
            groups.append([])
    groups = [group for group in groups if group]
    return [_whole(group) for group in groups] if len(groups) < len(words) else None


def _whole(group: Sequence[Word]) -> Word:
    timed = [word for word in group if word.start >= 0]
    scores = [word.score for word in timed if word.score is not None]
    return Word(
        "".join(word.word.strip() for word in group),
        timed[0].start if timed else -1.0,
        max(timed[0].start, timed[-1].end) if timed else -1.0,
        sum(scores) / len(scores) if scores else None,
        group[0].speaker,
        any(word.estimated for word in group),
    )


def _are_pieces(words: Sequence[str], tokens: Sequence[str]) -> bool:
    """Tell whether words are letters or pieces of a text of this length, rather than words."""
    as_long = sum(map(len, words)) <= _AS_LONG * sum(map(len, tokens))
    return as_long and len(words) > _FEW_WORDS * len(tokens)


def _spelled(words: Sequence[Word], texts: Sequence[str]) -> list[Word]:
    return [
        word if word.word == text else word.with_text(text)
        for word, text in zip(words, texts, strict=True)
    ]


def _letters(text: str) -> str:
    return "".join(text.split())


def _spoken_letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _laid_along(
    words: Sequence[Word], spelled: Sequence[str], tokens: Sequence[str], wanted: Sequence[str]
) -> list[Word]:
    """Give each token the time of the words that its letters come from; linear in the letters."""
    begins = list(accumulate(map(len, spelled), initial=0))
    laid: list[Word] = []
    at = done = 0
    for token, letters in zip(tokens, wanted, strict=True):
        left, right = done, done + len(letters)
        done = right
        while at < len(words) - 1 and begins[at + 1] <= left:
            at += 1
        stop = at
        while stop < len(words) and begins[stop] < right:
            stop += 1
        laid.append(_timed(token, words[at:stop], begins[at : stop + 1], left, right))
    return laid


def _timed(
    token: str, pieces: Sequence[Word], begins: Sequence[int], left: int, right: int
) -> Word:
    """Return a word of the time, score and speaker of its pieces, the first and last in part."""
    timed = [
        (piece, begin, stop)
        for piece, begin, stop in zip(pieces, begins, begins[1:], strict=False)
        if piece.start >= 0 and begin < stop
    ]
    speaker = pieces[0].speaker if pieces else None
    if not timed or left == right:
        return Word(token, -1.0, -1.0, None, speaker)
    first, begin, stop = timed[0]
    start = first.start + (first.end - first.start) * max(0, left - begin) / (stop - begin)
    last, begin, stop = timed[-1]
    end = last.end - (last.end - last.start) * max(0, stop - right) / (stop - begin)
    scores = [piece.score for piece, _, _ in timed if piece.score is not None]
    whole = len(timed) == len(pieces) and begins[0] >= left and stop <= right
    estimated = not whole or any(piece.estimated for piece, _, _ in timed)
    score = sum(scores) / len(scores) if scores else None
    return Word(token, start, max(start, end), score, speaker, estimated)


def _joined(words: Sequence[Word]) -> list[Word]:
    """Join a recogniser's pieces, of one speaker each run."""
    joined: list[Word] = []
    first = 0
    for at in range(1, len(words) + 1):
        if at < len(words) and words[at].speaker == words[first].speaker:
            continue
        run = words[first:at]
        pieces = [
            WordPiece(
                word.word,
                word.start if word.start >= 0 else None,
                word.end if word.end >= 0 else None,
                word.score,
            )
            for word in run
        ]
        estimated = any(word.estimated for word in run)
        for piece in join_pieces(pieces):
            start = -1.0 if piece.start is None else piece.start
            end = start if piece.end is None else piece.end
            joined.append(Word(piece.text, start, end, piece.score, run[0].speaker, estimated))
        first = at
    return joined
