"""The CMU pronouncing dictionary, where a package brings it along: PocketSphinx's (BSD) does."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from search.domain.phonetics import Pronouncer

_INSIDE: Final = "model/en-us/cmudict-en-us.dict"


class PronouncingDictionary:
    """Looks words up in a file of lines `word PH1 PH2 …`; the file's bytes are all it holds.

    A Python dict of its 135,000 words would take eight times the memory.
    """

    def __init__(self, path: Path) -> None:
        self._raw = path.read_bytes()
        lines = self._raw.splitlines(keepends=True)
        at, starts = 0, []
        for line in lines:
            starts.append((line.split(b" ", 1)[0], at))
            at += len(line)
        starts.sort()
        self._starts = tuple(start for _, start in starts)

    def look_up(self, word: str) -> Sequence[str] | None:
        """Return a word's first pronunciation, as ARPAbet."""
        wanted = word.lower().encode()
        at = bisect_left(self._starts, wanted, key=self._word_at)
        if at == len(self._starts) or self._word_at(self._starts[at]) != wanted:
            return None
        start = self._starts[at]
        return self._raw[start : self._raw.find(b"\n", start)].decode().split()[1:]

    def _word_at(self, start: int) -> bytes:
        return self._raw[start : self._raw.find(b" ", start)]


@cache
def pronouncer() -> Pronouncer:
    """Return the best pronouncer there is here; loads at the first call, and once."""
    package = find_spec("pocketsphinx")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / _INSIDE
        if path.is_file():
            return Pronouncer(PronouncingDictionary(path).look_up)
    return Pronouncer()
