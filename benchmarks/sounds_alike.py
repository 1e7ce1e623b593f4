"""Which idea of "sounds alike" tells misheard glossary terms: Metaphone, or search's phones?

Every run of one to four words of refine's evaluation cases that is near a term of its glossary by
letters is a place. It is right where the case's truth has the term instead. For both ideas: how
many of the places that it calls alike are right, how many of the right ones it calls so, and what
a comparison costs.

    python benchmarks/sounds_alike.py
"""

import difflib
import json
import time
from collections.abc import Callable, Iterator
from importlib import resources

import jellyfish
import regex
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from everyword_transcripts.folding import fold
from search.domain.phonetics.letter_to_sound import phones_of_letters

NEAR = 60.0
Place = tuple[str, str, bool]
Alike = Callable[[str, str], bool]


def squash(text: str) -> str:
    """Return a text's letters."""
    return regex.sub(r"[^\p{L}\p{N}]+", "", text.casefold())


def places() -> Iterator[Place]:
    """Yield what stands there, the term it may be, and whether it is."""
    raw = resources.files("refine.evaluation").joinpath("cases.jsonl").read_text("utf-8")
    every = [json.loads(line) for line in raw.splitlines()]
    stated = [term for case in every for term in case.get("glossary", [])]
    terms = {str(term["term"] if isinstance(term, dict) else term) for term in stated}
    for case in every:
        for line, truth in zip(case["lines"], case["truth"], strict=True):
            words, right = line.split(), truth.split()
            matched = difflib.SequenceMatcher(None, words, right, autojunk=False)
            replaced = {
                (a, b): squash(" ".join(right[c:d]))
                for tag, a, b, c, d in matched.get_opcodes()
                if tag != "equal"
            }
            for first, stop in runs(len(words)):
                heard = squash(" ".join(words[first:stop]))
                for term in sorted(terms):
                    if heard != squash(term) and fuzz.ratio(heard, squash(term)) >= NEAR:
                        is_so = replaced.get((first, stop)) == squash(term)
                        yield " ".join(words[first:stop]), term, is_so


def runs(count: int) -> Iterator[tuple[int, int]]:
    """Yield where runs of one to four of so many words begin and end."""
    for first in range(count):
        for stop in range(first + 1, min(first + 4, count) + 1):
            yield first, stop


def by_metaphone(heard: str, term: str) -> bool:
    """Tell whether both have one Metaphone key."""
    return jellyfish.metaphone(squash(heard)) == jellyfish.metaphone(squash(term)) != ""


def phones(text: str) -> list[str]:
    """Return a text's phones, as search reads them from letters: names are in no dictionary."""
    words = (regex.sub(r"[^a-z]", "", word) for word in fold(text).split())
    return [phone for word in words for phone in phones_of_letters(word)]


def by_phones(most: float) -> Alike:
    """Return a comparison of phones: up to so many differences for each phone."""

    def alike(heard: str, term: str) -> bool:
        a, b = phones(heard), phones(term)
        return Levenshtein.distance(a, b) <= most * max(len(a), len(b))

    return alike


def main() -> None:
    """Print a line for each idea."""
    found = list(dict.fromkeys(places()))
    right = sum(is_so for *_, is_so in found)
    print(f"{len(found)} places near a term by letters, {right} of them the term")
    ideas: dict[str, Alike] = {"Metaphone": by_metaphone}
    for most in (0.0, 0.1, 0.2, 0.3, 0.4):
        ideas[f"phones, {most:.0%} may differ"] = by_phones(most)
    for name, alike in ideas.items():
        began = time.process_time()
        called = [is_so for heard, term, is_so in found if alike(heard, term)]
        spent = (time.process_time() - began) / len(found)
        precision = sum(called) / len(called) if called else 1.0
        recall = sum(called) / right
        said = f"{len(called):4} alike, precision {precision:.2f}, recall {recall:.2f}"
        print(f"{name:24} {said}, {spent * 1e6:6.1f} us")


if __name__ == "__main__":
    main()
