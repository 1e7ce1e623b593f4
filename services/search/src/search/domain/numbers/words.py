"""Whole numbers in words: every way in which a language says one, and reading it back."""

from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from itertools import product
from typing import Final

from search.domain.numbers.said import Tokens, say, tokens_said

SCALES: Final = (10**3, 10**6, 10**9)
YEARS: Final = range(1100, 2100)
LARGEST: Final = 10**12


@lru_cache(maxsize=4096)
def spelled(value: int, code: str) -> tuple[Tokens, ...]:
    """Return the ways in which a language says a number."""
    said = [say(value, code)]
    if value in YEARS:
        said.append(say(value, code, to="year"))
    connector = _connectors(code)
    rows = [row for text in said if (row := tokens_said(text))]
    rows += [tuple(token for token in row if token not in connector) for row in rows]
    for scale in SCALES[1:]:
        if value >= scale and not value % scale and value // scale < 1000:  # noqa: PLR2004
            rows += [(str(value // scale), *row[-1:]) for row in rows[:1]]
    one, hundred = tokens_said(say(1, code)), tokens_said(say(100, code))
    if code.startswith("en") and hundred[:1] == one:
        rows += [("a", *row[1:]) for row in rows if row[:1] == one and len(row) > 1]
    return tuple(dict.fromkeys(rows))


@lru_cache(maxsize=4096)
def value_of(row: Tokens, code: str) -> int | None:
    """Return the number that tokens say in a language."""
    text = "".join(row)
    atoms, longest = atoms_of(code)
    if not any(text.startswith(atom) for atom in atoms) and row[0] != "a":
        return None
    if row[0] == "a" and code.startswith("en"):
        text = "".join(("one", *row[1:])) if len(row) > 1 else ""
    connectors = {"".join(tokens_said(c)) for c in _connectors(code)}
    for parts in _segmented(text, atoms, longest, connectors):
        for value in {_added(parts), _added(parts, pairs=True)}:
            plain = _without(text, connectors)
            if 0 <= value < LARGEST and any(
                _without("".join(way), connectors) == plain for way in spelled(value, code)
            ):
                return value
    return None


@cache
def decimal_point(code: str) -> str:
    """Return what a language says for the decimal sign."""
    whole, half = tokens_said(say(1, code)), tokens_said(say(1.5, code))
    return half[len(whole)] if half[: len(whole)] == whole and len(half) > len(whole) else ""


def _without(text: str, connectors: Collection[str]) -> str:
    for connector in connectors:
        text = text.replace(connector, "")
    return text


def _segmented(
    text: str, atoms: dict[str, int], longest: int, connectors: Collection[str]
) -> Iterator[tuple[int, ...]]:
    """Yield the ways to cut a number, written together, into the words for its parts."""
    if not text:
        yield ()
        return
    for length in range(min(longest, len(text)), 0, -1):
        value = atoms.get(text[:length])
        if value is None:
            continue
        for between in ("", *connectors):
            after = length + len(between)
            if text.startswith(between, length) and (after < len(text) or not between):
                cut = _segmented(text[after:], atoms, longest, connectors)
                yield from ((value, *rest) for rest in cut)


def _added(parts: Sequence[int], *, pairs: bool = False) -> int:
    """Put the parts of a number together; `pairs`: nineteen eighty-four is 19, 84."""
    if not parts:
        return -1
    total = current = 0
    for part in parts:
        if part in SCALES:
            total += max(current, 1) * part
            current = 0
        elif part == 100:  # noqa: PLR2004
            current = max(current, 1) * part if current < part else current + part
        elif pairs and current:
            current = 100 * current + part
        else:
            current += part
    return total + current


@cache
def atoms_of(code: str) -> tuple[dict[str, int], int]:
    """Return the words that numbers are made of, each written together, and the longest length."""
    atoms: dict[str, int] = {}
    for value in (*range(100), *range(100, 1000, 100), *SCALES):
        word = "".join(tokens_said(say(value, code)))
        if word:
            atoms.setdefault(word, value)
    atoms.pop("", None)
    for _ in range(2):  # the second time with the forms that the first found
        forms = _inflected(code, atoms)
        atoms |= {word: value for word, value in forms if word and word not in atoms}
    return atoms, max(map(len, atoms), default=0)


def _inflected(code: str, atoms: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the forms that words take inside a number: `ciento` in 101, `две` in 2000."""
    written = {value: word for word, value in reversed(atoms.items())}
    connectors = {"".join(tokens_said(c)) for c in _connectors(code)}
    for scale, many in product((100, *SCALES), range(1, 10)):
        whole = "".join(tokens_said(say(many * scale, code)))
        first = written.get(many, "")
        if first and whole.startswith(first):
            yield whole[len(first) :], scale
        for end in [word for word, value in atoms.items() if value == scale]:
            if whole.endswith(end):
                yield whole.removesuffix(end), many
    for hundred, rest in product(range(100, 1000, 100), (1, 8, 80)):
        whole, last = "".join(tokens_said(say(hundred + rest, code))), written.get(rest, "")
        if last and whole.endswith(last):
            word = whole.removesuffix(last)
            for connector in connectors:
                word = word.removesuffix(connector)
            yield word, hundred


@cache
def _connectors(code: str) -> frozenset[str]:
    """Return what a language puts between the parts of a number: `and`."""
    found: set[str] = set()
    for value, parts in ((101, (100, 1)), (121, (100, 21)), (1001, (1000, 1)), (31, (30, 1))):
        whole = tokens_said(say(value, code))
        ends = [tokens_said(say(part, code)) for part in parts]
        if whole[: len(ends[0])] == ends[0] and whole[len(whole) - len(ends[1]) :] == ends[1]:
            between = whole[len(ends[0]) : len(whole) - len(ends[1])]
            if len(between) == 1:
                found.update(between)
    return frozenset(found)
