"""The settings name the engine."""

from pathlib import Path

import pytest

from everyword_events import InvalidInput, TransientFailure
from search.config import SearchSettings
from search.engines import open_engine, reindex
from search.testing.corpus import document


def test_the_embedded_engine_keeps_one_file(tmp_path: Path) -> None:
    engine = open_engine(SearchSettings(), tmp_path / "index.db")
    engine.index.put(document("e", "bees"))
    engine.close()
    again = open_engine(SearchSettings(), tmp_path / "index.db")
    assert again.vocabulary.spoken(["bees"]) == {"bees"}
    again.close()


@pytest.mark.slow
@pytest.mark.opensearch
def test_opensearch_under_a_name_of_its_own(
    tmp_path: Path, opensearch_url: str, opensearch_prefix: str
) -> None:
    name = opensearch_prefix
    settings = SearchSettings(engine="opensearch", url=opensearch_url, index=name)
    engine = open_engine(settings, tmp_path / "unused")
    stored = engine.index.put(document("e", "bees"))
    assert stored is not None
    assert stored.index.startswith(f"{name}-passages-")
    engine.close()
    assert reindex(settings.model_copy(update={"time_budget_s": 0.1})) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_index_is_rebuilt_by_replay() -> None:
    with pytest.raises(InvalidInput, match="only an OpenSearch index") as refused:
        reindex(SearchSettings())
    assert "replay --all" in refused.value.hint


def test_an_opensearch_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    settings = SearchSettings(engine="opensearch", url="http://127.0.0.1:9")
    with pytest.raises(TransientFailure, match="cannot be reached"):
        open_engine(settings, tmp_path / "unused")
