"""What is kept of episodes in memory says what the index says, whoever changed it."""

import sqlite3
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from search.adapters.sqlite.blobs import (
    BLOCK_WORDS,
    PackedWords,
    pack_starts,
    pack_words,
    unpack_starts,
)
from search.adapters.sqlite.episode_cache import TokenCache
from search.adapters.sqlite.index import SqliteWordIndex
from search.adapters.sqlite.scan import EpisodeTokens, pack_tokens
from search.config import SearchSettings
from search.domain.pages import CandidateEpisode
from search.service import SearchService
from search.testing.corpus import document


def hits(index: SqliteWordIndex, query: str) -> int:
    blobs: object = None
    service = SearchService(index, index.vocabulary, blobs, lambda _: SearchSettings())  # type: ignore[arg-type]
    return service.search(query, exact=True)["hits"]


@pytest.mark.parametrize(
    "terms", [[7, 3, 7, 70_000, 3, 7], [1], [], [5] * 70_000, list(range(70_000))]
)
def test_postings_hold_every_token_in_order(terms: list[int]) -> None:
    ids, counts, places = pack_tokens(terms)
    tokens = EpisodeTokens.read(ids, counts, b"", 0, places)
    assert tokens.in_order().tolist() == terms
    assert tokens.frequencies() == Counter(terms)


@pytest.mark.parametrize(
    "starts",
    [[], [0], [70_000], [5, 5, 4, 3], [0, 65_535, 131_070, 400_000, 399_000, 4_000_000_000]],
)
def test_starts_come_out_as_they_were_packed(starts: list[int]) -> None:
    assert unpack_starts(pack_starts(starts)).tolist() == starts


@pytest.mark.parametrize("count", [0, 1, BLOCK_WORDS, BLOCK_WORDS + 1, 2 * BLOCK_WORDS + 7])
def test_words_and_their_lengths_come_out_as_they_were_packed(count: int) -> None:
    words = [f"w{number}\xa0é" for number in range(count)]
    lengths = [300 * number for number in range(count)]
    packed = PackedWords(pack_words(words, np.asarray(lengths)), count)
    assert [packed.length_ms(word) for word in range(count)] == lengths
    for first in range(0, count, 500):
        last = min(count, first + BLOCK_WORDS + 100) - 1
        assert packed.slice(first, last) == words[first : last + 1]


def test_what_another_process_replaced_or_removed_is_not_found_any_more(tmp_path: Path) -> None:
    reader = SqliteWordIndex(tmp_path / "words.sqlite")
    writer = SqliteWordIndex(tmp_path / "words.sqlite")
    writer.put(document("a", "bees hum and bees sting"))
    assert (hits(reader, "bees"), hits(reader, '"bees sting"')) == (2, 1)
    writer.put(document("a", "wasps sting bees", run="2"))
    assert (hits(reader, "bees"), hits(reader, '"bees sting"')) == (1, 0)
    writer.remove("a")
    assert hits(reader, "bees") == 0
    reader.close()
    writer.close()


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    index = SqliteWordIndex(tmp_path / "words.sqlite")
    for number in range(8):
        index.put(document(f"e{number}", "one two three four five"))
    index.close()
    connection = sqlite3.connect(tmp_path / "words.sqlite")
    rows = connection.execute("select id, episode_id, 0.0, 0, revision from episode").fetchall()
    candidates = [*map(CandidateEpisode._make, rows)]
    size = TokenCache().of(connection, candidates)[candidates[0].handle].size
    cache = TokenCache(most_bytes=3 * size)
    for _ in range(2):
        found = cache.of(connection, candidates)
        assert sorted(found) == sorted(one.handle for one in candidates)
        assert cache.kept_bytes <= 3 * size
    cache.of(connection, candidates[-1:])
    connection.execute("delete from tokens where id = ?", (candidates[-1].handle,))
    assert [*cache.of(connection, candidates[-1:])] == [candidates[-1].handle], "it was kept"
    cache.forget(candidates[-1].episode_id)
    assert cache.of(connection, candidates[-1:]) == {}
    connection.close()
